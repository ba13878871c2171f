// The part of an event that hosts report: what was requested, by which profile, and nothing about who did.
import { type EventRecord, isShort, recordFields, reportLimits } from '../../contract/report.ts';
import { fieldOf, type LogEvent, parseEvent } from './event.ts';
import { sampleOf } from './generalise.ts';
import { ruledBy } from './label.ts';

/** Fields with paths and names that may have variable parts. */
const names = new Set(['name', 'target', 'srcname', 'addr', 'peer_addr', 'path']);

/** Fields with labels of processes. */
const labels = new Set(['peer', 'peer_profile', 'peer_label']);

/** A field as a report has it. */
function reported(key: string, value: string, raw: boolean): string {
  if (labels.has(key)) return ruledBy(value);
  return names.has(key) && !raw ? sampleOf(value) : value;
}

/**
 * The record of an event that a profile decided, with samples for variable parts of names unless `raw`; `undefined` if a
 * value is too long or no text, or all are too long together. Of the user ids, it only says whether they are equal: that decides about `owner`.
 */
export function recordOfEvent(
  event: LogEvent,
  { profile, raw }: { profile: string; raw: boolean },
): EventRecord | undefined {
  const record: EventRecord = {};
  for (const key of recordFields) {
    const value = fieldOf(event, key);
    if (value !== undefined) record[key] = reported(key, value, raw);
  }
  const { fsuid, ouid } = record;
  if (fsuid !== undefined) record.fsuid = fsuid === ouid ? '0' : '1';
  if (ouid !== undefined) record.ouid = '0';
  record.profile = profile;
  const isText = (value: string) =>
    value.length <= reportLimits.value && value.isWellFormed() && !value.includes('\0');
  return Object.values(record).every(isText) && isShort(record) ? record : undefined;
}

/**
 * The event that a record is about, as the kernel would log it at a time in milliseconds; `undefined` if it would be too
 * long. A value that can't stand in quotes is in hexadecimal, as the kernel writes it.
 */
export function eventOfRecord(
  type: string,
  record: Readonly<Record<string, string>>,
  time: number,
): LogEvent | undefined {
  const fields = Object.entries(record).map(([key, value]) => `${key}=${quoted(value)}`);
  const seconds = `${Math.trunc(time / 1000)}.${String(time % 1000).padStart(3, '0')}`;
  return parseEvent(`audit(${seconds}:0): apparmor="${type}" ${fields.join(' ')}`);
}

function quoted(value: string): string {
  const isPlain = !/["\p{Cc}]/u.test(value);
  return isPlain ? `"${value}"` : Buffer.from(value).toString('hex').toUpperCase();
}
