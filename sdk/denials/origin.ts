// Which program wrote a line of a log. Any user may have a program log text that looks like a record of the kernel.
import { fieldOf, type LogEvent } from './event.ts';

/** The times that loggers put before a line: syslog's, ISO 8601, seconds since boot or since 1970. */
const time =
  /(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|\[ *\d+\.\d+|^\d{9,}\.\d+)\S*/;
/** The first word with a colon, after the name of the host and, as busybox writes it, the facility. */
const tagAfterTime = /^(?:\s+[^\s:]+){0,5}?\s+([^\s:[\]"]+)(?:\[\d+\])?:(?:\s|$)/;
/** A program without a time before it; without its process id, it may be the name of a host. */
const bareTag = /^(?:<\d{1,3}>)?([^\s:[\]"]+)\[\d+\]: /;
/** RFC 5424, section 6.2. */
const rfc5424 = /^<\d{1,3}>1 \S+ \S+ (\S+) /;
/** Where a record may begin. */
const record = /\btype=|\baudit\(|\bapparmor=|\bmsg=/;

const auditors = /^(?:kernel|audit|auditd|audispd|audisp-[\w-]+)$/;
const buses =
  /^(?:\S*\/)?(?:dbus|dbus-daemon|dbus-broker|dbus-broker-launch|dbus(?:-broker)?\.service)$/;

/** The name of the program that wrote a line, as its logger put it before the text. */
function programOf(line: string): string | undefined {
  const at = line.search(record);
  const head = at < 0 ? line : line.slice(0, at);
  const named = rfc5424.exec(head)?.[1];
  if (named !== undefined) return named;
  let found = time.exec(head);
  if (!found) return bareTag.exec(head)?.[1];
  // Several loggers may have put a time before the line.
  let text = head;
  for (; found; found = time.exec(text)) {
    text = text.slice(found.index + found[0].length);
    const tag = tagAfterTime.exec(text)?.[1];
    if (tag !== undefined) return tag;
  }
  return undefined;
}

/** Whether a line is from another program than the kernel, auditd and the message buses. */
export function isOfOtherProgram(line: string): boolean {
  const program = programOf(line);
  return program !== undefined && !auditors.test(program) && !buses.test(program);
}

/** Whether the program that a line names may write such an event: a message bus, only its own. */
export function mayWrite(line: string, event: LogEvent): boolean {
  const program = programOf(line);
  return program === undefined || auditors.test(program) || (buses.test(program) && isOfBus(event));
}

/** Whether an entry of journald, or of a logger that has its fields, may hold such an event. */
export function mayHold(entry: Readonly<Record<string, unknown>>, event: LogEvent): boolean {
  const { _TRANSPORT: transport, _COMM: command, SYSLOG_IDENTIFIER: identifier } = entry;
  if (transport === 'kernel' || transport === 'audit') return true;
  // journald finds out the command by itself; the identifier is what the program says.
  const program = typeof command === 'string' ? command : identifier;
  if (typeof program !== 'string') return transport === undefined;
  if (buses.test(program)) return isOfBus(event);
  return transport === undefined && auditors.test(program);
}

function isOfBus(event: LogEvent): boolean {
  return fieldOf(event, 'operation')?.startsWith('dbus_') ?? false;
}
