import type { MiddlewareHandler } from 'hono';
import { readAtMost, requireBoundedJson } from '../../trust/index.ts';
import type { Deps, Env } from '../ports.ts';
import { bodyType, ProblemError } from '../problem.ts';

/**
 * The maximum size of a request body, in bytes: a profile in a JSON string may need two characters per byte (a quote, a
 * line break), and the envelope comes on top.
 */
const maxBodyBytes = (profileBytes: number) => 2 * profileBytes + 128 * 1024;

/**
 * Reads a JSON request body before the route's validators do, limiting its size as it arrives, its number of values and
 * its nesting, and requiring valid UTF-8, which JSON parsers would otherwise repair silently.
 */
export const readBody = readBodyUpTo(({ limits }) => maxBodyBytes(limits.profileBytes));

/** As {@link readBody}, with another maximum size in bytes. */
export function readBodyUpTo(most: (deps: Deps) => number): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { body, headers, method, url } = c.req.raw;
    const maxBytes = most(c.var.deps);
    requireJson(headers);
    requirePlain(headers);
    const bytes = await readAtMost(body, maxBytes).catch(refuseIncomplete);
    if (!bytes) {
      throw new ProblemError(
        'body-too-large',
        `The request body is larger than ${maxBytes} bytes.`,
      );
    }
    decodeJsonBody(bytes);
    c.req.raw = new Request(url, { method, headers, body: bytes });
    await next();
  };
}

/** Refuses bodies that are not JSON, or in another charset than UTF-8 (RFC 8259 section 8.1). */
export function requireJson(headers: Headers): void {
  const type = headers.get('Content-Type') ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type)) throw bodyType();
  requireUtf8(type);
}

/** Decodes a body; refuses one that is not UTF-8, or whose JSON is nested too deep or has too many values. */
export function decodeJsonBody(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes);
  requireBounded(text);
  return text;
}

/** Refuses bodies with another charset than UTF-8 or with a Content-Encoding, which is not supported. */
export function requirePlain(headers: Headers): void {
  requireUtf8(headers.get('Content-Type') ?? '');
  const encodings = (headers.get('Content-Encoding') ?? 'identity').split(',');
  if (encodings.some((one) => !/^\s*(?:identity)?\s*$/i.test(one))) {
    throw bodyType(
      'Send the body without a Content-Encoding; compressed bodies are not supported.',
    );
  }
}

function requireUtf8(type: string): void {
  for (const [, quoted, word = quoted] of type.matchAll(
    /;\s*charset\s*=\s*(?:"([^"]*)"?|([^\s;]*))/gi,
  )) {
    if (!/^utf-?8$/i.test(word ?? ''))
      throw bodyType('Send the body in UTF-8; other charsets are not supported.');
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemError('body-malformed', 'The body is not valid UTF-8.');
  }
}

function requireBounded(text: string): void {
  try {
    requireBoundedJson(text);
  } catch (error) {
    throw new ProblemError('body-malformed', `The body is ${(error as Error).message}.`);
  }
}

/** The problem of a client that disconnected. */
function refuseIncomplete(): never {
  throw new ProblemError('body-malformed', 'The body arrived incomplete.');
}
