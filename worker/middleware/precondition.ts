import type { Context } from 'hono';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { tagOf } from './conditional.ts';

/**
 * Refuses a change whose `If-Match` does not name what is there now (RFC 9110 section 13.1.1): the ETag that reading
 * `resource` has, whose body `current` makes. Without the header, nothing is looked at.
 */
export async function requireMatch(
  c: Context<Env>,
  resource: string,
  current: () => Promise<object>,
): Promise<void> {
  const header = c.req.header('If-Match');
  if (header === undefined || header.trim() === '*') return;
  const tag = await tagOf(JSON.stringify(await current()));
  // Strong comparison: a weak tag matches nothing.
  if (header.split(',').some((one) => one.trim() === tag)) return;
  throw notMatching(resource);
}

/** That a resource is not what the request's `If-Match` names. */
export function notMatching(resource: string): ProblemError {
  const detail = `${resource} has changed and does not match If-Match. Read it again.`;
  return new ProblemError('precondition-failed', detail);
}
