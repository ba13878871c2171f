// Reading the events of a kernel log, and what to tell about lines that could not be read.
import { type LogEvent, suppressedMessages } from '../sdk/denials/event.ts';
import { eventsIn, isImitation, mentionsDecision } from '../sdk/denials/log-form.ts';
import { wholeLines } from '../sdk/denials/whole-lines.ts';
import { maxLine } from '../sdk/host/line-splitter.ts';
import { LogFormError } from '../sdk/host/log-text.ts';
import { CliError, exit } from './framework/command.ts';
import type { Io } from './terminal/io.ts';

/** What was seen in the logs besides the requested events. */
export class Seen {
  /** All AppArmor events, requested or not. */
  events = 0;
  /** Lines with an AppArmor decision in an unsupported format. */
  unread = 0;
  /** Events of which a part is missing or in the next line. */
  wrapped = 0;
  /** Lines about AppArmor that exceed the maximum line length. */
  tooLong = 0;
  /** Lines of other programs that look like AppArmor messages. */
  imitations = 0;
  /** Whether some lines are in the format of `ausearch -i`. */
  interpreted = false;

  /** Lines and events that may be denials and were not read. */
  get skipped(): number {
    return this.unread + this.wrapped + this.tooLong;
  }

  add({ events, unread, wrapped, tooLong, imitations, interpreted }: Seen): void {
    this.events += events;
    this.unread += unread;
    this.wrapped += wrapped;
    this.tooLong += tooLong;
    this.imitations += imitations;
    this.interpreted ||= interpreted;
  }
}

export const readForms =
  'Supported are the formats of dmesg, syslog, auditd, ausearch and journalctl, also as JSON, in UTF-16, or compressed with gzip or zstd. ' +
  'Denials of containers are in the log of the host’s kernel, not in that of the container (docker logs). ' +
  'A log without such lines does not prove that nothing was denied.';

export const interpretedNote =
  'Note: "ausearch -i" omits quotes, so a name with spaces may be read as several fields, and dates with slashes are read as month/day/year; use "ausearch --raw" for exact results.';

export function nothingIn(name: string, { unread, wrapped, tooLong, imitations }: Seen): string {
  return [
    `${name} has no AppArmor messages.`,
    ...(unread === 0 ? [] : [unreadNote(unread)]),
    ...(wrapped === 0 ? [] : [wrappedNote(wrapped)]),
    ...(tooLong === 0 ? [] : [tooLongNote(tooLong)]),
    ...(imitations === 0 ? [] : [imitationsNote(imitations)]),
  ].join(' ');
}

export function tooLongNote(count: number): string {
  const lines = count === 1 ? '1 line about AppArmor was' : `${count} lines about AppArmor were`;
  return `${lines} skipped because ${count === 1 ? 'it is' : 'they are'} longer than ${maxLine / 1024} KiB. For JSON, use jq -c to write one entry per line.`;
}

export function wrappedNote(count: number): string {
  const lines = count === 1 ? '1 event of AppArmor was' : `${count} events of AppArmor were`;
  return `${lines} skipped because ${count === 1 ? 'it is' : 'they are'} wrapped over several lines or cut. Copy the log without line breaks, such as with journalctl -k > FILE.`;
}

export function imitationsNote(count: number): string {
  const lines = count === 1 ? '1 line about AppArmor is' : `${count} lines about AppArmor are`;
  return `${lines} from another program than the kernel, auditd or a message bus, so ${count === 1 ? 'it is not a record of a denial' : 'they are not records of denials'}.`;
}

export function unreadNote(count: number): string {
  const lines = count === 1 ? '1 line has' : `${count} lines have`;
  return `${lines} an AppArmor decision in an unsupported format.`;
}

export function formError(error: unknown): unknown {
  return error instanceof LogFormError
    ? new CliError(exit.failed, error.message, error.hint)
    : error;
}

/** The events in lines; with `hold`, each waits for the line after it, see {@link wholeLines}. */
export async function* events(
  lines: AsyncIterable<string>,
  io: Io,
  seen: Seen,
  hold: boolean,
): AsyncGenerator<LogEvent> {
  let lost = 0;
  for await (const { line, cut } of wholeLines(lines, hold)) {
    if (cut) {
      seen.wrapped++;
      continue;
    }
    const found = eventsIn(line);
    seen.events += found.length;
    if (found.length === 0 && isImitation(line)) {
      seen.imitations++;
      continue;
    }
    lost += suppressedMessages(line);
    if (found.length === 0 && mentionsDecision(line)) seen.unread++;
    for (const event of found) {
      if (event.interpreted) seen.interpreted = true;
      yield event;
    }
  }
  if (lost > 0) {
    io.note(
      `The kernel dropped ${lost} messages because of its rate limit; there may be more denials. ` +
        'auditd logs all of them; without auditd, see kernel.printk_ratelimit in sysctl(8).',
    );
  }
}
