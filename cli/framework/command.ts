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
  /** The arguments after the name, as usage shows them. */
  usage: string;
  /** How many arguments it takes. */
  args: { min: number; max: number };
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
 *   name: 'show', summary: 'Show a profile', usage: 'REF', args: { min: 1, max: 1 },
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

/** What went wrong is the caller's to mend; `next` says how. */
export class CliError extends Error {
  readonly exitCode: number;
  readonly next: string | undefined;

  constructor(exitCode: number, message: string, next?: string) {
    super(message);
    this.exitCode = exitCode;
    this.next = next;
  }
}

/** The exit codes, which the README documents. */
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

/** What each exit code means, for help and the manual. */
export const exitMeanings: Record<(typeof exit)[keyof typeof exit], string> = {
  0: 'Done',
  1: 'The answer is no: the profile has errors, the registry refused',
  2: "The command line can't be followed",
  3: 'Refused: it could not be proved to come from its team; nothing was changed',
  4: "The registry can't be reached",
  5: 'Not possible on this machine: no root, no AppArmor, no apparmor_parser; nothing was changed',
  6: 'The host has drifted: a file, the kernel or a mode is not what was installed',
  7: 'A profile that is installed is not loaded',
  8: 'What is installed can not be proved now: its keys were revoked, or its proof is gone or bad',
};

export function usageError(message: string, command: Command): CliError {
  return new CliError(exit.usage, message, `Usage: aa-registry ${command.name} ${command.usage}`);
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
    parsed = parseArgs({ args: argv, options, allowPositionals: true, strict: true });
  } catch (error) {
    // Node's own message goes on to advise about positionals; its first sentence is what matters.
    const [sentence = ''] = (error as Error).message.split(/\. (?=[A-Z])/);
    const unknown = /^Unknown option '(--[^']+)'/.exec(sentence)?.[1];
    const known = Object.keys(command.options).map((name) => `--${name}`);
    const near = unknown === undefined ? undefined : nearest(known, [unknown]);
    const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
    throw usageError(`${sentence.replace(/\.$/, '')}.${hint}`, command);
  }
  for (const [name, { choices }] of Object.entries(command.options)) {
    const value = parsed.values[name];
    if (choices && value !== undefined && !choices.includes(value as string)) {
      const known = choices.join(', ');
      throw usageError(`--${name} is one of ${known}, not "${value}".`, command);
    }
  }
  const { min, max } = command.args;
  const count = parsed.positionals.length;
  if (count < min) {
    const [args] = command.usage.split(/ \[?-/);
    throw usageError(`"${command.name}" needs ${args}.`, command);
  }
  if (count > max) {
    throw usageError(`"${parsed.positionals[max]}" is one argument too many.`, command);
  }
  return { values: parsed.values as Invocation['values'], args: parsed.positionals, io, topics };
}
