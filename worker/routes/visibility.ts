import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { ProfileName, TeamName } from '../../contract/name.ts';
import { VisibilityChange } from '../../contract/profile.ts';
import { makeBlind } from '../../trust/index.ts';
import { requireRole } from '../auth/identify.ts';
import { invalidates } from '../cache/invalidate.ts';
import { readBody } from '../middleware/body.ts';
import { createRouter, json, jsonBody, problemResponses } from '../openapi/router.ts';
import { requireChange, requireProfile, requireProfileMatch } from './profile.ts';

export const visibility = createRouter();

visibility.openapi(
  createRoute({
    method: 'put',
    path: '/profiles/{team}/{name}/visibility',
    operationId: 'setVisibility',
    tags: ['Profiles'],
    summary: 'Make a profile private or public',
    description:
      'Later log entries contain the profile’s name only while it is public. Existing entries do not change.',
    security: [{ token: [] }],
    middleware: [requireRole('owner'), readBody, invalidates('visibility')] as const,
    request: {
      params: z.object({ team: TeamName, name: ProfileName }),
      body: jsonBody(VisibilityChange),
    },
    responses: {
      200: json('The visibility', VisibilityChange),
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
      ),
    },
  }),
  async (c) => {
    const { team, name } = c.req.valid('param');
    const { visibility } = c.req.valid('json');
    const profile = await requireProfile(c, team, name);
    await requireProfileMatch(c, profile);
    const blind = profile.blind ?? (visibility === 'private' ? makeBlind() : null);
    if (visibility !== profile.visibility) {
      const counted = visibility === 'public';
      await requireChange(c, profile, { visibility, blind }, { counted });
    }
    return c.json({ visibility }, 200);
  },
);
