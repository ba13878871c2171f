import type { Context, MiddlewareHandler } from 'hono';
import { findProfile } from '../../db/profiles.ts';
import type { Role } from '../../db/schema.ts';
import { findTokenWithUser, recordUse, type Token } from '../../db/tokens.ts';
import type { Viewer } from '../../db/viewer.ts';
import { countAddress } from '../middleware/rate-limit.ts';
import type { Caller, Deps, Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import {
  anonymousCaller,
  callerOf,
  includesRole,
  isAdministrator,
  roleIn,
  viewerOf,
} from './caller.ts';

/**
 * Authenticates the request by its bearer token (RFC 6750) and sets `c.var.caller`. An invalid token is a problem on
 * every route, so that clients do not mistake the public profiles for all, and counts as a request from its address.
 */
export const identify: MiddlewareHandler<Env> = async (c, next) => {
  const header = c.req.header('Authorization');
  const isAnonymous = header === undefined;
  c.set('caller', isAnonymous ? anonymousCaller : await identifySecret(c, bearerOf(header)));
  await next();
};

/** The token in an Authorization header; `undefined` for another scheme. */
export function bearerOf(header: string): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header)?.[1];
}

/**
 * The caller with the token in a request's credentials, `undefined` if these can't be read. Throws a problem, which counts
 * as a request from its address, unless it is a valid token. `how` completes "Send an API token …".
 */
export async function identifySecret(
  c: Context<Env>,
  secret: string | undefined,
  how = 'as Authorization: Bearer aar_…',
): Promise<Caller> {
  const caller =
    secret === undefined
      ? await c.var.tokenChecks.attempt<Caller>(c, async () => undefined)
      : await findCaller(c, secret);
  if (caller) return caller;
  await countAddress(c, c.var.deps.rateLimits ?? {});
  throw secret === undefined
    ? new ProblemError('token-missing', `Send an API token ${how}.`)
    : new ProblemError('token-unknown', 'The API token is unknown, revoked or expired.');
}

/**
 * The caller with this token; `undefined` if it is unknown, revoked or expired. Throws a problem if the token, or
 * invalid tokens from the same address, exceed their rate limit.
 */
export function findCaller(c: Context<Env>, secret: string): Promise<Caller | undefined> {
  const { deps, tokenChecks } = c.var;
  return tokenChecks.check(c, secret, (hash) =>
    callerWith(deps, () => findTokenWithUser(deps.db, hash)),
  );
}

/** The caller with the token that `find` finds at the given time, unless it is revoked or expired; records its use. */
export async function callerWith(
  { db, now }: Deps,
  find: (time: Date) => ReturnType<typeof findTokenWithUser>,
): Promise<Caller | undefined> {
  const time = now();
  const found = await find(time);
  if (!found) return undefined;
  const { token, rights } = found;
  if (token.revokedAt !== null) return undefined;
  if (token.expiresAt !== null && token.expiresAt <= time.toISOString()) return undefined;
  // Recording the use is best effort: a full disk must not lock readers out.
  await recordUse(db, token, time).catch(() => {});
  return callerOf(token, rights);
}

/** The token of a request. Throws a problem without one. */
export function requireToken({ token }: Caller): Token {
  if (token) return token;
  throw new ProblemError('token-missing', 'Send an API token as Authorization: Bearer aar_….');
}

/** Requires a token. */
export const anyToken: MiddlewareHandler<Env> = async (c, next) => {
  requireToken(c.var.caller);
  await next();
};

/** Requires an administrator. */
export const adminToken: MiddlewareHandler<Env> = async (c, next) => {
  requireToken(c.var.caller);
  if (!isAdministrator(c.var.caller)) {
    throw new ProblemError('admin-only', 'Only an administrator of the registry may do this.');
  }
  await next();
};

/**
 * Requires this role, or a higher one, in the path's team or for the path's profile. A profile that the caller may not
 * see is not found.
 */
export function requireRole(role: Role): MiddlewareHandler<Env> {
  return async (c, next) => {
    requireToken(c.var.caller);
    const team = c.req.param('team') ?? '';
    const name = c.req.param('name');
    const has = roleIn(c.var.caller, team, name);
    if (!includesRole(has, role)) throw await refuse(c, team, name, has, role);
    await next();
  };
}

/** As {@link requireRole}, for routes that may create the profile: it is not looked up. */
export function requireRoleToCreate(role: Role): MiddlewareHandler<Env> {
  return async (c, next) => {
    requireToken(c.var.caller);
    const team = c.req.param('team') ?? '';
    const has = roleIn(c.var.caller, team, c.req.param('name'));
    if (!includesRole(has, role)) throw refusal(c.var.caller, team, has, role);
    await next();
  };
}

async function refuse(
  c: Context<Env>,
  team: string,
  name: string | undefined,
  has: Role | undefined,
  required: Role,
): Promise<ProblemError> {
  const { deps, caller } = c.var;
  if (name !== undefined && !(await findProfile(deps.db, viewerOf(caller), team, name))) {
    return new ProblemError('not-found', `Profile ${team}/${name} does not exist.`);
  }
  return refusal(caller, team, has, required);
}

function refusal(
  { token, profile }: Caller,
  team: string,
  has: Role | undefined,
  required: Role,
): ProblemError {
  if (has !== undefined) {
    const detail = `This requires the role ${required} in team ${team}; the token has the role ${has}.`;
    return new ProblemError('role-insufficient', detail);
  }
  const detail =
    profile !== undefined
      ? `The token is limited to ${token?.team}/${profile}.`
      : token?.team
        ? `The token is limited to team ${token.team}.`
        : `The token’s user is not a member of team ${team}.`;
  return new ProblemError('token-other-team', detail);
}

/** The viewer of a request. */
export function viewer(c: Context<Env>): Viewer {
  return viewerOf(c.var.caller);
}
