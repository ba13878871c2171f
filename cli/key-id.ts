import { CliError, exit } from './framework/command.ts';

/**
 * The id in `known` that `text` names: in full, or by a prefix of at least eight digits, with or without `sha256:`.
 * Throws if none or several match; `what` describes the known keys, such as `trusted`.
 */
export function requireKeyId(
  text: string,
  team: string,
  known: readonly string[],
  what: string,
): string {
  const digits = text.replace(/^sha256:/, '');
  if (!/^[0-9a-f]{8,64}$/.test(digits)) {
    throw new CliError(
      exit.usage,
      `"${text}" is not a key id; write sha256:… with at least eight digits.`,
    );
  }
  const [found, ...more] = known.filter((keyId) => keyId.startsWith(`sha256:${digits}`));
  if (found !== undefined && more.length === 0) return found;
  throw new CliError(
    exit.failed,
    found === undefined
      ? `No key ${text} of team ${team} is ${what}.`
      : `"${text}" matches several keys of team ${team}.`,
    known.length === 0
      ? undefined
      : `${what[0]?.toUpperCase()}${what.slice(1)} are: ${known.join(', ')}.`,
  );
}
