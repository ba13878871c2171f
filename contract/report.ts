import * as z from 'zod';
import { HostProfile } from './host.ts';
import { Line, ProfileName, Timestamp, VersionNumber } from './name.ts';

/** The most that a report may have. */
export const reportLimits = {
  profiles: 200,
  events: 200,
  /** The length of a value of an event's record, in characters. */
  value: 1024,
  /** The length of all values of a record together, in characters. */
  record: 4096,
  /** The size of the body, in bytes, compressed or not. */
  bytes: 256 * 1024,
};

/** The fields of the kernel's record that a report has: those that say what was requested, and by which profile. */
export const recordFields = [
  ...['operation', 'class', 'info', 'error', 'profile', 'name', 'target', 'srcname'],
  ...['requested_mask', 'denied_mask', 'requested', 'denied', 'fsuid', 'ouid', 'fstype', 'flags'],
  ...['capname', 'capability', 'family', 'sock_type', 'addr', 'peer_addr', 'signal', 'peer'],
  ...['peer_profile', 'peer_label', 'bus', 'path', 'interface', 'member', 'method', 'mask'],
  ...['rlimit', 'value', 'tcontext'],
] as const;

const isRecordField = (name: string) => (recordFields as readonly string[]).includes(name);

/** Whether the values of a record are as short together as they must be. */
export function isShort(record: Readonly<Record<string, string>>): boolean {
  return Object.values(record).join('').length <= reportLimits.record;
}

const value = z
  .string()
  .max(reportLimits.value)
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'must be text without NUL');

const count = z.int().min(0).max(1_000_000_000);

export const EventType = z
  .enum(['DENIED', 'ALLOWED'])
  .meta({ description: 'DENIED: refused; ALLOWED: permitted only because of complain mode' });

/** Fields of a record of the kernel's log. */
export const EventRecord = z
  .record(z.string(), value)
  .refine((all) => Object.keys(all).every(isRecordField), {
    message: 'must have only fields that say what was requested',
  })
  .meta({
    id: 'EventRecord',
    description: `Fields of the kernel’s record: ${recordFields.join(', ')}. Variable parts of names are replaced by samples`,
    example: { operation: 'open', profile: 'web', name: '/etc/hosts', denied_mask: 'r' },
  });
export type EventRecord = z.infer<typeof EventRecord>;

export const ReportedEvent = z
  .strictObject({
    name: ProfileName,
    version: VersionNumber,
    type: EventType,
    record: EventRecord,
    count: count.min(1),
    firstAt: Timestamp,
    lastAt: Timestamp,
  })
  .refine(({ record }) => isShort(record), {
    path: ['record'],
    message: `must have values of at most ${reportLimits.record} characters together`,
  })
  .meta({ id: 'ReportedEvent', description: 'Equal events of one day' });
export type ReportedEvent = z.infer<typeof ReportedEvent>;

/** What a host reports about the packages of the team that it joined. */
export const Report = z
  .strictObject({
    sequence: z.int().min(1).max(Number.MAX_SAFE_INTEGER).meta({
      description: 'Higher than that of the last report; the same or a lower one changes nothing',
    }),
    kernel: Line.max(100).nullable().meta({ example: '6.1.0-18-amd64' }),
    apparmor: Line.max(20).nullable().meta({ example: '3.0' }),
    profiles: z
      .array(HostProfile)
      .max(reportLimits.profiles)
      .refine(
        (all) => new Set(all.map(({ name }) => name)).size === all.length,
        'must list each package once',
      ),
    events: z.array(ReportedEvent).max(reportLimits.events),
    omittedEvents: count.meta({ description: 'Events that are not listed' }),
    droppedReports: count.meta({ description: 'Reports before this one that were dropped' }),
  })
  .meta({ id: 'Report' });
export type Report = z.infer<typeof Report>;

export const ReportReceipt = z
  .object({
    sequence: z.int().meta({ description: 'The sequence number of the last report' }),
    repeated: z.boolean().meta({ description: 'Whether the report was not new' }),
  })
  .meta({ id: 'ReportReceipt' });
export type ReportReceipt = z.infer<typeof ReportReceipt>;

export const FleetEvent = z
  .object({
    type: EventType,
    record: EventRecord,
    count: z.int(),
    hosts: z.int().meta({ description: 'How many hosts reported it' }),
    firstAt: Timestamp,
    lastAt: Timestamp,
    days: z.array(z.object({ day: z.iso.date(), count: z.int() })),
  })
  .meta({ id: 'FleetEvent', description: 'A denial or complain-mode event of a version' });
export type FleetEvent = z.infer<typeof FleetEvent>;

export const FleetEventList = z
  .object({
    items: z.array(FleetEvent),
    more: z.boolean().meta({ description: 'Whether there are more than the limit' }),
  })
  .meta({ id: 'FleetEventList', description: 'Events, those of the most hosts first' });
export type FleetEventList = z.infer<typeof FleetEventList>;
