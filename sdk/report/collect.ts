import { type EventRecord, type ReportedEvent, reportLimits } from '../../contract/report.ts';
import type { LogEvent } from '../denials/event.ts';
import { fieldOf } from '../denials/event.ts';
import { recordOfEvent } from '../denials/event-record.ts';
import { Repetitions } from '../denials/finding.ts';
import { hostProfilesOf } from '../denials/label.ts';
import { eventsIn } from '../denials/log-form.ts';
import { wholeLines } from '../denials/whole-lines.ts';
import type { KernelLog } from '../host/kernel-log.ts';

/** The types of events that are reported, by those of the kernel. */
const types: Readonly<Record<string, ReportedEvent['type']>> = {
  ...{ DENIED: 'DENIED', KILLED: 'DENIED', ERROR: 'DENIED', ALLOWED: 'ALLOWED' },
};

/** The maximum number of different events in memory; the most frequent of them are reported. */
const maxKinds = 2000;

/** The package that a profile belongs to at a time in milliseconds; `undefined` if it is of no package of the team. */
export type OwnerOf = (
  profile: string,
  time: number,
) => { name: string; version: string } | undefined;

export interface Collected {
  events: ReportedEvent[];
  /** The number of events that are not listed. */
  omitted: number;
  /** The logs that could not be read. */
  unread: { name: string; error: Error }[];
}

/**
 * The events of the team's packages in a host's logs after `from` up to `to`, in milliseconds, counted by package,
 * version, request and day (UTC). An event in several logs counts once; one without a time is not counted.
 *
 * @param raw whether names are reported as they are
 */
export async function collectEvents(
  logs: readonly KernelLog[],
  { from, to, raw, ownerOf }: { from: number; to: number; raw: boolean; ownerOf: OwnerOf },
): Promise<Collected> {
  const counts = new Counts();
  const repetitions = new Repetitions();
  const unread: Collected['unread'] = [];
  const add = (event: LogEvent) => {
    const { time } = event;
    const type = types[event.type];
    if (type === undefined || time === undefined || time <= from || time > to) return;
    const found = decidedBy(event, time, ownerOf);
    if (!found || repetitions.has(event)) return;
    const record = recordOfEvent(event, { profile: found.profile, raw });
    counts.add(time, record && { type, record, ...found.owner });
  };
  for (const log of logs) {
    try {
      for await (const { line, cut } of wholeLines(log.read(), true)) {
        if (!cut) for (const event of eventsIn(line)) add(event);
      }
    } catch (error) {
      unread.push({ name: log.name, error: error as Error });
    }
  }
  return { ...counts.listed(), unread };
}

/** The first of the profiles that decided an event which is of a package of the team. */
function decidedBy(event: LogEvent, time: number, ownerOf: OwnerOf) {
  const label = fieldOf(event, 'profile') ?? fieldOf(event, 'label');
  for (const profile of hostProfilesOf({
    profile: label,
    namespace: fieldOf(event, 'namespace'),
  })) {
    const owner = ownerOf(profile, time);
    if (owner) return { profile, owner };
  }
  return undefined;
}

/** What equal events have in common. */
interface Kind {
  name: string;
  version: string;
  type: ReportedEvent['type'];
  record: EventRecord;
}

class Counts {
  readonly #kinds = new Map<string, Kind & { count: number; first: number; last: number }>();
  #omitted = 0;

  /** Counts an event; one without a kind is only counted. */
  add(time: number, kind: Kind | undefined): void {
    const day = new Date(time).toISOString().slice(0, 'YYYY-MM-DD'.length);
    const key = JSON.stringify([day, kind]);
    const known = this.#kinds.get(key);
    if (known) {
      known.count++;
      known.first = Math.min(known.first, time);
      known.last = Math.max(known.last, time);
    } else if (!kind || this.#kinds.size >= maxKinds) this.#omitted++;
    else this.#kinds.set(key, { ...kind, count: 1, first: time, last: time });
  }

  /** The most frequent events, as many as a report may have in three quarters of its size, and the number of others. */
  listed(): { events: ReportedEvent[]; omitted: number } {
    const all = [...this.#kinds.values()].sort((a, b) => b.count - a.count);
    const events: ReportedEvent[] = [];
    let omitted = this.#omitted;
    let bytes = 0;
    for (const { first, last, ...kind } of all) {
      const event = { ...kind, firstAt: timeOf(first), lastAt: timeOf(last) };
      bytes += Buffer.byteLength(JSON.stringify(event));
      if (events.length < reportLimits.events && bytes <= (reportLimits.bytes * 3) / 4) {
        events.push(event);
      } else omitted += kind.count;
    }
    return { events, omitted };
  }
}

const timeOf = (time: number) => new Date(time).toISOString();
