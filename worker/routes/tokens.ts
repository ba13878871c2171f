import { createRoute } from '@hono/zod-openapi';
import * as z from 'zod';
import { TeamName, UserName } from '../../contract/name.ts';
import { PageLimit, wholeNumber } from '../../contract/number.ts';
import { CreatedToken, Identity, NewToken, type Token, TokenPage } from '../../contract/token.ts';
import { readQuota } from '../../db/quotas.ts';
import { findTeam } from '../../db/teams.ts';
import {
  addToken,
  addTokenWithin,
  countTokens,
  findTokenById,
  listTokens,
  type NewToken as NewTokenRow,
  type Token as Row,
  revokeToken,
  type TokenOwner,
} from '../../db/tokens.ts';
import { findUser } from '../../db/users.ts';
import { isAdministrator, roleIn } from '../auth/caller.ts';
import { anyToken, requireToken } from '../auth/identify.ts';
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
import { linkNext } from '../page.ts';
import type { Caller, Deps } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { quotaExceeded } from '../quota.ts';

export const tokens = createRouter();

tokens.openapi(
  createRoute({
    method: 'post',
    path: '/tokens',
    operationId: 'createToken',
    tags: ['Tokens'],
    summary: 'Create an API token',
    description:
      'The response contains the token; the registry stores only its hash. A token can’t have more rights or expire ' +
      'later than the token that creates it, which requires the scope admin.',
    security: [{ token: [] }],
    middleware: [anyToken, readBody, idempotent({ secret: true })] as const,
    request: { body: jsonBody(NewToken) },
    responses: {
      201: json('The token', CreatedToken),
      ...problemResponses(...repeatableWithSecret, 400, 401, 403, 'quota-exceeded', 404, 413, 415),
    },
  }),
  async (c) => {
    const { deps, caller } = c.var;
    const input = c.req.valid('json');
    const { label, team = null, profile = null, expiresAt = null } = input;
    const user = input.user ?? (team === null ? requireToken(caller).user : null);
    await requireMayCreate(deps, caller, { user, team, expiresAt });
    const scope = input.scope ?? (user === null && team === null ? 'admin' : 'publish');
    const secret = generateToken();
    const row = await addOwnedToken(deps, {
      hash: await hashToken(secret),
      label,
      user,
      team,
      profile,
      scope,
      expiresAt,
      createdAt: deps.now().toISOString(),
    });
    if (!row) throw new Error('a token with this hash already exists');
    return c.json({ ...toToken(row), token: secret }, 201);
  },
);

/**
 * Adds a token of a team or a user within their quota; `undefined` if one with that hash or origin exists.
 * Administrator tokens are not limited.
 */
export async function addOwnedToken(deps: Deps, token: NewTokenRow): Promise<Row | undefined> {
  const { db, limits } = deps;
  const now = deps.now();
  const { user, team } = token;
  const owner = user != null ? { user } : team != null ? { team } : undefined;
  if (!owner) return addToken(db, token);
  const quota = 'team' in owner ? await readQuota(db, owner.team, now) : undefined;
  const limit = quota?.own.tokens ?? limits.team.tokens;
  const added = await addTokenWithin(db, token, { owner, limit, now });
  if (added) return added;
  const { live, fresh } = await countTokens(db, owner, now);
  if (live < limit && fresh < limit) return undefined;
  const what =
    live >= limit
      ? `${live} of ${limit} tokens`
      : `created ${fresh} of ${limit} tokens within a day`;
  if ('team' in owner) throw quotaExceeded(owner.team, `has ${what}`);
  throw new ProblemError('quota-exceeded', `User ${owner.user} has ${what}.`);
}

/** Requires that the new token has no more rights than its creator. */
async function requireMayCreate(
  { db, now }: Deps,
  caller: Caller,
  { user, team, expiresAt }: Pick<Row, 'user' | 'team' | 'expiresAt'>,
): Promise<void> {
  const own = requireToken(caller);
  if (own.scope !== 'admin' || own.profile !== null) {
    throw new ProblemError(
      'role-insufficient',
      'Only a token with the scope admin can create tokens.',
    );
  }
  const admin = isAdministrator(caller);
  if (user !== null && user !== own.user && !admin) {
    throw new ProblemError(
      'admin-only',
      'Only an administrator can create tokens for other users.',
    );
  }
  if (user === null && team === null && !admin) {
    throw new ProblemError(
      'admin-only',
      'Only an administrator can create a token without a team.',
    );
  }
  if (own.team !== null && own.team !== team) {
    throw new ProblemError('token-other-team', `This token is limited to team ${own.team}.`);
  }
  if (user === null && team !== null && roleIn(caller, team) !== 'owner') {
    throw new ProblemError(
      'role-insufficient',
      `Only an owner of team ${team} can create its tokens.`,
    );
  }
  if (user !== null && !(await findUser(db, user))) {
    throw new ProblemError('not-found', `User ${user} does not exist.`);
  }
  if (team !== null && !(await findTeam(db, team))) {
    throw new ProblemError('not-found', `Team ${team} does not exist.`);
  }
  if (expiresAt !== null && expiresAt <= now().toISOString()) {
    throw new ProblemError('request-invalid', 'expiresAt: must be in the future.');
  }
  if (own.expiresAt !== null && (expiresAt === null || expiresAt > own.expiresAt)) {
    throw new ProblemError(
      'role-insufficient',
      `This token expires at ${own.expiresAt}; it can’t create one that expires later.`,
    );
  }
}

tokens.openapi(
  createRoute({
    method: 'get',
    path: '/tokens',
    operationId: 'listTokens',
    tags: ['Tokens'],
    summary: 'List API tokens',
    description: 'Users list their own tokens, owners those of their teams, administrators all.',
    security: [{ token: [] }],
    middleware: [anyToken] as const,
    request: {
      query: z.object({
        user: UserName.optional(),
        team: TeamName.optional(),
        limit: PageLimit,
        cursor: wholeNumber().optional(),
      }),
    },
    responses: { 200: json('Tokens', TokenPage), ...problemResponses(400, 401, 403) },
  }),
  async (c) => {
    const { user, team, limit, cursor } = c.req.valid('query');
    const owner = selectOwner(c.var.caller, user, team);
    const found = await listTokens(c.var.deps.db, owner, { after: cursor, limit: limit + 1 });
    const items = found.slice(0, limit).map(toToken);
    const next = found.length > limit ? String(items.at(-1)?.id) : null;
    linkNext(c, next);
    return c.json({ items, next }, 200);
  },
);

/** The owner whose tokens a list shows, by default the caller. Throws a problem if the caller may not list them. */
function selectOwner(
  caller: Caller,
  user: string | undefined,
  team: string | undefined,
): TokenOwner {
  const own = requireToken(caller);
  const owner: TokenOwner =
    team !== undefined
      ? { team }
      : user !== undefined
        ? { user }
        : own.user !== null
          ? { user: own.user }
          : own.team !== null
            ? { team: own.team }
            : 'all';
  if (mayManage(caller, owner)) return owner;
  throw new ProblemError('role-insufficient', 'The token does not allow listing these tokens.');
}

function mayManage(caller: Caller, owner: TokenOwner): boolean {
  if (isAdministrator(caller)) return true;
  if (owner === 'all' || caller.token?.scope !== 'admin') return false;
  if ('team' in owner) return roleIn(caller, owner.team) === 'owner';
  return caller.token.user === owner.user && caller.token.team === null;
}

tokens.openapi(
  createRoute({
    method: 'delete',
    path: '/tokens/{id}',
    operationId: 'revokeToken',
    tags: ['Tokens'],
    summary: 'Revoke an API token',
    description: 'Revocation is permanent. A token may always revoke itself.',
    security: [{ token: [] }],
    middleware: [anyToken] as const,
    request: {
      params: z.object({ id: wholeNumber() }),
    },
    responses: { 204: { description: 'The token is revoked' }, ...problemResponses(400, 401, 404) },
  }),
  async (c) => {
    const { db, now } = c.var.deps;
    const { id } = c.req.valid('param');
    const { caller } = c.var;
    const token = await findTokenById(db, id);
    const itself = token !== undefined && token.id === caller.token?.id;
    if (!token || !(itself || mayManage(caller, ownerOf(token)))) {
      throw new ProblemError(
        'not-found',
        `Token ${id} does not exist, or this token may not revoke it.`,
      );
    }
    await revokeToken(db, id, now().toISOString());
    return c.body(null, 204);
  },
);

function ownerOf({ user, team }: Row): TokenOwner {
  if (user !== null) return { user };
  return team === null ? 'all' : { team };
}

tokens.openapi(
  createRoute({
    method: 'get',
    path: '/whoami',
    operationId: 'whoami',
    tags: ['Tokens'],
    summary: 'Get the identity of the token',
    security: [{ token: [] }],
    middleware: [anyToken] as const,
    responses: { 200: json('The identity', Identity), ...problemResponses(401) },
  }),
  (c) => {
    const { caller } = c.var;
    const { label, user, team, profile, scope, expiresAt } = requireToken(caller);
    const admin = isAdministrator(caller);
    const roles = Object.fromEntries(caller.roles);
    return c.json({ label, user, team, profile, scope, expiresAt, admin, roles }, 200);
  },
);

/** Converts a token to the API's schema, without its hash and origin. */
export function toToken({ hash: _, origin: __, ...token }: Row): Token {
  return token;
}
