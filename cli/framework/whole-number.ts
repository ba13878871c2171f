import { CliError, exit } from './command.ts';

/** The whole number that an option's text is; a usage error when it is none from `minimum` to `maximum`. */
export function requireWholeNumber(
  option: string,
  text: string,
  { minimum = 0, maximum }: { minimum?: number; maximum: number },
): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
  const range = `from ${minimum} to ${maximum}`;
  throw new CliError(exit.usage, `--${option} takes a whole number ${range}, not "${text}".`);
}

/** The id that an argument is; a usage error when it is none. */
export function requireId(text: string): number {
  const id = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(id)) return id;
  throw new CliError(exit.usage, `An id is a whole number, not "${text}".`);
}
