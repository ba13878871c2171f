import type { Context } from 'hono';
import { findToken, type Token } from '../db/tokens.ts';
import type { Env } from './deps.ts';
import { ProblemError } from './problem.ts';
import { hashToken } from './token.ts';

/** Whose request this is, by its bearer token (RFC 6750); a problem when it has none or an unknown one. */
export async function authenticate(c: Context<Env>): Promise<Token> {
  const header = c.req.header('Authorization');
  const bearer = /^Bearer +(\S+)$/i.exec(header ?? '')?.[1];
  if (bearer === undefined) {
    throw new ProblemError('token-missing', 'Send an API token as Authorization: Bearer aar_….');
  }
  const token = await findToken(c.var.deps.db, await hashToken(bearer));
  if (!token) throw new ProblemError('token-unknown', 'This registry does not know the token.');
  return token;
}

/** The token, when it may publish for `team`: the team's own or an administrator's. */
export async function authenticateFor(c: Context<Env>, team: string): Promise<Token> {
  const token = await authenticate(c);
  if (token.team !== null && token.team !== team) {
    throw new ProblemError(
      'token-other-team',
      `The token is of team ${token.team}, not of ${team}.`,
    );
  }
  return token;
}

/** The token, when it is an administrator's. */
export async function authenticateAdmin(c: Context<Env>): Promise<Token> {
  const token = await authenticate(c);
  if (token.team !== null) {
    throw new ProblemError(
      'admin-only',
      `The token is of team ${token.team}, not an administrator's.`,
    );
  }
  return token;
}
