import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { addSession, findSessionToken, removeSession } from '../../db/sessions.ts';
import type { Caller, Env, Reader } from '../ports.ts';
import { callerWith, findCaller } from './identify.ts';
import { generateToken, hashToken } from './token.ts';

/**
 * The cookie with the secret of a session: for pages only, never for the API. With the prefix, browsers accept it only from
 * this host over https (RFC 6265bis section 4.1.3.2).
 */
const nameOf = (c: Context<Env>) => `${isSecure(c) ? '__Host-' : ''}aa-registry-session`;

/** How long a session lasts, in milliseconds. It also ends when its token does. */
const lifetime = 12 * 60 * 60_000;

/** The maximum number of sessions of a token; another one ends the oldest. */
const maxSessions = 20;

/** Opens a session with an API token and sets its cookie; returns whether the token is valid. */
export async function openSession(c: Context<Env>, token: string): Promise<boolean> {
  const used = (await findCaller(c, token))?.token;
  if (!used) return false;
  const { db, now } = c.var.deps;
  await endSession(c);
  const time = now();
  const expires = new Date(time.getTime() + lifetime);
  const secret = generateToken('session');
  const session = {
    hash: await hashToken(secret),
    tokenId: used.id,
    createdAt: time.toISOString(),
    expiresAt: expires.toISOString(),
  };
  await addSession(db, session, maxSessions);
  setCookie(c, nameOf(c), secret, { ...attributes(c), maxAge: lifetime / 1000 });
  return true;
}

/** Ends the session of a request, if it has one, and deletes its cookie. */
export async function closeSession(c: Context<Env>): Promise<void> {
  await endSession(c);
  forgetCookie(c);
}

async function endSession(c: Context<Env>): Promise<void> {
  const secret = secretOf(c);
  if (secret !== undefined) await removeSession(c.var.deps.db, await hashToken(secret));
}

/**
 * The caller and the reader of a request's session, if it has one. The cookie of a session that has ended, or whose token
 * is revoked or expired, is deleted.
 */
export async function readSession(
  c: Context<Env>,
): Promise<{ caller: Caller; reader: Reader } | undefined> {
  const secret = secretOf(c);
  if (secret === undefined) return undefined;
  const { deps, tokenChecks } = c.var;
  const caller = await tokenChecks.check(c, secret, (hash) =>
    callerWith(deps, (time) => findSessionToken(deps.db, hash, time)),
  );
  if (!caller?.token) {
    forgetCookie(c);
    return undefined;
  }
  const { user, team } = caller.token;
  const name = user ?? team ?? 'administrator';
  return { caller, reader: { name, formToken: await formTokenOf(secret) } };
}

/** The token of a session's forms, which does not reveal the session's secret or its stored hash. */
const formTokenOf = (secret: string) => hashToken(`form of ${secret}`);

/**
 * Whether browsers keep the cookie of this request only for https: always, except on the loopback interface, which they
 * trust without it. A proxy may end TLS; a client that forges its header only harms itself.
 */
export function isSecure(c: Context<Env>): boolean {
  const { protocol, hostname } = new URL(c.req.url);
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
  return !isLoopback || protocol === 'https:' || c.req.header('X-Forwarded-Proto') === 'https';
}

function attributes(c: Context<Env>) {
  return { path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure(c) } as const;
}

function secretOf(c: Context<Env>): string | undefined {
  return getCookie(c, nameOf(c)) || undefined;
}

function forgetCookie(c: Context<Env>): void {
  deleteCookie(c, nameOf(c), attributes(c));
}
