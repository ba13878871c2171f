import type { Command, Options } from './command.ts';

const width = 26;

/** The first page of help: what there is. */
export function overview(commands: Command[], version: string): string {
  const longest = Math.max(...commands.map(({ name }) => name.length)) + 2;
  return [
    `aa-registry ${version}: publish, verify and install AppArmor profiles`,
    '',
    'Usage: aa-registry COMMAND [OPTIONS]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(longest)}${summary}`),
    '',
    'Run "aa-registry COMMAND --help" for its options and examples.',
    'Exit codes: 0 done, 1 the answer is no, 2 usage, 3 refused as unproved, 4 registry unreachable,',
    '5 not possible on this machine, 6 the host has drifted from what is installed, 7 a profile is not loaded.',
  ].join('\n');
}

/** The help of one command. */
export function commandHelp({ name, summary, usage, details, options, examples }: Command): string {
  return [
    `${summary}.`,
    '',
    `Usage: aa-registry ${name} ${usage}`,
    ...(details ? ['', details] : []),
    '',
    'Options:',
    ...optionLines({ ...options, help: { type: 'boolean', short: 'h', description: 'Show this' } }),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map((example) => `  ${example}`),
  ].join('\n');
}

function optionLines(options: Options): string[] {
  return Object.entries(options).map(([name, { short, value, description }]) => {
    const left = `  ${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`;
    return left.length < width
      ? `${left.padEnd(width)}${description}`
      : `${left}\n${' '.repeat(width)}${description}`;
  });
}
