// Parses AppArmor's lines in the kernel log, in every form they are stored in: as in dmesg and /dev/kmsg, with the
// prefixes of syslog and journald, and as auditd writes them.
import { isUtf8 } from 'node:buffer';

/** One `key=value` of a line. */
export interface LogField {
  /** Empty for a word without `key=`. */
  key: string;
  /** The value as logged, quoted or in hexadecimal. */
  raw: string;
  /** The decoded value. Invalid UTF-8 bytes are lone surrogates, U+DC80 to U+DCFF. */
  value: string;
}

/** One AppArmor record. `head`, the line's part from `apparmor=` on, and `tail` together are the whole line. */
export interface LogEvent {
  line: string;
  head: string;
  tail: string;
  /** Usually DENIED, ALLOWED, AUDIT, HINT, STATUS, ERROR or KILLED. */
  type: string;
  /** Every field in order, known or not. */
  fields: readonly LogField[];
  /** The time, in milliseconds since 1970; absent if the line has none. */
  time?: number;
  /** The audit system's serial number, unique together with the time. */
  serial?: number;
  /** As printed by `ausearch -i`, without quotes, so that the end of a value is ambiguous. */
  interpreted?: true;
}

/** The maximum length of a line. The kernel's audit messages have at most 8970 bytes (MAX_AUDIT_MESSAGE_LENGTH). */
export const maxLine = 16 * 1024;

/** The maximum number of fields of a record. Those of the kernel and auditd have some twenty. */
export const maxFields = 256;

/** Parses a line; `undefined` if it is not from AppArmor. */
export function parseEvent(line: string): LogEvent | undefined {
  if (line.length > maxLine) return undefined;
  const start = line.search(/(?<![\w"])apparmor="[A-Z]+"/);
  if (start < 0) return parseInterpreted(line) ?? parseOld(line);
  const head = line.slice(0, start);
  // A program's own event, such as dbus-daemon's, is in msg='…'.
  const end = /msg='$/.test(head) ? line.lastIndexOf("'") : line.length;
  const body = line.slice(start, end > start ? end : line.length);
  const fields = parseFields(body);
  if (!fields) return undefined;
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

/** What ausearch(8) -i prints before an event. Unquoted values are read only there. */
const interpretedHead =
  /^(?:node=\S+ )?type=\S+ msg=audit\(([^()]{1,60}):(\d{1,15})\) ?: (?:pid=[^']*msg=')?(?=apparmor=[A-Z])/;

/**
 * Parses a line of `ausearch -i`. A value ends where the next `key=` begins; `undefined` if a key occurs twice, since
 * one of them is then part of a name.
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
    if (fields.length === maxFields) return undefined;
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

/** The audit system's numbers of AppArmor's events before Linux 2.6.31, when none had apparmor="…" (linux/audit.h). */
const oldTypes: Readonly<Record<string, string>> = {
  ...{ 1501: 'AUDIT', 1502: 'ALLOWED', 1503: 'DENIED', 1504: 'HINT', 1505: 'STATUS' },
  ...{ 1506: 'ERROR', 1507: 'KILLED', KILL: 'KILLED' },
};
const oldHead =
  /\btype=(?:UNKNOWN\[)?(?:APPARMOR_)?(150[1-7]|AUDIT|ALLOWED|DENIED|HINT|STATUS|ERROR|KILL|KILLED)\]? +(?:msg=)?audit\((\d{1,15})\.(\d{3}):(\d{1,15})\): *(?=\w+=)/;

/** Parses a line of a kernel whose events have a type of their own instead of apparmor="…". */
function parseOld(line: string): LogEvent | undefined {
  const found = oldHead.exec(line);
  // Behind a quote it is part of a value, which a program may choose.
  if (!found || line.lastIndexOf('"', found.index) >= 0) return undefined;
  const [whole, name = '', seconds, milliseconds, serial] = found;
  const end = found.index + whole.length;
  const fields = parseFields(line.slice(end));
  if (!fields) return undefined;
  return {
    ...{ line, head: line.slice(0, end), tail: '', type: oldTypes[name] ?? name },
    fields,
    time: Number(seconds) * 1000 + Number(milliseconds),
    serial: Number(serial),
  };
}

/**
 * Parses a local time in ISO 8601 or with slashes, as ausearch prints it in the locales C and en_US: month first,
 * unless that is impossible.
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

/** The kernel dropped this many audit messages because of the rate limit. */
export function suppressedMessages(line: string): number {
  if (!line.includes('audit')) return 0;
  const found =
    /\b(?:kauditd_printk_skb|audit): (\d{1,9}) (?:callbacks suppressed|messages? lost)/.exec(line);
  const lost = /\baudit_lost=(\d{1,9})\b/.exec(line);
  return Number(found?.[1] ?? lost?.[1] ?? 0);
}

// auditd puts a group separator, which copies often lose, before the fields it adds: FSUID="root" OUID="root".
const field = /([\w.-]+)=("[^"]*"?|(?:(?![A-Z]{1,9}=")[^\s\p{Cc}])*)|[^\s\p{Cc}]+/gu;

/** The fields; `undefined` if there are more than {@link maxFields}. */
function parseFields(body: string): LogField[] | undefined {
  const fields: LogField[] = [];
  for (const [whole, key = '', raw = whole] of body.matchAll(field)) {
    if (fields.length === maxFields) return undefined;
    fields.push({ key, raw, value: decodedValue(key, raw) });
  }
  return fields;
}

/** Fields that the kernel writes in hexadecimal if they contain a space, a quote or a non-ASCII byte. */
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

/** Decodes UTF-8; each invalid byte becomes a lone surrogate, so that nothing is lost. */
function decodeBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let decoded = '';
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    if (length === 0) {
      const invalid = String.fromCharCode(0xdc00 + (bytes[at] as number));
      decoded += bytes.toString('utf8', start, at) + invalid;
      start = at + 1;
    }
    at += length || 1;
  }
  return decoded + bytes.toString('utf8', start);
}

/** The number of bytes of the UTF-8 character at an offset; 0 if there is none (RFC 3629, section 4). */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}

/** The time that syslog or journald put before a line, if it has a year. */
function writtenTime(head: string): number | undefined {
  const found = /^\d{4}-\d\d-\d\dT[\d:.,]+(?:Z|[+-]\d\d:?\d\d)/.exec(head)?.[0];
  const time = Date.parse(found?.replace(',', '.').replace(/([+-]\d\d)(\d\d)$/, '$1:$2') ?? '');
  return Number.isNaN(time) ? undefined : time;
}
