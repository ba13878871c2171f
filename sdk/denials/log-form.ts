// Unwraps lines of the kernel log: inside JSON, quoted by CSV or logfmt, or plain.
import { type LogEvent, parseEvent } from './event.ts';
import { isOfOtherProgram, mayHold, mayWrite } from './origin.ts';

/** The maximum nesting of wrappers: journald's JSON within Docker's, and one more. */
const maxDepth = 3;

/** A substring of every event, also in the byte arrays of journald's JSON. */
const mark = /apparmor|APPARMOR_|\b150[0-7]\b|97, ?112, ?112, ?97, ?114, ?109, ?111, ?114/;

/**
 * The AppArmor events in a line, plain or wrapped; usually one, none for other lines and for the text of programs that
 * do not decide.
 */
export function eventsIn(line: string): LogEvent[] {
  return allIn(line)
    .filter(({ isGenuine }) => isGenuine)
    .map(({ event }) => event);
}

/** Whether another program wrote a line that looks like an AppArmor event. */
export function isImitation(line: string): boolean {
  const all = allIn(line);
  if (all.length > 0) return !all.some(({ isGenuine }) => isGenuine);
  return mentionsDecision(line) && isOfOtherProgram(line);
}

/** An event, and whether it is from a program that writes such ones. */
interface Found {
  event: LogEvent;
  isGenuine: boolean;
}

function allIn(line: string, depth = 0): Found[] {
  if (!mark.test(line)) return [];
  const event = parseEvent(line);
  if (event) return [{ event, isGenuine: mayWrite(line, event) }];
  if (depth === maxDepth) return [];
  const entry = jsonObject(line);
  const found = unwrapped(line, entry).flatMap((one) => allIn(one, depth + 1));
  const mayBe = ({ event }: Found) => (entry ? mayHold(entry, event) : !isOfOtherProgram(line));
  for (const one of found) one.isGenuine &&= mayBe(one);
  return found;
}

/** Whether a line contains an AppArmor event in any form. */
export function mentionsDecision(line: string): boolean {
  return (
    (/apparmor/i.test(line) && /denied|allowed|killed/i.test(line)) ||
    /\btype=(?:UNKNOWN\[)?150[02367]\b.*audit\(/.test(line)
  );
}

/** The lines in the strings of a line of JSON, CSV or logfmt. */
function unwrapped(line: string, entry: Entry | undefined): string[] {
  if (entry) {
    const time = entryTime(entry);
    const before = time === undefined ? '' : `${new Date(time).toISOString()} `;
    return textsOf(entry)
      .flatMap((text) => text.split('\n'))
      .filter((text) => mark.test(text))
      .map((text) => before + text);
  }
  if (/&(?:amp;)*(?:quot|#0*34|#x0*22);/i.test(line)) return fromHtml(line);
  if (/apparmor=""[A-Z]/.test(line)) {
    const fields = [...line.matchAll(/"((?:[^"]|"")*)(?:"|$)/g)];
    return fields.map(([, field = '']) => field.replaceAll('""', '"'));
  }
  // Always matches from a quote, so that each character is examined once.
  return [...line.matchAll(/"(?:[^"\\]|\\.)*(?:"|\\?$)/g)].flatMap(([literal]) => {
    if (!/apparmor=\\+"[A-Z]/.test(literal)) return [];
    const text = parsed(literal);
    return typeof text === 'string' ? text.split('\n') : [];
  });
}

const entities: Readonly<Record<string, string>> = {
  ...{ quot: '"', amp: '&', lt: '<', gt: '>', apos: "'", nbsp: ' ' },
};

/** The text of a line of HTML, without tags; none where a quote was not escaped: then an entity is a part of a value. */
function fromHtml(line: string): string[] {
  const text = line.replace(/<[/a-z][^<>]*>/gi, '');
  if (text.includes('"')) return [];
  return [
    text.replace(
      /&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|([a-z]+));/gi,
      (whole, hex, decimal, name) => {
        if (name !== undefined) return entities[name.toLowerCase()] ?? whole;
        const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
        return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
      },
    ),
  ];
}

type Entry = Readonly<Record<string, unknown>>;

/** Parses a line that is a JSON object, also with the prefixes of json-seq and server-sent events. */
function jsonObject(line: string): Entry | undefined {
  const text = line.slice(Math.max(0, line.search(/[^\p{Cc}\s]/u))).replace(/^data: /, '');
  if (!text.startsWith('{')) return undefined;
  const value = parsed(text);
  return typeof value === 'object' && value !== null ? (value as Entry) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The strings of an entry, including those in objects and arrays. journald writes a text with control characters as an
 * array of bytes (journalctl(1), json).
 */
function textsOf(value: unknown, depth = 0): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth > 4) return [];
  if (Array.isArray(value) && value.length > 0 && value.every(isByte)) {
    return [Buffer.from(value).toString('utf8')];
  }
  return Object.values(value).flatMap((one) => textsOf(one, depth + 1));
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

/** The time of an entry, in milliseconds since 1970: journald has microseconds, others use RFC 3339. */
function entryTime(entry: Entry): number | undefined {
  const micro = Number(
    entry._SOURCE_REALTIME_TIMESTAMP ?? entry.__REALTIME_TIMESTAMP ?? Number.NaN,
  );
  const written = entry.time ?? entry['@timestamp'] ?? entry.timestamp ?? entry.ts;
  const time = Number.isNaN(micro)
    ? Date.parse(typeof written === 'string' ? written : '')
    : Math.floor(micro / 1000);
  return Math.abs(time) < 8.64e15 ? time : undefined;
}
