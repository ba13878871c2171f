import { type Io, widthOf } from '../terminal/io.ts';
import { wrapLines } from '../terminal/wrap.ts';
import { CliError, type Command, exit, parseInvocation, type Topic } from './command.ts';
import { AfterItems } from './format.ts';

/** The maximum length of an error message in characters: text from a registry may be arbitrarily long. */
const maxMessage = 4000;

/**
 * Runs `aa-registry` with these arguments and returns its exit code. Every expected failure becomes one sentence on
 * standard error, with a second one for the hint if there is one; with --format json, also an object on standard
 * output. Messages are wrapped to the terminal's width. Only the modules that a run needs are loaded.
 */
export async function run(
  topics: Topic[],
  argv: string[],
  world: Io,
  version: string,
): Promise<number> {
  const { env, stdout, stderr, print } = world;
  const io: Io = {
    env,
    stdout,
    stderr,
    print,
    // Opened on first use.
    get stdin() {
      return world.stdin;
    },
    note: (line) => world.note(wrapLines(line, widthOf(stderr))),
  };
  try {
    const [first = ''] = argv;
    if (first === '--version' || first === '-V') {
      io.print(version);
      return exit.ok;
    }
    const wantsHelp = argv.some((word) => word === '--help' || word === '-h');
    if (argv.length === 0 || first === 'help' || wantsHelp) {
      const words = argv.filter((word) => !word.startsWith('-'));
      const about = first === 'help' ? words.slice(1) : words;
      io.print(await helpOn(topics, about, version, widthOf(io.stdout)));
      return argv.length === 0 ? exit.usage : exit.ok;
    }
    const found = findCommand(topics, argv);
    if (!found) throw await unknownCommand(topics, argv);
    const command = await found.load();
    return await command.run(parseInvocation(command, found.rest, io, topics));
  } catch (thrown) {
    const isLate = thrown instanceof AfterItems;
    const error = await toCliError(isLate ? thrown.cause : thrown, env);
    const { exitCode, next, id, more } = error;
    const message = shorten(error.message);
    if (isLate || wantsJson(topics, argv)) {
      const { visibleJson } = await import('../../policy/visible.ts');
      const items = isLate ? { items: thrown.items } : {};
      io.print(
        visibleJson({ ...items, error: { id, message, next: next ?? null, exitCode, ...more } }),
      );
    }
    // Indent further lines, so that only this program can start one.
    io.note(`aa-registry: ${message.replaceAll('\n', '\n  ')}`);
    if (next) io.note(next.replaceAll('\n', '\n  '));
    return exitCode;
  }
}

function shorten(message: string): string {
  return message.length > maxMessage ? `${message.slice(0, maxMessage)}…` : message;
}

/** Whether these arguments request JSON, even if they are invalid otherwise. */
function wantsJson(topics: Topic[], argv: string[]): boolean {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  const requested = words.some(
    (word, at) => word === '--format=json' || (word === '--format' && words[at + 1] === 'json'),
  );
  return (
    requested &&
    (findCommand(topics, argv) !== undefined || groupOf(topics, argv[0] ?? '').length > 0)
  );
}

async function helpOn(
  topics: Topic[],
  words: string[],
  version: string,
  width: number,
): Promise<string> {
  const { commandHelp, exitCodeHelp, groupHelp, overview } = await import('./help.ts');
  const [first] = words;
  if (first === undefined) return overview(topics, version, width);
  if (first === 'exit-codes') return exitCodeHelp(width);
  const found = findCommand(topics, words);
  if (found) return commandHelp(await found.load(), width);
  const group = groupOf(topics, first);
  if (group.length === 0) throw await unknownCommand(topics, words);
  return groupHelp(first, await Promise.all(group.map(([, load]) => load())), width);
}

function findCommand(
  topics: Topic[],
  argv: string[],
): { load: () => Promise<Command>; rest: string[] } | undefined {
  for (const words of [3, 2, 1]) {
    const name = argv.slice(0, words).join(' ');
    for (const { commands } of topics) {
      if (!Object.hasOwn(commands, name)) continue;
      const load = commands[name];
      if (load) return { load, rest: argv.slice(words) };
    }
  }
  return undefined;
}

/** The commands of two or three words that begin with this word. */
function groupOf(topics: Topic[], word: string): [name: string, load: () => Promise<Command>][] {
  return topics
    .flatMap(({ commands }) => Object.entries(commands))
    .filter(([name]) => name.startsWith(`${word} `));
}

async function unknownCommand(topics: Topic[], argv: string[]): Promise<CliError> {
  const { nearest, synonymOf } = await import('./nearest.ts');
  const [first = '', second = ''] = argv;
  const list = 'Run "aa-registry --help" for the list.';
  if (first.startsWith('-')) {
    return new CliError(
      exit.usage,
      `"${first}" is not a command; options follow the command.`,
      list,
    );
  }
  const group = groupOf(topics, first).map(([name]) => name);
  if (group.length > 0) {
    const near = nearest(group, [`${first} ${second}`]);
    const names = group.map((name) => `"${name}"`).join(', ');
    return near === undefined
      ? new CliError(exit.usage, `"${first}" requires a subcommand: ${names}.`)
      : new CliError(
          exit.usage,
          `"${first} ${second}" is not a command. Did you mean "${near}"?`,
          `Run "aa-registry ${first} --help" for the list.`,
        );
  }
  const names = topics.flatMap(({ commands }) => Object.keys(commands));
  const near = synonymOf(first) ?? nearest(names, [first, `${first} ${second}`]);
  return new CliError(
    exit.usage,
    `"${first}" is not a command.${near ? ` Did you mean "${near}"?` : ''}`,
    list,
  );
}

async function toCliError(error: unknown, env: NodeJS.ProcessEnv): Promise<CliError> {
  if (error instanceof CliError) return error;
  return (await import('./failure.ts')).toCliError(error, env);
}
