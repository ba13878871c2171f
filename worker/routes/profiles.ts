import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ProfileName, TeamName } from '../../contract/name.ts';
import { Profile, ProfilePage, ProfileQuery } from '../../contract/profile.ts';
import { findProfiles } from '../../db/search.ts';
import { viewer } from '../auth/identify.ts';
import { createRouter, json, problemResponses } from '../openapi/router.ts';
import { decodeCursor, encodeCursor, linkNext } from '../page.ts';
import { toProfile } from './profile.ts';

export const profiles = createRouter();

/** The contents of a cursor of this list. */
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
      'Without a query, profiles are sorted by team and name. With a query, the best matches come first: the exact ' +
      'name, then words in the name, in images, tags and the team, in the description, and in the rules. The last ' +
      'word may be a prefix. When nothing matches, words within one edit match.',
    request: { query: ProfileQuery },
    responses: { 200: json('A page of profiles', ProfilePage), ...problemResponses(400) },
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
      deprecated: profile.deprecation !== null,
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
    summary: 'Get a profile and its latest version',
    request: { params: z.object({ team: TeamName, name: ProfileName }) },
    responses: { 200: json('The profile', Profile), ...problemResponses(400, 404) },
  }),
  async (c) => {
    const { team, name } = c.req.valid('param');
    return c.json(await toProfile(c, team, name), 200);
  },
);
