import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Io } from '../terminal/io.ts';
import { nearest } from './nearest.ts';

/** One option of a command, as parseArgs (node:util) reads it and as help shows it. */
export interface Option {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** What stands for the value in help, such as `DIR`; of {@link choices}, these. */
  value?: string;
  /** The only values there are. */
  choices?: readonly string[];
  description: string;
}

export type Options = Record<string, Option>;

/** The values of a command's options. */
export type Values<O extends Options> = {
  [K in keyof O]?: O[K] extends { type: 'boolean' }
    ? boolean
    : O[K] extends { multiple: true }
      ? string[]
      : O[K] extends { choices: readonly (infer Choice)[] }
        ? Choice
        : string;
};

/** What stands for an option's value in help; `undefined` when it takes none. */
export function placeholder({ value, choices }: Option): string | undefined {
  return value ?? choices?.join('|');
}

/** One argument of a command, as help shows it and shells complete it. */
export interface Argument {
  /** What stands for it, such as `REF` or `FILE`. */
  name: string;
  /** The only values there are. */
  choices?: readonly string[];
  optional?: boolean;
  /** There may be several; only of the last one. */
  repeated?: boolean;
}

/** What a command is given: its options, its arguments and the world around it. */
export interface Invocation<O extends Options = Options> {
  values: Values<O>;
  args: string[];
  io: Io;
  /** Every command of the program. */
  topics: Topic[];
}

/** One command of `aa-registry`. */
export interface Command {
  /** `pull`, or two words as in `key generate`. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** What follows the name, in order. */
  args: readonly Argument[];
  /** The options that matter most, as usage shows them after the arguments. */
  usage?: string;
  options: Options;
  /** More than the summary says, for its own help. */
  details?: string;
  examples: string[];
  /** Does the work; the result is the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** Commands that belong together in help, by name, each loaded when it is wanted. */
export interface Topic {
  title: string;
  commands: Record<string, () => Promise<Command>>;
}

/**
 * Declares a command, with the types of its option values derived from their declarations.
 *
 * @example
 * export const show = defineCommand({
 *   name: 'show', summary: 'Show a profile', args: [{ name: 'REF' }],
 *   options: { format: formatOption, ...registryOptions }, examples: ['aa-registry show docker-nginx'],
 *   run: async ({ values, args, io }) => 0,
 * });
 */
export function defineCommand<const O extends Options>(
  command: Omit<Command, 'options' | 'run'> & {
    options: O;
    run(invocation: Invocation<O>): Promise<number>;
  },
): Command {
  return command as unknown as Command;
}

/**
 * What went wrong is the caller's to mend; `next` says how. `id` is what --format json calls it, for ever; of what needs
 * no name of its own, that of its exit code.
 */
export class CliError extends Error {
  readonly exitCode: number;
  readonly next: string | undefined;
  readonly id: string;

  constructor(exitCode: number, message: string, next?: string, id?: string) {
    super(message);
    this.exitCode = exitCode;
    this.next = next;
    this.id = id ?? exitIds[exitCode] ?? 'failed';
  }
}

/** The exit codes, which docs/cli.md documents. */
export const exit = {
  ok: 0,
  /** The command did its work and the answer is no: errors found, the registry refused. */
  failed: 1,
  usage: 2,
  /** A profile could not be proved to come from its team. Nothing was changed. */
  refused: 3,
  unreachable: 4,
  /** This machine can't do it: no root, no AppArmor, no apparmor_parser. Nothing was changed. */
  unable: 5,
  /** What is installed is not what the host has: a changed file, other rules in the kernel, another mode. */
  drift: 6,
  /** A profile that is installed is not loaded. */
  notLoaded: 7,
  /** What is installed can't be proved now: its keys were revoked or are trusted no more, or its proof is gone. */
  untrusted: 8,
} as const;

/** What an error is called that has no id of its own, by its exit code. */
const exitIds: Record<number, string> = {
  [exit.failed]: 'failed',
  [exit.usage]: 'usage',
  [exit.refused]: 'refused',
  [exit.unreachable]: 'registry-unreachable',
  [exit.unable]: 'unable',
};

/** What each exit code means, for help and the manual. */
export const exitMeanings: Record<(typeof exit)[keyof typeof exit], string> = {
  0: 'Done',
  1: 'Failed: the profile has errors, or the registry refused',
  2: 'Usage error',
  3: 'Refused: the profile could not be verified; nothing was changed',
  4: "The registry can't be reached",
  5: 'Not possible on this machine: no root, no AppArmor, no apparmor_parser; nothing was changed',
  6: 'The host has drifted: a file, the kernel or a mode is not what was installed',
  7: 'A profile that is installed is not loaded',
  8: 'An installed profile can no longer be verified: its keys were revoked, or its proof is missing or bad',
};

/** The arguments of a command, and the options that matter most, as usage shows them. */
export function synopsisOf({ args, usage = '' }: Pick<Command, 'args' | 'usage'>): string {
  return [...args.map(argumentText), usage].filter((part) => part !== '').join(' ');
}

/** An argument as usage shows it, such as `[REF…]`. */
function argumentText({ name, optional, repeated }: Argument): string {
  const text = `${name}${repeated ? '…' : ''}`;
  return optional ? `[${text}]` : text;
}

/** How a command is called: its name, its arguments and that there are options. */
export function usageOf(command: Pick<Command, 'name' | 'args' | 'usage'>): string {
  const parts = [command.name, synopsisOf(command), '[OPTIONS]'];
  return `Usage: aa-registry ${parts.filter((part) => part !== '').join(' ')}`;
}

export function usageError(message: string, command: Command): CliError {
  const help = `"aa-registry ${command.name} --help" lists the options.`;
  return new CliError(exit.usage, message, `${usageOf(command)}\n${help}`);
}

/** Reads a command's arguments. Throws a {@link CliError} that says what is wrong with them. */
export function parseInvocation(
  command: Command,
  argv: string[],
  io: Io,
  topics: Topic[],
): Invocation {
  const options: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short ? { short } : {}), ...(multiple ? { multiple } : {}) },
    ]),
  );
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    const args = joinNumbers(command.options, argv);
    parsed = parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usageError(describeParseError(command, (error as Error).message), command);
  }
  for (const [name, { choices }] of Object.entries(command.options)) {
    const value = parsed.values[name];
    if (choices && value !== undefined && !choices.includes(value as string)) {
      const known = choices.join(', ');
      throw usageError(`--${name} is one of ${known}, not "${value}".`, command);
    }
  }
  const required = command.args.filter(({ optional }) => !optional);
  if (parsed.positionals.length < required.length) {
    const names = required.map(argumentText).join(' ');
    throw usageError(`"${command.name}" needs ${names}.`, command);
  }
  const extra = parsed.positionals[command.args.length];
  if (extra !== undefined && !command.args.at(-1)?.repeated) {
    throw usageError(`Unexpected argument "${extra}".`, command);
  }
  return { values: parsed.values as Invocation['values'], args: parsed.positionals, io, topics };
}

/** With `--limit -1` as `--limit=-1`: a number below zero is a value, for its option to judge, and no option. */
function joinNumbers(options: Options, argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [at, word] of argv.entries()) {
    if (word === '--') return [...joined, ...argv.slice(at)];
    const before = joined.at(-1) ?? '';
    const takesValue = before.startsWith('--') && options[before.slice(2)]?.type === 'string';
    if (takesValue && /^-\d/.test(word)) joined[joined.length - 1] = `${before}=${word}`;
    else joined.push(word);
  }
  return joined;
}

/** What parseArgs found wrong, in this program's words: Node's own are for those who wrote the program. */
function describeParseError({ options }: Command, message: string): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown !== undefined) {
    const known = Object.keys(options).map((name) => `--${name}`);
    const near = nearest(known, [unknown]);
    return `Unknown option "${unknown}".${near === undefined ? '' : ` Did you mean "${near}"?`}`;
  }
  const name = /^Option '(?:-\w, )?--([^' ]+)/.exec(message)?.[1] ?? '';
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) return `${message.split(/\.\s/)[0]}.`;
  if (option.type === 'boolean') return `--${name} takes no value.`;
  const value = placeholder(option) ?? 'VALUE';
  return `--${name} needs a value: --${name} ${value}; one that begins with "-" is written --${name}=-….`;
}
