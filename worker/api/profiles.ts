import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { listChannels } from '../../db/channels.ts';
import { findProfile, listProfiles } from '../../db/profiles.ts';
import { findVersion } from '../../db/versions.ts';
import { viewer } from '../auth.ts';
import { ProblemError } from '../problem.ts';
import { toDeprecation } from './deprecation.ts';
import { createRouter, json, problems } from './router.ts';
import { ProfileName, TeamName } from './schema/name.ts';
import { Profile, ProfilePage, ProfileQuery } from './schema/profile.ts';
import { toVersionSummary } from './versions.ts';

export const profiles = createRouter();

profiles.openapi(
  createRoute({
    method: 'get',
    path: '/profiles',
    summary: 'List and search profiles',
    request: { query: ProfileQuery },
    responses: { 200: json('Profiles by team and name', ProfilePage), ...problems(400) },
  }),
  async (c) => {
    const { q, team, limit, cursor } = c.req.valid('query');
    const [afterTeam, afterName] = cursor?.split('/') ?? [];
    const found = await listProfiles(c.var.deps.db, viewer(c), {
      text: q,
      team,
      limit: limit + 1,
      after: afterTeam && afterName ? { team: afterTeam, name: afterName } : undefined,
    });
    const items = found.slice(0, limit).map((profile) => ({
      team: profile.team,
      name: profile.name,
      description: profile.description,
      images: profile.images,
      latest: profile.latest,
      publishedAt: profile.publishedAt,
    }));
    const last = items.at(-1);
    const next = found.length > limit && last ? `${last.team}/${last.name}` : null;
    return c.json({ items, next }, 200);
  },
);

profiles.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}',
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
