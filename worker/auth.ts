import type { Context, MiddlewareHandler } from 'hono';
import { findToken, type Token } from '../db/tokens.ts';
import type { Env } from './deps.ts';
import { ProblemError } from './problem.ts';
import { hashToken } from './token.ts';

/** Whose request this is, by its bearer token (RFC 6750); a problem when it has none or an unknown one. */
async function authenticate(c: Context<Env>): Promise<Token> {
  const header = c.req.header('Authorization');
  const bearer = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (bearer === undefined) {
    throw new ProblemError('token-missing', 'Send an API token as Authorization: Bearer aar_….');
  }
  const token = await findToken(c.var.deps.db, await hashToken(bearer));
  if (!token) throw new ProblemError('token-unknown', 'This registry does not know the token.');
  return token;
}

/** Lets a request go on when its token is known; routes find it as `c.var.token`. */
export const anyToken: MiddlewareHandler<Env> = async (c, next) => {
  c.set('token', await authenticate(c));
  await next();
};

/** Lets a request go on when its token may publish for the path's team: that team's, or an administrator's. */
export const teamToken: MiddlewareHandler<Env> = async (c, next) => {
  const token = await authenticate(c);
  const team = c.req.param('team');
  if (token.team !== null && token.team !== team) {
    const detail = `The token is of team ${token.team}, not of ${team}.`;
    throw new ProblemError('token-other-team', detail);
  }
  c.set('token', token);
  await next();
};

/** Lets a request go on when its token is an administrator's. */
export const adminToken: MiddlewareHandler<Env> = async (c, next) => {
  const token = await authenticate(c);
  if (token.team !== null) {
    const detail = `The token is of team ${token.team}, not an administrator's.`;
    throw new ProblemError('admin-only', detail);
  }
  c.set('token', token);
  await next();
};
