import { CliError, exit } from './command.ts';

const units: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** Parses --since, a time or an age, to milliseconds since 1970. Throws a usage error if it is invalid. */
export function requireSince(text: string, now: number): number {
  const [, count, unit = ''] = /^(\d{1,9})([smhdw])$/.exec(text) ?? [];
  if (count !== undefined) return now - Number(count) * (units[unit] as number);
  const seconds = /^@(\d{1,12})$/.exec(text)?.[1];
  // Without a zone, local time, also for a date alone, which JavaScript reads as UTC.
  const local = /^\d{4}-\d\d-\d\d$/.test(text)
    ? `${text}T00:00`
    : text.replace(/^(\S+) (\d)/, '$1T$2');
  const time = seconds === undefined ? Date.parse(local) : Number(seconds) * 1000;
  if (/^(@|\d{4}-\d\d-\d\d)/.test(text) && !Number.isNaN(time)) return time;
  throw new CliError(
    exit.usage,
    `--since takes an age (30m, 2h, 1d) or a time such as 2026-01-31 or "2026-01-31 18:00", not "${text}".`,
  );
}
