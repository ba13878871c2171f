import type { Context } from 'hono';
import { findProfile, type Profile } from '../../db/profiles.ts';
import { viewer } from '../auth.ts';
import type { Env } from '../deps.ts';
import { ProblemError } from '../problem.ts';

/** The profile of a request's path, if its caller may know of it; a problem when there is none. */
export async function requireProfile(
  c: Context<Env>,
  team: string,
  name: string,
): Promise<Profile> {
  const profile = await findProfile(c.var.deps.db, viewer(c), team, name);
  if (!profile) throw new ProblemError('not-found', `There is no profile ${team}/${name}.`);
  return profile;
}
