// The commands that messages tell users to run. Users paste them unchanged, so they must parse.
import { topics } from '../cli/commands.ts';
import { CliError, parseInvocation } from '../cli/framework/command.ts';
import type { Io } from '../cli/terminal/io.ts';

/** The `aa-registry …` commands in a message: those in quotes, or up to the end of the sentence. */
export function hintedCommands(message: string): string[] {
  const quoted = /"(?:sudo )?(aa-registry [a-z][^"]*)"/g;
  const plain =
    /(?:(?<!Usage): |^|, then |, or |[Rr]un |Use )(?:sudo )?(aa-registry [a-z].*?)(?=\.?$|, (?:then|or)\b|; |\. [A-Z]|\)(?:\s|$)|`)/gm;
  const found = [...message.matchAll(quoted), ...message.replace(quoted, '').matchAll(plain)];
  return found.map(([, command = '']) => command);
}

/** Why a command line can't be pasted; `undefined` if it parses. */
export async function pasteError(line: string): Promise<string | undefined> {
  const [, ...argv] = shellWords(line);
  const count = [3, 2, 1].find((words) => loaderOf(argv.slice(0, words).join(' ')));
  if (count === undefined) {
    const isHelp = argv.includes('--help') || argv[0] === 'help';
    return isHelp ? undefined : `${line}: not a command`;
  }
  const rest = argv.slice(count);
  // A sentence may name a command without arguments.
  if (rest.length === 0 || rest.includes('--help')) return undefined;
  const command = await loaderOf(argv.slice(0, count).join(' '))?.();
  if (!command) return `${line}: not a command`;
  try {
    // Parsing uses no input or output.
    parseInvocation(command, rest, {} as Io, topics);
    return undefined;
  } catch (error) {
    if (error instanceof CliError) return `${line}: ${error.message}`;
    throw error;
  }
}

function loaderOf(name: string) {
  return topics.map(({ commands }) => commands[name]).find((load) => load !== undefined);
}

/** Splits a command line as a POSIX shell does. */
function shellWords(line: string): string[] {
  const words = line.match(/(?:'[^']*'|"[^"]*"|\\.|[^\s'"\\])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, '$1$2$3'));
}
