import { type Command, exitMeanings, type Options, placeholder, type Topic } from './command.ts';

const width = 26;

/** What `--help` is, beside every command's own options. */
export const helpOption: Options = {
  help: { type: 'boolean', short: 'h', description: 'Show this' },
};

/** The first page of help: what there is, by topic. */
export async function overview(topics: Topic[], version: string): Promise<string> {
  const names = topics.flatMap(({ commands }) => Object.keys(commands));
  const longest = Math.max(...names.map((name) => name.length)) + 2;
  const lists = await Promise.all(
    topics.map(async ({ title, commands }) => {
      const loaded = await Promise.all(Object.values(commands).map((load) => load()));
      return ['', `${title}:`, ...summaries(loaded, longest)];
    }),
  );
  return [
    `aa-registry ${version}: publish, verify and install AppArmor profiles`,
    '',
    'Usage: aa-registry COMMAND [OPTIONS]',
    ...lists.flat(),
    '',
    'Run "aa-registry COMMAND --help" for its options and examples, "aa-registry help exit-codes" for those.',
  ].join('\n');
}

/** The help of commands that share their first word, such as `key`. */
export function groupHelp(word: string, commands: Command[]): string {
  const longest = Math.max(...commands.map(({ name }) => name.length)) + 2;
  return [
    `Usage: aa-registry ${word} COMMAND [OPTIONS]`,
    '',
    ...summaries(commands, longest),
    '',
    `Run "aa-registry ${word} COMMAND --help" for its options and examples.`,
  ].join('\n');
}

function summaries(commands: Command[], longest: number): string[] {
  return commands.map(({ name, summary }) => `  ${name.padEnd(longest)}${summary}`);
}

/** What the exit codes mean. */
export function exitCodeHelp(): string {
  const lines = Object.entries(exitMeanings).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return ['Exit codes:', ...lines].join('\n');
}

/** The help of one command. */
export function commandHelp({ name, summary, usage, details, options, examples }: Command): string {
  return [
    `${summary}.`,
    '',
    `Usage: aa-registry ${name} ${usage}`.trimEnd(),
    ...(details ? ['', details] : []),
    '',
    'Options:',
    ...optionLines({ ...options, ...helpOption }),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map((example) => `  ${example}`),
  ].join('\n');
}

function optionLines(options: Options): string[] {
  return Object.entries(options).map(([name, option]) => {
    const { short, description } = option;
    const value = placeholder(option);
    const left = `  ${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
    return left.length < width
      ? `${left.padEnd(width)}${description}`
      : `${left}\n${' '.repeat(width)}${description}`;
  });
}
