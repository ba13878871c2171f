import type { Context, MiddlewareHandler } from 'hono';
import { listMemberships } from '../../db/members.ts';
import { findProfile } from '../../db/profiles.ts';
import type { Role } from '../../db/schema.ts';
import { findToken, recordUse, type Token } from '../../db/tokens.ts';
import { findUser } from '../../db/users.ts';
import type { Viewer } from '../../db/viewer.ts';
import { countAddress } from '../middleware/rate-limit.ts';
import type { Caller, Deps, Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import {
  anonymousCaller,
  callerOf,
  includesRole,
  isAdministrator,
  type Person,
  roleIn,
  viewerOf,
} from './caller.ts';

/**
 * Finds out whose request it is, by its bearer token (RFC 6750), before any route is asked: `c.var.caller`. A
 * token that is no good is a problem everywhere, so that nobody takes the public part for all there is; and it counts
 * as a request of its address too.
 */
export const identify: MiddlewareHandler<Env> = async (c, next) => {
  const header = c.req.header('Authorization');
  c.set('caller', header === undefined ? anonymousCaller : await identifyToken(c, header));
  await next();
};

async function identifyToken(c: Context<Env>, header: string): Promise<Caller> {
  const bearer = /^Bearer +(\S+)$/i.exec(header)?.[1];
  const caller =
    bearer === undefined
      ? await c.var.tokenChecks.attempt<Caller>(c, async () => undefined)
      : await findCaller(c, bearer);
  if (caller) return caller;
  await countAddress(c, c.var.deps.rateLimits ?? {});
  throw bearer === undefined
    ? new ProblemError('token-missing', 'Send an API token as Authorization: Bearer aar_….')
    : new ProblemError('token-unknown', 'The API token is unknown, revoked or expired.');
}

/**
 * Who comes with this token; `undefined` when it is unknown, revoked or expired. Throws a problem when it, or tokens
 * that were no good from the same address, came too often.
 */
export function findCaller(c: Context<Env>, secret: string): Promise<Caller | undefined> {
  return c.var.tokenChecks.check(c, secret, (hash) => lookUp(c.var.deps, hash));
}

async function lookUp({ db, now }: Deps, hash: string): Promise<Caller | undefined> {
  const time = now();
  const token = await findToken(db, hash);
  if (!token || token.revokedAt !== null) return undefined;
  if (token.expiresAt !== null && token.expiresAt <= time.toISOString()) return undefined;
  const person = token.user === null ? undefined : await findPerson(db, token.user);
  // Whether it is noted when a token was used decides nothing: a full disk must not keep readers out.
  await recordUse(db, token, time).catch(() => {});
  return callerOf(token, person);
}

async function findPerson(db: Deps['db'], name: string): Promise<Person> {
  const [user, memberships] = await Promise.all([findUser(db, name), listMemberships(db, name)]);
  return {
    admin: user?.admin ?? false,
    roles: new Map(memberships.map(({ team, role }) => [team, role])),
  };
}

/** The token that a request must have. */
export function requireToken({ token }: Caller): Token {
  if (token) return token;
  throw new ProblemError('token-missing', 'Send an API token as Authorization: Bearer aar_….');
}

/** Lets a request go on that has a token. */
export const anyToken: MiddlewareHandler<Env> = async (c, next) => {
  requireToken(c.var.caller);
  await next();
};

/** Lets a request go on when its caller runs the registry. */
export const adminToken: MiddlewareHandler<Env> = async (c, next) => {
  requireToken(c.var.caller);
  if (!isAdministrator(c.var.caller)) {
    throw new ProblemError('admin-only', 'Only an administrator of the registry may do this.');
  }
  await next();
};

/**
 * Lets a request go on when its caller has at least this role in the path's team, or for the path's profile. A
 * profile that the caller may not know of is not found, whatever is asked of it.
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

/** As {@link requireRole}, for what makes a profile that may not be there yet: nothing is looked up. */
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

/** What the caller of a request may know of. */
export function viewer(c: Context<Env>): Viewer {
  return viewerOf(c.var.caller);
}
