import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { shellWord } from '../../sdk/shell-word.ts';
import type { Io } from '../terminal/io.ts';
import { nearest } from './nearest.ts';

/** One option of a command, as parseArgs (node:util) reads it and as help shows it. */
export interface Option {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** The placeholder of the value in help, such as `DIR`; by default the {@link choices}. */
  value?: string;
  /** The allowed values. */
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

/** The placeholder of an option's value in help; `undefined` for a flag. */
export function placeholder({ value, choices }: Option): string | undefined {
  return value ?? choices?.join('|');
}

/** One argument of a command, as help shows it and shells complete it. */
export interface Argument {
  /** The placeholder, such as `REF` or `FILE`. */
  name: string;
  /** The allowed values. */
  choices?: readonly string[];
  optional?: boolean;
  /** Whether it may be repeated; only the last argument may. */
  repeated?: boolean;
}

/** The input of a command: its options, arguments and environment. */
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
  /** The arguments, in order. */
  args: readonly Argument[];
  /** The most important options, as usage shows them after the arguments. */
  usage?: string;
  options: Options;
  /** Options that other programs have and this command lacks, and what to do instead; such as `--undo`. */
  absent?: Readonly<Record<string, string>>;
  /** Details for the command's own help, after the summary. */
  details?: string;
  examples: string[];
  /** Runs the command and returns the exit code. */
  run(invocation: Invocation): Promise<number>;
}

/** A group of commands in help, by name, each loaded when it is used. */
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
 * An error that the user can fix; `next` says how. `id` is its stable id in --format json, by default that of the exit
 * code, and `more` its further members there.
 */
export class CliError extends Error {
  readonly exitCode: number;
  readonly next: string | undefined;
  readonly id: string;
  readonly more: object;

  constructor(exitCode: number, message: string, next?: string, id?: string, more: object = {}) {
    super(message);
    this.exitCode = exitCode;
    this.next = next;
    this.id = id ?? exitIds[exitCode] ?? 'failed';
    this.more = more;
  }
}

/** The exit codes, which docs/cli.md documents. */
export const exit = {
  ok: 0,
  /** The command ran and failed: the profile has errors, or the registry refused. */
  failed: 1,
  usage: 2,
  /** A profile could not be verified, or is older than the installed one. Nothing was changed. */
  refused: 3,
  unreachable: 4,
  /** Not possible on this machine: no root, no AppArmor, no apparmor_parser. Nothing was changed. */
  unable: 5,
  /** The host has drifted: a changed file, other rules in the kernel, another mode. */
  drift: 6,
  /** An installed profile is not loaded. */
  notLoaded: 7,
  /**
   * An installed profile can no longer be verified: its keys were revoked or removed from the trust file, or its proof
   * is missing.
   */
  untrusted: 8,
  /** An update waits for approval, because it may permit more than the installed version. */
  waiting: 9,
} as const;

/** The ids of errors without their own id, by exit code. */
const exitIds: Record<number, string> = {
  [exit.failed]: 'failed',
  [exit.usage]: 'usage',
  [exit.refused]: 'refused',
  [exit.unreachable]: 'registry-unreachable',
  [exit.unable]: 'unable',
};

/** The meaning of each exit code, for help and the manual. */
export const exitMeanings: Record<(typeof exit)[keyof typeof exit], string> = {
  0: 'Success',
  1: 'Failed: the profile has errors, or the registry refused',
  2: 'Usage error',
  3: 'Refused: the profile could not be verified, or is older than the installed one; nothing was changed',
  4: 'The registry can’t be reached',
  5: 'Not possible on this machine: no root, no AppArmor, no apparmor_parser; nothing was changed',
  6: 'The host has drifted: a file, a loaded profile or a mode differs from what was installed',
  7: 'An installed profile is not loaded',
  8: 'An installed profile can no longer be verified: its keys were revoked, or its proof is missing or bad',
  9: 'An update waits for approval, because it may permit more than the installed version',
};

/** The arguments of a command and its most important options, as usage shows them. */
export function synopsisOf({ args, usage = '' }: Pick<Command, 'args' | 'usage'>): string {
  return [...args.map(argumentText), usage].filter((part) => part !== '').join(' ');
}

/** An argument as usage shows it, such as `[REF…]`. */
function argumentText({ name, optional, repeated }: Argument): string {
  const text = `${name}${repeated ? '…' : ''}`;
  return optional ? `[${text}]` : text;
}

/** The usage line of a command. */
export function usageOf(command: Pick<Command, 'name' | 'args' | 'usage'>): string {
  const parts = [command.name, synopsisOf(command), '[OPTIONS]'];
  return `Usage: aa-registry ${parts.filter((part) => part !== '').join(' ')}`;
}

export function usageError(message: string, command: Command): CliError {
  const help = `"aa-registry ${command.name} --help" lists the options.`;
  return new CliError(exit.usage, message, `${usageOf(command)}\n${help}`);
}

/** Reads a command's arguments. Throws a {@link CliError} if they are invalid. */
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
      throw usageError(`--${name} must be one of ${known}, not "${value}".`, command);
    }
  }
  const required = command.args.filter(({ optional }) => !optional);
  if (parsed.positionals.length < required.length) {
    const names = required.map(argumentText).join(' ');
    throw usageError(`"${command.name}" requires ${names}.`, command);
  }
  const extra = parsed.positionals[command.args.length];
  if (extra !== undefined && !command.args.at(-1)?.repeated) {
    // A log or a list that a command reads is an option, and easily taken for an argument.
    const meant = command.options.file
      ? ` Did you mean --file ${shellWord(extra)}?`
      : meantVersion(command, parsed.positionals);
    throw usageError(`Unexpected argument "${extra}".${meant}`, command);
  }
  return { values: parsed.values as Invocation['values'], args: parsed.positionals, io, topics };
}

/** The command with `NAME@VERSION`, where the version is an argument of its own; empty if there is none. */
function meantVersion({ name, args }: Command, [first = '', ...rest]: string[]): string {
  const version = rest.find((word) => /^\d+\.\d+\.\d+/.test(word));
  if (version === undefined || !/@VERSION$|^REF$/.test(args[0]?.name ?? '')) return '';
  const words = [`${first}@${version}`, ...rest.filter((word) => word !== version)];
  return ` Did you mean "aa-registry ${name} ${words.map(shellWord).join(' ')}"?`;
}

/** Converts `--limit -1` to `--limit=-1`: a negative number is a value, which the option validates, not an option. */
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

/** Converts an error of parseArgs: Node's messages are for developers, not users. */
function describeParseError({ options, absent = {} }: Command, message: string): string {
  const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
  if (unknown !== undefined) {
    if (Object.hasOwn(absent, unknown)) return absent[unknown] ?? '';
    const known = Object.keys(options).map((name) => `--${name}`);
    const near = nearest(known, [unknown]);
    return `Unknown option "${unknown}".${near === undefined ? '' : ` Did you mean "${near}"?`}`;
  }
  const name = /^Option '(?:-\w, )?--([^' ]+)/.exec(message)?.[1] ?? '';
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (!option) return `${message.split(/\.\s/)[0]}.`;
  if (option.type === 'boolean') return `--${name} takes no value.`;
  const value = placeholder(option) ?? 'VALUE';
  return `--${name} requires a value: --${name} ${value}. If the value begins with "-", join them with "=": --${name}=${value}.`;
}
