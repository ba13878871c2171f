// Lines of the kernel log in which AppArmor says something, in every form in which they are kept: as dmesg and
// /dev/kmsg show them, with what syslog and journald put before them, and as auditd writes them.

/** One `key=value` of a line. */
export interface LogField {
  /** Empty for a word that is no `key=value`. */
  key: string;
  /** The value as it was logged, with its quotes or in hexadecimal. */
  raw: string;
  /** What it says. Bytes that are no UTF-8 are lone surrogates, U+DC80 to U+DCFF. */
  value: string;
}

/** What AppArmor logged once. `head`, the line's part from `apparmor=` on, and `tail` are together the whole line. */
export interface LogEvent {
  line: string;
  head: string;
  tail: string;
  /** Usually DENIED, ALLOWED, AUDIT, HINT, STATUS, ERROR or KILLED. */
  type: string;
  /** Every field, in order, known or not. */
  fields: readonly LogField[];
  /** When, in milliseconds since 1970; absent when the line does not say. */
  time?: number;
  /** The number that the audit system gave it: with the time, no other event has it. */
  serial?: number;
  /** As `ausearch -i` shows it, without quotes: where a value ends is not certain. */
  interpreted?: true;
}

/** Longer lines are no log lines of the kernel, whose audit messages have 8970 bytes at most (MAX_AUDIT_MESSAGE_LENGTH). */
const maxLine = 16 * 1024;

/** Reads a line; `undefined` when AppArmor did not write it. */
export function parseEvent(line: string): LogEvent | undefined {
  if (line.length > maxLine) return undefined;
  const start = line.search(/(?<![\w"])apparmor="[A-Z]+"/);
  if (start < 0) return parseInterpreted(line);
  const head = line.slice(0, start);
  // A program's own event, such as dbus-daemon's, stands in msg='…'.
  const end = /msg='$/.test(head) ? line.lastIndexOf("'") : line.length;
  const body = line.slice(start, end > start ? end : line.length);
  const fields = parseFields(body);
  const stamp = /\baudit\((\d{1,15})\.(\d{3}):(\d{1,15})\)/.exec(head);
  const time = stamp ? Number(stamp[1]) * 1000 + Number(stamp[2]) : writtenTime(head);
  return {
    line,
    head,
    tail: line.slice(start + body.length),
    type: fields[0]?.value ?? '',
    fields,
    ...(time !== undefined && { time }),
    ...(stamp && { serial: Number(stamp[3]) }),
  };
}

/** What ausearch(8) puts before an event with -i. Only there are values without quotes read. */
const interpretedHead =
  /^(?:node=\S+ )?type=\S+ msg=audit\(([^()]{1,60}):(\d{1,15})\) ?: (?:pid=[^']*msg=')?(?=apparmor=[A-Z])/;

/**
 * A line of `ausearch -i`. A value ends where the next `key=` begins; `undefined` where a key has two values, since one
 * of them is then a part of a name.
 */
function parseInterpreted(line: string): LogEvent | undefined {
  const [head, date = '', serial] = interpretedHead.exec(line) ?? [];
  if (head === undefined) return undefined;
  const end = head.endsWith("'") ? line.lastIndexOf("'") : line.length;
  const body = line.slice(head.length, end > head.length ? end : line.length);
  const values = new Map<string, string>();
  const fields: LogField[] = [];
  for (const field of body.trim().split(/\s(?=[\w-]+=)/)) {
    const at = field.indexOf('=');
    const [key, raw] = [field.slice(0, at), field.slice(at + 1).trimEnd()];
    const value = /^"[^"]*"$/.test(raw) ? raw.slice(1, -1) : raw;
    if ((values.get(key) ?? value) !== value) return undefined;
    values.set(key, value);
    fields.push({ key, raw, value });
  }
  const time = interpretedTime(date);
  return {
    ...{ line, head, fields, tail: line.slice(head.length + body.length) },
    ...{ type: fields[0]?.value ?? '', serial: Number(serial), interpreted: true },
    ...(time !== undefined && { time }),
  };
}

/**
 * The local time as ISO 8601 has it or with slashes, as ausearch writes it in the locales C and en_US: the month first,
 * unless that can't be one.
 */
function interpretedTime(text: string): number | undefined {
  const iso = /^\d{4}-\d\d-\d\d/.test(text) ? text.replace(' ', 'T') : undefined;
  const [, first, second, year = '', clock] =
    /^(\d\d)\/(\d\d)\/(\d{4}|\d\d) (\d\d:\d\d:\d\d\.\d{3})$/.exec(text) ?? [];
  const [month, day] = Number(first) > 12 ? [second, first] : [first, second];
  const time = Date.parse(iso ?? `${year.padStart(4, '20')}-${month}-${day}T${clock}`);
  return Number.isNaN(time) ? undefined : time;
}

/** The value of the first field of this name. */
export function fieldOf(event: LogEvent, key: string): string | undefined {
  return event.fields.find((one) => one.key === key)?.value;
}

/** The kernel left out this many messages of the audit system, because there were too many at once. */
export function suppressedMessages(line: string): number {
  if (!line.includes('audit')) return 0;
  const found =
    /\b(?:kauditd_printk_skb|audit): (\d{1,9}) (?:callbacks suppressed|messages? lost)/.exec(line);
  const lost = /\baudit_lost=(\d{1,9})\b/.exec(line);
  return Number(found?.[1] ?? lost?.[1] ?? 0);
}

function parseFields(body: string): LogField[] {
  // auditd puts a group separator, which copies of its log often lose, before what it adds: FSUID="root" OUID="root".
  const token = /([\w.-]+)=("[^"]*"?|(?:(?![A-Z]{1,9}=")[^\s\p{Cc}])*)|[^\s\p{Cc}]+/gu;
  return [...body.matchAll(token)].map(([whole, key = '', raw = whole]) => ({
    key,
    raw,
    value: decodedValue(key, raw),
  }));
}

/** Fields that the kernel writes in hexadecimal when a blank, a quote or a byte beyond ASCII is in them. */
const texts = new Set([
  ...['name', 'profile', 'label', 'namespace', 'comm', 'exe', 'target', 'srcname', 'fstype'],
  ...['options', 'peer', 'peer_profile', 'peer_label', 'addr', 'peer_addr', 'execpath', 'info'],
]);

function decodedValue(key: string, raw: string): string {
  if (raw.startsWith('"'))
    return raw.slice(1, raw.endsWith('"') && raw.length > 1 ? -1 : undefined);
  const hexadecimal = texts.has(key) && raw.length % 2 === 0 && /^[0-9A-F]+$/.test(raw);
  return hexadecimal ? decodeBytes(Buffer.from(raw, 'hex')) : raw;
}

/** UTF-8 as text; each byte that is none of it as a lone surrogate, so that nothing is lost. */
function decodeBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd')) return text;
  let decoded = '';
  for (let at = 0; at < bytes.length; ) {
    const piece = [1, 2, 3, 4]
      .map((length) => bytes.subarray(at, at + length))
      .find((some) => some.length > 0 && isWhole(some));
    decoded += piece?.toString('utf8') ?? String.fromCharCode(0xdc00 + (bytes[at] as number));
    at += piece?.length ?? 1;
  }
  return decoded;
}

/** Whether bytes are one character of UTF-8. */
function isWhole(bytes: Buffer): boolean {
  const text = bytes.toString('utf8');
  return [...text].length === 1 && Buffer.from(text, 'utf8').equals(bytes);
}

/** A time that syslog or journald has put before a line, where it says the year. */
function writtenTime(head: string): number | undefined {
  const found = /^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)/.exec(head)?.[0];
  const time = Date.parse(found?.replace(',', '.').replace(/([+-]\d\d)(\d\d)$/, '$1:$2') ?? '');
  return Number.isNaN(time) ? undefined : time;
}
