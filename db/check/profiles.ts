import { sql } from 'drizzle-orm';
import { blindChannel, blindName } from '../../trust/log/index.ts';
import type { Database } from '../database.ts';
import { channels, profiles, teams } from '../schema.ts';
import { type Facts, path } from './facts.ts';
import type { Report } from './report.ts';

/** A profile with its possible names in the log. */
export interface NamedProfile {
  team: string;
  name: string;
  /** The plain name, and the blinded one if it has a blind. */
  logged: string[];
  blind: string | null;
  isPrivate: boolean;
}

/** All profiles, by their id. */
export type Profiles = Map<number, NamedProfile>;

export async function readProfiles(db: Database): Promise<Profiles> {
  const found: Profiles = new Map();
  const { id, team, name, blind, visibility } = profiles;
  for (const row of await db.select({ id, team, name, blind, visibility }).from(profiles)) {
    const logged = [row.name];
    if (row.blind !== null) logged.push(await blindName(row.team, row.name, row.blind));
    const isPrivate = row.visibility === 'private';
    const { team, name, blind } = row;
    found.set(row.id, { team, name, logged, blind, isPrivate });
  }
  return found;
}

/** The latest fact about a profile under any of its names. */
export function latestFact<F extends { index: number }>(
  facts: Map<string, F>,
  { team, logged }: NamedProfile,
  ...rest: string[]
): F | undefined {
  return latest(logged.map((name) => facts.get(path(team, name, ...rest))));
}

function latest<F extends { index: number }>(found: (F | undefined)[]): F | undefined {
  return found.filter((fact) => fact !== undefined).sort((a, b) => b.index - a.index)[0];
}

/** A channel's possible names in the log: the plain one, and the blinded one if its profile has a blind. */
async function channelNames(
  { team, name, blind }: NamedProfile,
  channel: string,
): Promise<string[]> {
  return blind === null ? [channel] : [channel, await blindChannel(team, name, channel, blind)];
}

/** Checks channels and transfers against the log. */
export async function checkProfiles(
  db: Database,
  named: Profiles,
  facts: Facts,
  report: Report,
): Promise<void> {
  const seen = new Set<string>();
  const remember = (profile: NamedProfile, ...rest: string[]) => {
    for (const name of profile.logged) seen.add(path(profile.team, name, ...rest));
  };
  for (const row of await db.select().from(channels)) {
    const profile = named.get(row.profileId);
    // Broken references are reported elsewhere.
    if (!profile) continue;
    const names = await channelNames(profile, row.name);
    for (const name of names) remember(profile, name);
    const what = `channel ${row.name} of ${profile.team}/${profile.name}`;
    const logged = latest(names.map((name) => latestFact(facts.channels, profile, name)));
    if (!logged) report('entry-absent', what);
    else if (
      logged.version !== row.version ||
      logged.index !== row.logIndex ||
      logged.time !== row.movedAt
    ) {
      report(
        'row-differs',
        `${what} names ${row.version}; entry ${logged.index} says ${logged.version}`,
      );
    }
  }
  for (const [at, { index, team, name, channel }] of facts.channels) {
    if (!seen.has(at))
      report('row-missing', `channel ${channel} of ${team}/${name} (entry ${index})`);
  }

  const { id, movedTo } = profiles;
  for (const row of await db.select({ id, movedTo }).from(profiles)) {
    const profile = named.get(row.id);
    if (!profile) continue;
    remember(profile);
    const logged = latestFact(facts.transfers, profile);
    if ((logged?.to ?? null) === row.movedTo) continue;
    const what = `the transfer of ${profile.team}/${profile.name}`;
    if (logged) report('row-differs', `${what} (entry ${logged.index})`);
    else report('entry-absent', what);
  }
  for (const [at, { index, team, name }] of facts.transfers) {
    if (!seen.has(at)) report('row-missing', `the transferred ${team}/${name} (entry ${index})`);
  }
}

/** Checks derived data: each profile's latest version, analyses, and each team's usage. */
export async function checkDerived(db: Database, report: Report): Promise<void> {
  const stale = await db.all<{ team: string; name: string }>(sql`
    SELECT p.team, p.name FROM profiles p LEFT JOIN versions v ON v.id = (
      SELECT id FROM versions WHERE profile_id = p.id
      ORDER BY yank_reason IS NOT NULL, prerelease, precedence DESC LIMIT 1)
    WHERE v.id IS NULL OR p.latest <> v.version OR p.published <> v.log_index OR p.description IS NOT iif(json_valid(v.manifest), v.manifest, '{}') ->> 'description'
      OR p.images IS NOT iif(json_valid(v.manifest), v.manifest, '{}') -> 'images'`);
  for (const { team, name } of stale) {
    report(
      'derived-differs',
      `the latest version of ${team}/${name}, its description or its images`,
    );
  }
  const unanalysed = await db.all<{ team: string; name: string; version: string }>(sql`
    SELECT p.team, p.name, v.version FROM versions v JOIN profiles p ON p.id = v.profile_id
    LEFT JOIN analyses a ON a.version_id = v.id WHERE a.version_id IS NULL
      OR NOT json_valid(a.unseen) OR NOT json_valid(a.diagnostics)`);
  for (const { team, name, version } of unanalysed) {
    report('derived-differs', `the analysis of ${team}/${name}@${version} is missing`);
  }
  const counts = await db.all<{ team: string }>(sql`
    SELECT t.name AS team FROM ${teams} t
    LEFT JOIN quotas q ON q.team = t.name
    LEFT JOIN (
      SELECT p.team, count(DISTINCT p.id) AS profiles, count(*) AS versions,
        sum(v.size + length(CAST(v.envelope AS BLOB))
          + coalesce((SELECT sum(variant.value ->> 'size')
            FROM json_each(CASE WHEN json_valid(v.variants) THEN v.variants END) AS variant
            WHERE variant.key > 0), 0)
          + coalesce((SELECT length(CAST(text AS BLOB)) FROM contents WHERE digest = iif(json_valid(v.manifest), v.manifest, '{}') ->> 'readme'), 0)) AS bytes
      FROM profiles p JOIN versions v ON v.profile_id = p.id GROUP BY p.team) s ON s.team = t.name
    WHERE coalesce(q.profiles, 0) <> coalesce(s.profiles, 0)
      OR coalesce(q.versions, 0) <> coalesce(s.versions, 0)
      OR coalesce(q.bytes, 0) <> coalesce(s.bytes, 0)`);
  for (const { team } of counts) report('derived-differs', `the usage of team ${team}`);
}
