import type { Context } from 'hono';
import type { ZodType } from 'zod';
import { parseJson } from '../trust/index.ts';
import { ProblemError } from './problem.ts';

/** Encodes a place in a list as an opaque cursor. */
export function encodeCursor(place: unknown): string {
  return btoa(JSON.stringify(place)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Decodes a cursor. Throws a {@link ProblemError} if it is not valid for this list. */
export function decodeCursor<Place>(schema: ZodType<Place>, cursor: string): Place {
  const place = schema.safeParse(parse(cursor));
  if (place.success) return place.data;
  throw new ProblemError('request-invalid', 'cursor: must be the "next" of an earlier page.');
}

function parse(cursor: string): unknown {
  try {
    return parseJson(atob(cursor.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
}

/** Sets the Link header (RFC 8288) to the next page, if any: the same request with its cursor. */
export function linkNext(c: Context, next: string | null): void {
  if (next === null) return;
  const url = new URL(c.req.url);
  url.searchParams.set('cursor', next);
  c.header('Link', `<${url.pathname}${url.search}>; rel="next"`);
}
