import { CliError, exit } from './command.ts';

/** Parses an option's value as a whole number from `minimum` to `maximum`. Throws a usage error if it is invalid. */
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

/** Parses an argument as a numeric id. Throws a usage error if it is invalid. */
export function requireId(text: string): number {
  const id = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(id)) return id;
  throw new CliError(exit.usage, `An id is a whole number, not "${text}".`);
}
