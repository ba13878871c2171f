import { createRoute } from '@hono/zod-openapi';
import {
  CreatedJoinToken,
  type JoinToken,
  JoinTokenList,
  NewJoinToken,
} from '../../contract/host.ts';
import { wholeNumber } from '../../contract/number.ts';
import {
  addJoinToken,
  findJoinTokenByHash,
  listJoinTokens,
  type JoinToken as Row,
  removeEndedJoinTokens,
  revokeJoinToken,
} from '../../db/join-tokens.ts';
import { generateToken, hashToken } from '../auth/token.ts';
import { readBody } from '../middleware/body.ts';
import { idempotent } from '../middleware/idempotency.ts';
import {
  createRouter,
  json,
  jsonBody,
  problemResponses,
  repeatableWithSecret,
} from '../openapi/router.ts';
import { ProblemError } from '../problem.ts';
import { makeChange } from '../quota.ts';
import { owner, security, teamPath } from './team-resource.ts';
import { requireTeam } from './teams.ts';

export const joinTokens = createRouter();

/** The maximum number of valid join tokens of a team, their longest life, and how long they are listed afterwards. */
const maxTokens = 100;
const day = 24 * 60 * 60_000;
const maxLife = 366 * day;
const memory = 30 * day;

joinTokens.openapi(
  createRoute({
    method: 'post',
    path: '/teams/{team}/join-tokens',
    operationId: 'createJoinToken',
    tags: ['Hosts'],
    summary: 'Create a token with which hosts join a team',
    description: 'The response contains the token; the registry stores only its hash.',
    security,
    middleware: [owner, readBody, idempotent({ secret: true })] as const,
    request: { params: teamPath, body: jsonBody(NewJoinToken) },
    responses: {
      201: json('The token', CreatedJoinToken),
      ...problemResponses(
        ...repeatableWithSecret,
        ...([400, 401, 403, 'quota-exceeded', 404, 'team-full', 413, 415] as const),
      ),
    },
  }),
  async (c) => {
    const { deps } = c.var;
    const { db } = deps;
    const { name: team } = await requireTeam(db, c.req.valid('param').team);
    const { label, expiresAt } = c.req.valid('json');
    const now = deps.now();
    const life = Date.parse(expiresAt) - now.getTime();
    if (!(life > 0 && life <= maxLife)) {
      const detail = `expiresAt: must be in the future, at most ${maxLife / day} days.`;
      throw new ProblemError('request-invalid', detail);
    }
    await removeEndedJoinTokens(db, team, new Date(now.getTime() - memory).toISOString());
    const secret = generateToken('join');
    const hash = await hashToken(secret);
    const createdAt = now.toISOString();
    const ends = new Date(Date.parse(expiresAt)).toISOString();
    const adding = addJoinToken(db, { team, hash, label, createdAt, expiresAt: ends }, maxTokens);
    const added = await makeChange(deps, team, adding, {
      read: ([row]) => row,
      find: () => findJoinTokenByHash(db, hash),
    });
    if (!added) {
      const detail = `Team ${team} has ${maxTokens} valid join tokens, its limit. Revoke some.`;
      throw new ProblemError('team-full', detail);
    }
    return c.json({ ...toJoinToken(added), token: secret }, 201);
  },
);

joinTokens.openapi(
  createRoute({
    method: 'get',
    path: '/teams/{team}/join-tokens',
    operationId: 'listJoinTokens',
    tags: ['Hosts'],
    summary: "List a team's join tokens",
    security,
    middleware: [owner] as const,
    request: { params: teamPath },
    responses: { 200: json('The tokens', JoinTokenList), ...problemResponses(400, 401, 403, 404) },
  }),
  async (c) => {
    const { team } = c.req.valid('param');
    const found = await listJoinTokens(c.var.deps.db, team);
    if (!found) throw new ProblemError('not-found', `Team ${team} does not exist.`);
    return c.json({ items: found.map(toJoinToken) }, 200);
  },
);

joinTokens.openapi(
  createRoute({
    method: 'delete',
    path: '/teams/{team}/join-tokens/{id}',
    operationId: 'revokeJoinToken',
    tags: ['Hosts'],
    summary: 'Revoke a join token',
    description: 'Hosts that joined with it stay.',
    security,
    middleware: [owner] as const,
    request: { params: teamPath.extend({ id: wholeNumber(1) }) },
    responses: {
      204: { description: 'The token is revoked' },
      ...problemResponses(400, 401, 403, 404),
    },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const { team, id } = c.req.valid('param');
    if (!(await revokeJoinToken(db, team, id, now().toISOString()))) {
      throw new ProblemError('not-found', `Team ${team} has no join token ${id}.`);
    }
    return c.body(null, 204);
  },
);

function toJoinToken({ id, team, label, createdAt, expiresAt, revokedAt }: Row): JoinToken {
  return { id, team, label, createdAt, expiresAt, revokedAt };
}
