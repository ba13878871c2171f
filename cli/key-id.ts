import { CliError, exit } from './framework/command.ts';

/**
 * The key of a team that `text` names: its id, or a beginning of it of eight digits at least, with or without `sha256:`.
 * The command ends when that names none of `known` or several; `what` is said of these, such as `trusted`.
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
      `"${text}" is no key id; write sha256:… with eight digits at least.`,
    );
  }
  const [found, ...more] = known.filter((keyId) => keyId.startsWith(`sha256:${digits}`));
  if (found !== undefined && more.length === 0) return found;
  throw new CliError(
    exit.failed,
    found === undefined
      ? `No key ${text} of team ${team} is ${what}.`
      : `"${text}" begins several keys of team ${team}.`,
    known.length === 0
      ? undefined
      : `${what[0]?.toUpperCase()}${what.slice(1)} are: ${known.join(', ')}.`,
  );
}
