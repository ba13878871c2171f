import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ProfileName, TeamName } from '../../contract/name.ts';
import { Deprecation } from '../../contract/profile.ts';
import { findProfile } from '../../db/profiles.ts';
import { requireRole, viewer } from '../auth/identify.ts';
import { invalidates } from '../cache/invalidate.ts';
import { readBody } from '../middleware/body.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import { ProblemError } from '../problem.ts';
import { requireChange, requireProfile, requireProfileMatch } from './profile.ts';

export const deprecation = createRouter();

const params = z.object({ team: TeamName, name: ProfileName });

deprecation.openapi(
  createRoute({
    method: 'put',
    path: '/profiles/{team}/{name}/deprecation',
    operationId: 'deprecateProfile',
    tags: ['Profiles'],
    summary: 'Deprecate a profile',
    description: 'The profile stays available; readers and hosts that pull it see the reason.',
    security: [{ token: [] }],
    middleware: [requireRole('publisher'), readBody, invalidates('references')] as const,
    request: { params, body: jsonBody(Deprecation) },
    responses: {
      200: json('The deprecation', Deprecation),
      ...problemResponses(
        'precondition-failed',
        400,
        401,
        403,
        'quota-exceeded',
        404,
        'profile-changed',
        413,
        415,
        'replacement-unknown',
      ),
    },
  }),
  async (c) => {
    const { db } = c.var.deps;
    const { team, name } = c.req.valid('param');
    const { reason, replacement } = c.req.valid('json');
    const profile = await requireProfile(c, team, name);
    await requireProfileMatch(c, profile);
    if (replacement === `${team}/${name}`) {
      throw new ProblemError('replacement-unknown', 'A profile can’t replace itself.');
    }
    const [otherTeam = '', otherName = ''] = replacement?.split('/') ?? [];
    if (replacement !== null && !(await findProfile(db, viewer(c), otherTeam, otherName))) {
      throw new ProblemError('replacement-unknown', `Profile ${replacement} does not exist.`);
    }
    if (profile.deprecation !== reason || profile.replacement !== replacement) {
      await requireChange(c, profile, { deprecation: reason, replacement }, { counted: true });
    }
    return c.json({ reason, replacement }, 200);
  },
);

deprecation.openapi(
  createRoute({
    method: 'delete',
    path: '/profiles/{team}/{name}/deprecation',
    operationId: 'undeprecateProfile',
    tags: ['Profiles'],
    summary: 'Remove a deprecation',
    security: [{ token: [] }],
    middleware: [requireRole('publisher'), invalidates('references')] as const,
    request: { params },
    responses: {
      204: { description: 'The profile is not deprecated' },
      ...problemResponses(
        'precondition-failed',
        400,
        401,
        403,
        404,
        'profile-moved',
        'profile-changed',
      ),
    },
  }),
  async (c) => {
    const { team, name } = c.req.valid('param');
    const profile = await requireProfile(c, team, name);
    await requireProfileMatch(c, profile);
    if (profile.movedTo !== null) {
      throw new ProblemError(
        'profile-moved',
        `${team}/${name} was transferred; its deprecation can’t be removed.`,
      );
    }
    if (profile.deprecation !== null) {
      const to = { deprecation: null, replacement: null };
      await requireChange(c, profile, to, { counted: false });
    }
    return c.body(null, 204);
  },
);
