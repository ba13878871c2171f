import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { DependentPage } from '../../contract/dependent.ts';
import { ProfileName, TeamName } from '../../contract/name.ts';
import { PageQuery } from '../../contract/profile.ts';
import { listDependents } from '../../db/dependencies.ts';
import { viewer } from '../auth/identify.ts';
import { createRouter, json, problemResponses } from '../openapi/router.ts';
import { decodeCursor, encodeCursor, linkNext } from '../page.ts';
import { requireProfile } from './profile.ts';

export const dependents = createRouter();

/** The contents of a cursor of the list. */
const Place = z.strictObject({ after: z.int() });

dependents.openapi(
  createRoute({
    method: 'get',
    path: '/profiles/{team}/{name}/dependents',
    operationId: 'listDependents',
    tags: ['Profiles'],
    summary: 'List the packages whose latest versions depend on this one',
    request: { params: z.object({ team: TeamName, name: ProfileName }), query: PageQuery },
    responses: {
      200: json('A page of packages', DependentPage),
      ...problemResponses(400, 404),
    },
  }),
  async (c) => {
    const { team, name } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const after = cursor === undefined ? 0 : decodeCursor(Place, cursor).after;
    await requireProfile(c, team, name);
    const found = await listDependents(c.var.deps.db, viewer(c), {
      ...{ team, name, after, limit: limit + 1 },
    });
    const page = found.slice(0, limit);
    const last = page.at(-1);
    const next = found.length > limit && last ? encodeCursor({ after: last.id }) : null;
    linkNext(c, next);
    return c.json({ items: page.map(({ id: _, ...one }) => one), next }, 200);
  },
);
