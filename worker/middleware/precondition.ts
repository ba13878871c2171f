import type { Context } from 'hono';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { tagOf } from './conditional.ts';

/**
 * Requires that the request's `If-Match`, if any, matches the current ETag of `resource` (RFC 9110 section 13.1.1).
 * `current` returns the body that reading the resource would return; it is only called when needed.
 */
export async function requireMatch(
  c: Context<Env>,
  resource: string,
  current: () => Promise<object>,
): Promise<void> {
  const header = c.req.header('If-Match');
  if (header === undefined || header.trim() === '*') return;
  const tag = tagOf(JSON.stringify(await current()));
  // Strong comparison: a weak tag matches nothing.
  if (header.split(',').some((one) => one.trim() === tag)) return;
  throw notMatching(resource);
}

/** The problem that a resource does not match `If-Match`. */
export function notMatching(resource: string): ProblemError {
  const detail = `${resource} has changed and does not match If-Match. Read it again.`;
  return new ProblemError('precondition-failed', detail);
}
