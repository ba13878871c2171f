import { createRoute } from '@hono/zod-openapi';
import { findTeam } from '../../db/teams.ts';
import { addToken } from '../../db/tokens.ts';
import { adminToken, anyToken } from '../auth.ts';
import { readBody } from '../body.ts';
import { ProblemError } from '../problem.ts';
import { generateToken, hashToken } from '../token.ts';
import { createRouter, json, jsonBody, problems } from './router.ts';
import { Identity, NewToken, Token } from './schema/team.ts';

export const tokens = createRouter();

tokens.openapi(
  createRoute({
    method: 'post',
    path: '/tokens',
    summary: 'Make an API token',
    description: 'The token is in the answer and nowhere else: the registry keeps its hash.',
    security: [{ token: [] }],
    middleware: [adminToken, readBody] as const,
    request: { body: jsonBody(NewToken) },
    responses: { 201: json('The token', Token), ...problems(400, 401, 403, 404, 413, 415) },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const { label, team = null } = c.req.valid('json');
    if (team !== null && !(await findTeam(db, team))) {
      throw new ProblemError('not-found', `There is no team ${team}.`);
    }
    const token = generateToken();
    const hash = await hashToken(token);
    await addToken(db, { hash, label, team, createdAt: now().toISOString() });
    return c.json({ token, label, team }, 201);
  },
);

tokens.openapi(
  createRoute({
    method: 'get',
    path: '/whoami',
    summary: 'Whose token this is',
    security: [{ token: [] }],
    middleware: [anyToken] as const,
    responses: { 200: json('The identity', Identity), ...problems(401) },
  }),
  (c) => {
    const { label, team } = c.var.token;
    return c.json({ label, team, admin: team === null }, 200);
  },
);
