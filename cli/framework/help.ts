import { wrap } from '../terminal/wrap.ts';
import {
  type Command,
  exitMeanings,
  type Options,
  placeholder,
  type Topic,
  usageOf,
} from './command.ts';

/** The column of option descriptions, and the column on narrow terminals. */
const column = { usual: 26, narrow: 10 };

/** The minimum terminal width for the usual column. */
const minUsual = 72;

/** The maximum width of help, for readability. */
const maxWidth = 100;

/** The option `--help` of every command. */
export const helpOption: Options = {
  help: { type: 'boolean', short: 'h', description: 'Show this help' },
};

/** The main help page, for `width` columns: all commands by topic. */
export async function overview(topics: Topic[], version: string, width: number): Promise<string> {
  const names = topics.flatMap(({ commands }) => Object.keys(commands));
  const lists = await Promise.all(
    topics.map(async ({ title, commands }) => {
      const loaded = await Promise.all(Object.values(commands).map((load) => load()));
      return ['', `${title}:`, ...summaries(loaded, names, width)];
    }),
  );
  return [
    ...paragraph(`aa-registry ${version}: publish, verify and install AppArmor profiles`, width),
    '',
    'Usage: aa-registry COMMAND [OPTIONS]',
    ...lists.flat(),
    '',
    ...paragraph(
      'Run "aa-registry COMMAND --help" for the options and examples of a command, "aa-registry help exit-codes" for exit codes.',
      width,
    ),
  ].join('\n');
}

/** The help of commands that share their first word, such as `key`. */
export function groupHelp(word: string, commands: Command[], width: number): string {
  const names = commands.map(({ name }) => name);
  return [
    `Usage: aa-registry ${word} COMMAND [OPTIONS]`,
    '',
    ...summaries(commands, names, width),
    '',
    ...paragraph(`Run "aa-registry ${word} COMMAND --help" for its options and examples.`, width),
  ].join('\n');
}

function summaries(commands: Command[], names: string[], width: number): string[] {
  const longest = Math.max(...names.map((name) => name.length)) + 2;
  return commands.flatMap(({ name, summary }) =>
    paragraph(`  ${name.padEnd(longest)}${summary}`, width, longest + 2),
  );
}

/** The help page of exit codes. */
export function exitCodeHelp(width: number): string {
  const lines = Object.entries(exitMeanings).flatMap(([code, meaning]) =>
    paragraph(`  ${code}  ${meaning}`, width, 5),
  );
  return ['Exit codes:', ...lines].join('\n');
}

/** The help of one command. */
export function commandHelp(command: Command, width: number): string {
  const { summary, details, options, examples } = command;
  return [
    ...paragraph(`${summary}.`, width),
    '',
    ...paragraph(usageOf(command), width, 7),
    ...(details ? ['', ...paragraph(details, width)] : []),
    '',
    'Options:',
    ...optionLines({ ...options, ...helpOption }, width),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    // Examples are not wrapped, so that they can be copied.
    ...examples.map((example) => `  ${example}`),
  ].join('\n');
}

function optionLines(options: Options, width: number): string[] {
  const at = width < minUsual ? column.narrow : column.usual;
  return Object.entries(options).flatMap(([name, option]) => {
    const { short, description } = option;
    const value = placeholder(option);
    const left = `  ${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
    return left.length < at
      ? paragraph(`${left.padEnd(at)}${description}`, width, at)
      : [left, ...paragraph(`${' '.repeat(at)}${description}`, width, at)];
  });
}

function paragraph(text: string, width: number, indent = 0): string[] {
  return wrap(text, Math.min(width, maxWidth), ' '.repeat(indent));
}
