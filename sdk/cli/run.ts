import { RegistryError, UnreachableError } from '../client.ts';
import { LockError } from '../host/lock.ts';
import { DamagedFileError } from '../host/read-file.ts';
import { JobTokenError } from '../job-token.ts';
import { KeyFileError } from '../key-file.ts';
import { PackageError } from '../package-folder.ts';
import { ProfilesFileError } from '../profiles-file.ts';
import { TrustFileError } from '../trust-file.ts';
import { CliError, type Command, exit, parseInvocation } from './command.ts';
import { commandHelp, overview } from './help.ts';
import type { Io } from './io.ts';
import { nearest } from './nearest.ts';

/** The most that is told of what went wrong, in characters: a registry's own words may have no end. */
const longestMessage = 4000;

/**
 * Runs `aa-registry` with these arguments and returns its exit code. Every expected failure becomes one
 * sentence on standard error and, where there is something to do about it, a second.
 */
export async function run(
  commands: Command[],
  argv: string[],
  io: Io,
  version: string,
): Promise<number> {
  try {
    const wantsHelp = argv.some((word) => word === '--help' || word === '-h');
    if (argv.length === 0 || argv[0] === 'help' || (wantsHelp && argv[0]?.startsWith('-'))) {
      const topic = argv[0] === 'help' ? argv.slice(1).filter((word) => !word.startsWith('-')) : [];
      const named = findCommand(commands, topic);
      if (topic.length > 0 && !named) throw unknownCommand(commands, topic);
      io.print(named ? commandHelp(named.command) : overview(commands, version));
      return argv.length === 0 ? exit.usage : exit.ok;
    }
    if (argv[0] === '--version' || argv[0] === '-V') {
      io.print(version);
      return exit.ok;
    }
    const found = findCommand(commands, argv);
    if (!found) throw unknownCommand(commands, argv);
    if (wantsHelp) {
      io.print(commandHelp(found.command));
      return exit.ok;
    }
    return await found.command.run(parseInvocation(found.command, found.rest, io));
  } catch (error) {
    const { exitCode, message, next } = toCliError(error);
    const told = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
    io.tell(`aa-registry: ${told}`);
    if (next) io.tell(next);
    return exitCode;
  }
}

function findCommand(
  commands: Command[],
  argv: string[],
): { command: Command; rest: string[] } | undefined {
  for (const words of [2, 1]) {
    const name = argv.slice(0, words).join(' ');
    const command = commands.find((candidate) => candidate.name === name);
    if (command) return { command, rest: argv.slice(words) };
  }
  return undefined;
}

function unknownCommand(commands: Command[], argv: string[]): CliError {
  const [first = '', second = ''] = argv;
  const group = commands.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length > 0) {
    const names = group.map(({ name }) => `"${name}"`).join(', ');
    return new CliError(exit.usage, `"${first}" is followed by a second word: ${names}.`);
  }
  const near = nearest(
    commands.map(({ name }) => name),
    [first, `${first} ${second}`],
  );
  return new CliError(
    exit.usage,
    `"${first}" is no command.${near ? ` Did you mean "${near}"?` : ''}`,
    'Run "aa-registry --help" for the list.',
  );
}

function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof UnreachableError) {
    const next = 'Name the registry with --registry URL or AA_REGISTRY, or log in to it.';
    return new CliError(exit.unreachable, error.message, next);
  }
  if (error instanceof RegistryError) {
    const next = error.status === 401 ? 'Log in with: aa-registry login URL' : undefined;
    return new CliError(exit.failed, `The registry refused: ${error.message}`, next);
  }
  if (
    error instanceof DamagedFileError ||
    error instanceof JobTokenError ||
    error instanceof LockError ||
    error instanceof PackageError ||
    error instanceof KeyFileError ||
    error instanceof ProfilesFileError ||
    error instanceof TrustFileError
  ) {
    return new CliError(exit.failed, `${error.message}.`);
  }
  if (error instanceof Error && 'syscall' in error) {
    return new CliError(exit.failed, `${error.message}.`);
  }
  const trace = error instanceof Error ? error.stack : String(error);
  return new CliError(exit.failed, `unexpected: ${trace}`, 'This is a bug; please report it.');
}
