import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { UserName } from '../../contract/name.ts';
import { PageLimit } from '../../contract/number.ts';
import { NewUser, User, UserChange, UserPage } from '../../contract/team.ts';
import { createUser, findUser, listUsers, setAdmin } from '../../db/users.ts';
import { adminToken } from '../auth/identify.ts';
import { readBody } from '../middleware/body.ts';
import { idempotent } from '../middleware/idempotency.ts';
import { createRouter, json, jsonBody, problemResponses, repeatable } from '../openapi/router.ts';
import { linkNext } from '../page.ts';
import { ProblemError } from '../problem.ts';

export const users = createRouter();

users.openapi(
  createRoute({
    method: 'post',
    path: '/users',
    operationId: 'createUser',
    tags: ['Users'],
    summary: 'Add a user',
    description: 'A user’s rights come from their team memberships.',
    security: [{ token: [] }],
    middleware: [adminToken, readBody, idempotent()] as const,
    request: { body: jsonBody(NewUser) },
    responses: {
      201: json('The user', User),
      ...problemResponses(...repeatable, 400, 401, 403, 'user-exists', 413, 415),
    },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const user = { ...c.req.valid('json'), createdAt: now().toISOString() };
    if (!(await createUser(db, user))) {
      throw new ProblemError('user-exists', `User ${user.name} already exists.`);
    }
    return c.json(user, 201);
  },
);

users.openapi(
  createRoute({
    method: 'get',
    path: '/users',
    operationId: 'listUsers',
    tags: ['Users'],
    summary: 'List users',
    security: [{ token: [] }],
    middleware: [adminToken] as const,
    request: {
      query: z.object({
        limit: PageLimit,
        cursor: UserName.optional(),
      }),
    },
    responses: { 200: json('Users by name', UserPage), ...problemResponses(400, 401, 403) },
  }),
  async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const found = await listUsers(c.var.deps.db, limit + 1, cursor);
    const items = found.slice(0, limit);
    const next = found.length > limit ? (items.at(-1)?.name ?? null) : null;
    linkNext(c, next);
    return c.json({ items, next }, 200);
  },
);

users.openapi(
  createRoute({
    method: 'put',
    path: '/users/{user}',
    operationId: 'changeUser',
    tags: ['Users'],
    summary: 'Grant or revoke administrator rights',
    security: [{ token: [] }],
    middleware: [adminToken, readBody] as const,
    request: { params: z.object({ user: UserName }), body: jsonBody(UserChange) },
    responses: { 200: json('The user', User), ...problemResponses(400, 401, 403, 404, 413, 415) },
  }),
  async (c) => {
    const { db } = c.var.deps;
    const { user: name } = c.req.valid('param');
    const { admin } = c.req.valid('json');
    const user = await findUser(db, name);
    if (!user) throw new ProblemError('not-found', `User ${name} does not exist.`);
    await setAdmin(db, name, admin);
    return c.json({ ...user, admin }, 200);
  },
);
