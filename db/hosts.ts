import { and, asc, eq, gt, isNotNull, isNull, type SQL, sql } from 'drizzle-orm';
import type { Database } from './database.ts';
import { isValidJoinToken } from './join-tokens.ts';
import type { Statement } from './log.ts';
import { writeOrConfirm } from './outcome.ts';
import {
  hostEventDays,
  hostEventHosts,
  hostEvents,
  hostProfiles,
  hosts,
  profiles,
  quotas,
  teams,
  versions,
} from './schema.ts';

export type Host = typeof hosts.$inferSelect;

/** A package of its team on a host. */
export interface ProfileOfHost {
  name: string;
  version: string;
  mode: string;
  drifted: boolean;
}

/** What identifies a new host. */
export type NewHost = Pick<
  Host,
  'team' | 'keyId' | 'publicKey' | 'joinTokenId' | 'name' | 'labels' | 'joinedAt'
>;

/**
 * Adds a host, unless its key is enrolled, the join token is not valid any more, or the team has reached its limit of
 * hosts, by default `limit`. Returns the host with this key, if there is one.
 */
export async function addHost(
  db: Database,
  host: NewHost,
  limit: number,
): Promise<Host | undefined> {
  const { team, keyId, publicKey, joinTokenId, name, labels, joinedAt } = host;
  const own = sql`(SELECT ${quotas.maxHosts} FROM ${quotas} WHERE ${quotas.team} = ${team})`;
  const room = sql`(SELECT count(*) FROM ${hosts} WHERE ${isLive(team)}) < coalesce(${own}, ${limit})`;
  return writeOrConfirm(
    async () => {
      await db.run(sql`
        INSERT INTO ${hosts} (team, key_id, public_key, join_token_id, name, labels, joined_at)
        SELECT ${team}, ${keyId}, ${publicKey}, ${joinTokenId}, ${name}, ${JSON.stringify(labels)}, ${joinedAt}
        WHERE ${room} AND ${isValidJoinToken(joinTokenId, joinedAt)}
        ON CONFLICT (key_id) DO NOTHING`);
      return findHostByKey(db, keyId);
    },
    () => findHostByKey(db, keyId),
  );
}

const isLive = (team: string) => and(eq(hosts.team, team), isNull(hosts.retiredAt));

/** The number of a team's hosts that are not retired. */
export async function countHosts(db: Database, team: string): Promise<number> {
  return db.$count(hosts, isLive(team));
}

export async function findHost(db: Database, id: number): Promise<Host | undefined> {
  const [host] = await db.select().from(hosts).where(eq(hosts.id, id));
  return host;
}

export async function findHostByKey(db: Database, keyId: string): Promise<Host | undefined> {
  const [host] = await db
    .select()
    .from(hosts)
    .where(eq(hosts.keyId, keyId as Host['keyId']));
  return host;
}

/** The packages of a host as JSON, by name. */
const profilesOfHost = sql<string>`(SELECT json_group_array(json_object('name', p.name, 'version', v.version,
    'mode', hp.mode, 'drifted', hp.drifted) ORDER BY p.name)
  FROM ${hostProfiles} AS hp JOIN ${profiles} AS p ON p.id = hp.profile_id
  JOIN ${versions} AS v ON v.id = hp.version_id WHERE hp.host_id = hosts.id)`;

/** Which hosts to list; `silent` and `active` are about reports before and since `since`. */
export interface HostFilter {
  state?: 'active' | 'drifted' | 'silent' | 'retired' | undefined;
  since: string;
  label?: { key: string; value: string } | undefined;
  profile?: string | undefined;
  version?: string | undefined;
  after?: number | undefined;
  limit: number;
}

/** A team's hosts by id, with their packages; `undefined` if there is no such team. */
export async function listHosts(
  db: Database,
  team: string,
  filter: HostFilter,
): Promise<{ host: Host; profiles: ProfileOfHost[] }[] | undefined> {
  const [[found], rows] = await db.batch([
    db.select({ name: teams.name }).from(teams).where(eq(teams.name, team)),
    db
      .select({ host: hosts, profiles: profilesOfHost })
      .from(hosts)
      .where(and(eq(hosts.team, team), gt(hosts.id, filter.after ?? 0), matching(team, filter)))
      .orderBy(asc(hosts.id))
      .limit(filter.limit),
  ]);
  return found && rows.map(withProfiles);
}

/** A team's host with its packages; `undefined` if there is none of this id. */
export async function readHost(
  db: Database,
  team: string,
  id: number,
): Promise<{ host: Host; profiles: ProfileOfHost[] } | undefined> {
  const [row] = await db
    .select({ host: hosts, profiles: profilesOfHost })
    .from(hosts)
    .where(and(eq(hosts.id, id), eq(hosts.team, team)));
  return row && withProfiles(row);
}

function withProfiles({ host, profiles: text }: { host: Host; profiles: string }) {
  const all = JSON.parse(text) as (Omit<ProfileOfHost, 'drifted'> & { drifted: number })[];
  return { host, profiles: all.map((one) => ({ ...one, drifted: one.drifted !== 0 })) };
}

/** When a host last reported, or else joined. */
const lastHeard = sql`coalesce(${hosts.reportedAt}, ${hosts.joinedAt})`;

function matching(
  team: string,
  { state, since, label, profile, version }: HostFilter,
): SQL | undefined {
  const isSilent = sql`${lastHeard} < ${since}`;
  const states = {
    active: and(isNull(hosts.retiredAt), eq(hosts.drifted, false), sql`NOT ${isSilent}`),
    drifted: and(isNull(hosts.retiredAt), eq(hosts.drifted, true), sql`NOT ${isSilent}`),
    silent: and(isNull(hosts.retiredAt), isSilent),
    retired: isNotNull(hosts.retiredAt),
  };
  const path = label && `$."${label.key}"`;
  const has = sql`EXISTS (SELECT 1 FROM ${hostProfiles} AS hp JOIN ${profiles} AS p ON p.id = hp.profile_id
    JOIN ${versions} AS v ON v.id = hp.version_id WHERE hp.host_id = ${hosts.id} AND p.team = ${team}
    AND p.name = coalesce(${profile ?? null}, p.name) AND v.version = coalesce(${version ?? null}, v.version))`;
  return and(
    state === undefined ? isNull(hosts.retiredAt) : states[state],
    label && sql`json_extract(${hosts.labels}, ${path}) = ${label.value}`,
    profile === undefined && version === undefined ? undefined : has,
  );
}

/** Changes a host's name and labels. */
export async function changeHost(
  db: Database,
  id: number,
  change: Pick<Host, 'name' | 'labels'>,
): Promise<void> {
  // Repeating it has no further effect, so a lost response needs no look.
  await db.update(hosts).set(change).where(eq(hosts.id, id));
}

/** The condition of events that no host reports any more, for an index of its own. */
export const unreported = sql`${hostEvents.hosts} = 0`;

/** Retires a host: its key is refused, and what only it reported is deleted. */
export async function retireHost(db: Database, id: number, retiredAt: string): Promise<void> {
  const its = sql`(SELECT ${hostEventHosts.eventId} FROM ${hostEventHosts} WHERE ${hostEventHosts.hostId} = ${id})`;
  const alone = sql`(SELECT ${hostEvents.id} FROM ${hostEvents} WHERE ${hostEvents.id} IN ${its} AND ${hostEvents.hosts} = 1)`;
  const statements: [Statement, ...Statement[]] = [
    db
      .update(hosts)
      .set({ retiredAt, drifted: false })
      .where(and(eq(hosts.id, id), isNull(hosts.retiredAt))),
    db.delete(hostProfiles).where(eq(hostProfiles.hostId, id)),
    db.delete(hostEventDays).where(sql`${hostEventDays.eventId} IN ${alone}`),
    db.run(sql`UPDATE ${hostEvents} SET hosts = hosts - 1 WHERE ${hostEvents.id} IN ${its}`),
    db.delete(hostEventHosts).where(eq(hostEventHosts.hostId, id)),
    db.delete(hostEvents).where(unreported),
  ];
  await writeOrConfirm(
    async () => {
      await db.batch(statements);
      return true;
    },
    async () => typeof (await findHost(db, id))?.retiredAt === 'string' || undefined,
  );
}
