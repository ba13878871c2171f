import type { MiddlewareHandler } from 'hono';
import {
  beginRequest,
  endRequest,
  forgetRequest,
  forgetRequestsBefore,
  type IdempotencyKey,
} from '../../db/idempotency.ts';
import { sha256 } from '../../trust/index.ts';
import { requireToken } from '../auth/identify.ts';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';

/** How long a response is stored, and when an unfinished request counts as abandoned; in milliseconds. */
const lifetime = 24 * 60 * 60_000;
const timeout = 2 * 60_000;

/**
 * Lets clients safely retry a request that creates something: with the same `Idempotency-Key` the first response is
 * replayed (draft-ietf-httpapi-idempotency-key-header-07). Keys belong to the token. Requests that created nothing are
 * forgotten. Responses with a secret are not stored; a retry gets the problem `idempotency-done`. Goes behind the
 * middleware that authenticates and reads the body.
 */
export function idempotent(options: { secret?: boolean } = {}): MiddlewareHandler<Env> {
  return async (c, next) => {
    const header = c.req.header('Idempotency-Key');
    if (header === undefined) return next();
    const { db, now } = c.var.deps;
    const request = { tokenId: requireToken(c.var.caller).id, key: parseKey(header) };
    const canonical = `${c.req.method} ${c.req.path}\n${await c.req.text()}`;
    const fingerprint = await sha256(new TextEncoder().encode(canonical));
    const time = now().getTime();
    const before = (milliseconds: number) => new Date(time - milliseconds).toISOString();
    await forgetRequestsBefore(db, before(lifetime));
    const createdAt = before(0);
    const first = await beginRequest(db, { ...request, fingerprint, createdAt }, before(timeout));
    if (first) return replay(first, fingerprint);

    await next();
    if (c.res.status !== 201) return forgetRequest(db, request);
    const body = options.secret ? null : await c.res.clone().text();
    // The request has succeeded even if this fails; a retry then gets the problem idempotency-in-progress.
    await endRequest(db, request, { status: c.res.status, body }).catch(() => {});
  };
}

/** Parses a key: a String of RFC 9651, with or without quotation marks. */
function parseKey(header: string): string {
  const key = /^"([\x20-\x7e]*)"$/.exec(header)?.[1] ?? header;
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  const detail = 'Idempotency-Key: must be 1 to 255 printable ASCII characters, such as a UUID.';
  throw new ProblemError('request-invalid', detail);
}

function replay(first: IdempotencyKey, fingerprint: string): Response {
  if (first.fingerprint !== fingerprint) {
    const detail =
      'This Idempotency-Key was used with a different request. Use a new key for each request.';
    throw new ProblemError('idempotency-key-reused', detail);
  }
  if (first.status === null) {
    const detail = 'A request with this Idempotency-Key is still in progress. Try again later.';
    throw new ProblemError('idempotency-in-progress', detail);
  }
  if (first.body === null) {
    const detail = `This request succeeded at ${first.createdAt}. Its response contained a secret, which is not stored.`;
    throw new ProblemError('idempotency-done', detail);
  }
  return new Response(first.body, {
    status: first.status,
    headers: { 'Content-Type': 'application/json', 'Idempotent-Replayed': 'true' },
  });
}
