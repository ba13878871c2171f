import { isUnresolved, type Verified } from '../sdk/fetch.ts';
import { CliError, exit } from './framework/command.ts';

/** What a command ends with when a profile was not proved, and when there is none of the kind that was asked for. */
export function notProved(
  { id, reason }: Pick<Extract<Verified, { ok: false }>, 'id' | 'reason'>,
  consequence?: string,
  next?: string,
): CliError {
  if (isUnresolved(id)) return new CliError(exit.failed, `${reason} [${id}].`, next, id);
  const refused = consequence === undefined ? 'Refused' : `Refused, ${consequence}`;
  return new CliError(exit.refused, `${refused}: ${reason} [${id}].`, next, id);
}
