import type { Context } from 'hono';
import type { Profile } from '../../contract/profile.ts';
import { writeOrConfirm } from '../../db/outcome.ts';
import {
  changeProfile,
  findProfile,
  findShownProfile,
  hasBeenChanged,
  type Profile as Row,
} from '../../db/profiles.ts';
import { viewer } from '../auth/identify.ts';
import { requireMatch } from '../middleware/precondition.ts';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { makeChange } from '../quota.ts';
import { toVersionSummary } from './version-summary.ts';

/** Finds a profile. Throws a problem if it does not exist or the caller may not see it. */
export async function requireProfile(c: Context<Env>, team: string, name: string): Promise<Row> {
  const profile = await findProfile(c.var.deps.db, viewer(c), team, name);
  if (!profile) throw profileNotFound(team, name);
  return profile;
}

/** Reads a profile in the API's form. Throws a problem if it does not exist or the caller may not see it. */
export async function toProfile(c: Context<Env>, team: string, name: string): Promise<Profile> {
  const found = await findShownProfile(c.var.deps.db, viewer(c), team, name);
  if (!found) throw profileNotFound(team, name);
  const { profile, latest, channels } = found;
  const { createdAt, visibility, deprecation, replacement, movedTo } = profile;
  return {
    team,
    name,
    createdAt,
    visibility,
    deprecation: deprecation === null ? null : { reason: deprecation, replacement },
    movedTo,
    manifest: latest.manifest,
    latest: toVersionSummary(latest),
    channels,
  };
}

export function profileNotFound(team: string, name: string): ProblemError {
  return new ProblemError('not-found', `Profile ${team}/${name} does not exist.`);
}

/** Requires that the profile matches the request's `If-Match`, if any. */
export async function requireProfileMatch(c: Context<Env>, row: Row): Promise<void> {
  await requireMatch(c, `The profile ${row.team}/${row.name}`, () =>
    toProfile(c, row.team, row.name),
  );
}

/**
 * Changes a profile. Throws a problem if it has changed since it was read. Changes that only undo something are not
 * `counted` against the team's quota: they must never be refused and can't be repeated.
 */
export async function requireChange(
  c: Context<Env>,
  row: Row,
  to: Parameters<typeof changeProfile>[2],
  { counted }: { counted: boolean },
): Promise<void> {
  const { deps } = c.var;
  const change = changeProfile(deps.db, row, to);
  const read = ({ rowsAffected }: Awaited<typeof change>) => rowsAffected > 0;
  const find = async () => (await hasBeenChanged(deps.db, row, to)) || undefined;
  const isChanged = counted
    ? await makeChange(deps, row.team, change, { read, find })
    : await writeOrConfirm(async () => read(await change), find);
  if (isChanged) return;
  throw new ProblemError(
    'profile-changed',
    'Another request changed the profile at the same time. Read it again and retry.',
  );
}
