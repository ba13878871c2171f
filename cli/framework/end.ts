import { CliError, exit } from './command.ts';

/** The maximum number of days. */
const maxDays = 3650;

/** Parses --expires, days or a future time, to a time in ISO 8601. Throws a usage error if it is invalid. */
export function requireEnd(text: string): string {
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  if (days !== undefined && Number(days) >= 1 && Number(days) <= maxDays) {
    return new Date(Date.now() + Number(days) * 24 * 60 * 60_000).toISOString();
  }
  const time = Date.parse(text);
  if (days === undefined && time > Date.now()) return new Date(time).toISOString();
  throw new CliError(
    exit.usage,
    `--expires takes days such as 90d, or a future time such as 2027-01-31T12:00:00Z, not "${text}".`,
  );
}
