import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { listChannels } from '../../db/channels.ts';
import { findProfile } from '../../db/profiles.ts';
import { findProfiles } from '../../db/search.ts';
import { findVersion } from '../../db/versions.ts';
import { viewer } from '../auth.ts';
import { decodeCursor, encodeCursor, linkNext } from '../page.ts';
import { ProblemError } from '../problem.ts';
import { toDeprecation } from './deprecation.ts';
import { createRouter, json, problems } from './router.ts';
import { ProfileName, TeamName } from './schema/name.ts';
import { Profile, ProfilePage, ProfileQuery } from './schema/profile.ts';
import { toVersionSummary } from './versions.ts';

export const profiles = createRouter();

/** What the cursors of this list hold. */
export const ProfilePlace = z.union([
  z.strictObject({ team: TeamName, name: ProfileName }),
  z.strictObject({ level: z.int().min(0).max(9), id: z.int().min(0), similar: z.boolean() }),
]);

profiles.openapi(
  createRoute({
    method: 'get',
    path: '/profiles',
    operationId: 'listProfiles',
    tags: ['Profiles'],
    summary: 'List and search profiles',
    description:
      'Without words and filters, by team and name. With words, best first: the name itself, words of the name, ' +
      'images, tags and the team, the description, the rules. A word may lack its end, and where nothing matches ' +
      'one slip in it is forgiven.',
    request: { query: ProfileQuery },
    responses: { 200: json('A page of profiles', ProfilePage), ...problems(400) },
  }),
  async (c) => {
    const { q, cursor, ...query } = c.req.valid('query');
    const found = await findProfiles(c.var.deps.db, viewer(c), {
      ...query,
      text: q,
      after: cursor === undefined ? undefined : decodeCursor(ProfilePlace, cursor),
    });
    const items = found.items.map((profile) => ({
      team: profile.team,
      name: profile.name,
      description: profile.description,
      images: profile.images,
      latest: profile.latest,
      publishedAt: profile.publishedAt,
      grade: profile.grade,
    }));
    const next = found.next ? encodeCursor(found.next) : null;
    linkNext(c, next);
    return c.json({ items, similar: found.similar, next }, 200);
  },
);

profiles.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}',
    operationId: 'getProfile',
    tags: ['Profiles'],
    summary: 'One profile and its latest version',
    request: { params: z.object({ team: TeamName, name: ProfileName }) },
    responses: { 200: json('The profile', Profile), ...problems(400, 404) },
  }),
  async (c) => {
    const { team, name } = c.req.valid('param');
    const { db } = c.var.deps;
    const profile = await findProfile(db, viewer(c), team, name);
    const latest = profile && (await findVersion(db, viewer(c), team, name, profile.latest));
    if (!latest) throw new ProblemError('not-found', `There is no profile ${team}/${name}.`);
    const { createdAt } = profile;
    const { manifest } = latest;
    const channels = Object.fromEntries(
      (await listChannels(db, profile.id)).map(({ name, version }) => [name, version]),
    );
    const { visibility, movedTo } = profile;
    const deprecation = toDeprecation(profile);
    return c.json(
      {
        team,
        name,
        createdAt,
        visibility,
        deprecation,
        movedTo,
        manifest,
        latest: toVersionSummary(latest),
        channels,
      },
      200,
    );
  },
);
