import { and, eq, inArray, lt, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { findHost, type Host, type ProfileOfHost, unreported } from './hosts.ts';
import type { Statement } from './log.ts';
import { writeOrConfirm } from './outcome.ts';
import {
  type eventTypes,
  hostEventDays,
  hostEventHosts,
  hostEvents,
  hostProfiles,
  hosts,
  profiles,
  teams,
  versions,
} from './schema.ts';

/** Equal events of one day. */
export interface ReportedEvent {
  name: string;
  version: string;
  type: (typeof eventTypes)[number];
  record: Record<string, string>;
  /** Hexadecimal SHA-256 of the type and the record. */
  hash: string;
  count: number;
  firstAt: string;
  lastAt: string;
}

/** A host's report. */
export interface Report {
  sequence: number;
  receivedAt: string;
  kernel: string | null;
  apparmor: string | null;
  profiles: readonly ProfileOfHost[];
  events: readonly ReportedEvent[];
  omittedEvents: number;
  droppedReports: number;
}

/** The maximum number of events of a version, and of those that one host may report first. */
export const eventLimits = { version: 2_000, host: 200 };

/** The highest number that is counted: sums of a day's counts stay whole numbers of JSON, whatever hosts report. */
const maxCount = sql.raw('1000000000000');

/**
 * Stores a report in one transaction, unless one of the same or a higher sequence number is stored; returns whether it
 * was. Packages and versions that the host's team does not have are ignored.
 */
export async function recordReport(db: Database, host: Host, report: Report): Promise<boolean> {
  const { sequence } = report;
  try {
    return await writeOrConfirm(
      async () => {
        await db.batch([
          advance(db, host, report),
          ...replaceProfiles(db, host, report),
          ...addEvents(db, host, report),
        ]);
        return true;
      },
      // Whether the response was lost or another request was faster, the report is stored.
      async () => ((await findHost(db, host.id))?.sequence === sequence ? true : undefined),
    );
  } catch (error) {
    const now = await findHost(db, host.id);
    if (now && (now.sequence > sequence || now.retiredAt !== null)) return false;
    throw error;
  }
}

/** Violates a NOT NULL, and fails with its whole transaction, if the report is not new or the host was retired. */
function advance(
  db: Database,
  { id }: Host,
  { sequence, receivedAt, kernel, apparmor, profiles, omittedEvents, droppedReports }: Report,
): Statement {
  const isNew = sql`${hosts.sequence} < ${sequence} AND ${hosts.retiredAt} IS NULL`;
  return db
    .update(hosts)
    .set({
      sequence: sql`CASE WHEN ${isNew} THEN ${sequence} END`,
      ...{ reportedAt: receivedAt, kernel, apparmor },
      drifted: profiles.some(({ drifted }) => drifted),
      omittedEvents: sql`min(${hosts.omittedEvents} + ${omittedEvents}, ${maxCount})`,
      droppedReports: sql`min(${hosts.droppedReports} + ${droppedReports}, ${maxCount})`,
    })
    .where(eq(hosts.id, id));
}

function replaceProfiles(db: Database, { id, team }: Host, { profiles: all }: Report): Statement[] {
  const rows = all.map(({ name, version, mode, drifted }) => [name, version, mode, drifted]);
  const old = db.delete(hostProfiles).where(eq(hostProfiles.hostId, id));
  if (rows.length === 0) return [old];
  return [
    old,
    db.run(sql`
      INSERT INTO ${hostProfiles} (host_id, profile_id, version_id, mode, drifted)
      SELECT ${id}, p.id, v.id, one.value ->> 2, one.value ->> 3
      FROM json_each(${JSON.stringify(rows)}) AS one
      CROSS JOIN ${profiles} AS p ON p.team = ${team} AND p.name = one.value ->> 0
      CROSS JOIN ${versions} AS v ON v.profile_id = p.id AND v.version = one.value ->> 1`),
  ];
}

/** Equal events of all days, with their counts by day. */
interface MergedEvent extends Omit<ReportedEvent, 'count'> {
  days: Record<string, number>;
}

function merge(events: readonly ReportedEvent[]): MergedEvent[] {
  const all = new Map<string, MergedEvent>();
  for (const { count, ...event } of events) {
    const key = `${event.name}@${event.version} ${event.hash}`;
    const known = all.get(key) ?? { ...event, days: {} };
    all.set(key, known);
    if (event.firstAt < known.firstAt) known.firstAt = event.firstAt;
    if (event.lastAt > known.lastAt) known.lastAt = event.lastAt;
    const day = dayOf(event.lastAt);
    known.days[day] = (known.days[day] ?? 0) + count;
  }
  return [...all.values()];
}

const dayOf = (time: string) => time.slice(0, 'YYYY-MM-DD'.length);

function addEvents(db: Database, { id, team }: Host, { events }: Report): Statement[] {
  if (events.length === 0) return [];
  const rows = merge(events).map(({ name, version, hash, type, record, firstAt, lastAt, days }) => [
    ...[name, version, hash, type, JSON.stringify(record), firstAt, lastAt, days, dayOf(lastAt)],
  ]);
  const all = JSON.stringify(rows);
  /** The reported events with their versions, in this order of joins. */
  const reported = sql`json_each(${all}) AS one
    CROSS JOIN ${profiles} AS p ON p.team = ${team} AND p.name = one.value ->> 0
    CROSS JOIN ${versions} AS v ON v.profile_id = p.id AND v.version = one.value ->> 1`;
  const stored = sql`${reported}
    CROSS JOIN ${hostEvents} AS e ON e.version_id = v.id AND e.hash = one.value ->> 2`;
  const ofVersion = sql`(SELECT count(*) FROM ${hostEvents} AS e WHERE e.version_id = v.id)`;
  const ofHost = sql`(SELECT count(*) FROM ${hostEvents} AS e WHERE e.host_id = ${id} AND e.version_id = v.id)`;
  const isNewHere = sql`NOT EXISTS (SELECT 1 FROM ${hostEventHosts} AS h WHERE h.event_id = e.id AND h.host_id = ${id})`;
  return [
    db.run(sql`
      INSERT INTO ${hostEvents} (version_id, hash, type, record, host_id, first_at, last_at, hosts)
      SELECT v.id, one.value ->> 2, one.value ->> 3, one.value ->> 4, ${id}, one.value ->> 5, one.value ->> 6, 0
      FROM ${reported} WHERE ${ofVersion} < ${eventLimits.version} AND ${ofHost} < ${eventLimits.host}
      ON CONFLICT (version_id, hash) DO NOTHING`),
    db.run(sql`
      INSERT INTO ${hostEvents} (id, version_id, hash, type, record, host_id, first_at, last_at, hosts)
      SELECT e.id, e.version_id, e.hash, e.type, e.record, e.host_id, min(e.first_at, one.value ->> 5),
        max(e.last_at, one.value ->> 6), e.hosts + ${isNewHere}
      FROM ${stored} WHERE true
      ON CONFLICT (id) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at, hosts = excluded.hosts`),
    db.run(sql`
      INSERT INTO ${hostEventDays} (event_id, day, count)
      SELECT e.id, day.key, day.value FROM ${stored} CROSS JOIN json_each(one.value -> 7) AS day WHERE true
      ON CONFLICT (event_id, day) DO UPDATE SET count = min(count + excluded.count, ${maxCount})`),
    db.run(sql`
      INSERT INTO ${hostEventHosts} (event_id, host_id, last_day)
      SELECT e.id, ${id}, one.value ->> 8 FROM ${stored} WHERE true
      ON CONFLICT (event_id, host_id) DO UPDATE SET last_day = max(last_day, excluded.last_day)`),
  ];
}

/** An event of a version. */
export interface FleetEvent {
  type: (typeof eventTypes)[number];
  record: Record<string, string>;
  hosts: number;
  firstAt: string;
  lastAt: string;
  /** The counts by day, ascending. */
  days: { day: string; count: number }[];
}

/** The events of a version, those of the most hosts first; `undefined` if there is no such version. */
export async function listEvents(
  db: Database,
  { team, name, version }: { team: string; name: string; version: string },
  limit: number,
): Promise<FleetEvent[] | undefined> {
  const days = sql<string>`(SELECT json_group_array(json_object('day', day, 'count', count) ORDER BY day)
    FROM ${hostEventDays} WHERE ${hostEventDays.eventId} = ${hostEvents.id})`;
  const rows = await db
    .select({ event: hostEvents, days })
    .from(profiles)
    .innerJoin(versions, and(eq(versions.profileId, profiles.id), eq(versions.version, version)))
    .leftJoin(hostEvents, eq(hostEvents.versionId, versions.id))
    .where(and(eq(profiles.team, team), eq(profiles.name, name)))
    .orderBy(sql`${hostEvents.hosts} DESC, ${hostEvents.lastAt} DESC, ${hostEvents.id}`)
    .limit(limit);
  if (rows.length === 0) return undefined;
  return rows.flatMap(({ event, days }) =>
    event ? [{ ...event, days: JSON.parse(days) as FleetEvent['days'] }] : [],
  );
}

/** The hosts of a team, in numbers. */
export interface FleetSums {
  hosts: number;
  silent: number;
  drifted: number;
  versions: { name: string; version: string; hosts: number; complain: number; drifted: number }[];
}

/**
 * The numbers of a team's hosts and of its versions on them; `silent` are hosts without a report since `since`.
 * `undefined` if there is no such team.
 */
export async function sumFleet(
  db: Database,
  team: string,
  since: string,
): Promise<FleetSums | undefined> {
  const isSilent = sql`coalesce(${hosts.reportedAt}, ${hosts.joinedAt}) < ${since}`;
  const sum = (condition: SQL) => sql<number>`coalesce(sum(${condition}), 0)`;
  const [[found], [all], rows] = await db.batch([
    db.select({ name: teams.name }).from(teams).where(eq(teams.name, team)),
    db
      .select({
        hosts: sql<number>`count(*)`,
        silent: sum(isSilent),
        drifted: sum(sql`${hosts.drifted} AND NOT ${isSilent}`),
      })
      .from(hosts)
      .where(and(eq(hosts.team, team), sql`${hosts.retiredAt} IS NULL`)),
    db
      .select({
        name: profiles.name,
        version: versions.version,
        hosts: sql<number>`count(*)`,
        complain: sum(sql`${hostProfiles.mode} = 'complain'`),
        drifted: sum(sql`${hostProfiles.drifted}`),
      })
      .from(profiles)
      .innerJoin(hostProfiles, eq(hostProfiles.profileId, profiles.id))
      .innerJoin(versions, eq(versions.id, hostProfiles.versionId))
      .where(eq(profiles.team, team))
      .groupBy(profiles.name, hostProfiles.versionId)
      .orderBy(profiles.name, sql`${versions.precedence} DESC`),
  ]);
  return found && { hosts: 0, silent: 0, drifted: 0, ...all, versions: rows };
}

/**
 * Deletes what hosts reported before a day, of at most `limit` events; returns whether there may be more. An event that
 * was reported since keeps its newer counts.
 */
export async function forgetReportsBefore(
  db: Database,
  day: string,
  limit: number,
): Promise<boolean> {
  const found = await db
    .selectDistinct({ id: hostEventDays.eventId })
    .from(hostEventDays)
    .where(lt(hostEventDays.day, day))
    .limit(limit);
  const ids = found.map(({ id }) => id);
  if (ids.length === 0) return false;
  const left = sql`(SELECT count(*) FROM ${hostEventHosts} WHERE ${hostEventHosts.eventId} = ${hostEvents.id})`;
  await db.batch([
    db
      .delete(hostEventDays)
      .where(and(inArray(hostEventDays.eventId, ids), lt(hostEventDays.day, day))),
    db
      .delete(hostEventHosts)
      .where(and(inArray(hostEventHosts.eventId, ids), lt(hostEventHosts.lastDay, day))),
    db.update(hostEvents).set({ hosts: left }).where(inArray(hostEvents.id, ids)),
    db.delete(hostEvents).where(unreported),
  ]);
  return ids.length === limit;
}
