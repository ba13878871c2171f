import type { Context } from 'hono';
import {
  type Diagnostic,
  type Problem,
  type ProblemId,
  problemNamespace,
  problems,
  type Widening,
} from '../contract/index.ts';

/** Additional members of some problems. */
export interface ProblemExtensions {
  diagnostics?: Diagnostic[];
  /** How many more diagnostics there are. */
  omitted?: number;
  /** What a version may permit beyond the one that it follows. */
  widening?: Widening;
  /** The Retry-After, in seconds. */
  retryAfter?: number;
}

/** Thrown while handling a request; sent as problem+json (RFC 9457) by {@link problemResponse}. */
export class ProblemError extends Error {
  readonly id: ProblemId;
  readonly more: ProblemExtensions;

  constructor(id: ProblemId, detail: string, more: ProblemExtensions = {}) {
    super(detail);
    this.id = id;
    this.more = more;
  }
}

/** The problem of a body without the media type JSON, found by readBody or by Hono, which is stricter. */
export function bodyType(
  detail = 'Send the body with Content-Type: application/json.',
): ProblemError {
  return new ProblemError('body-type', detail);
}

/** A problem as the API returns it. */
export function toProblem({ id, message, more }: ProblemError): Problem {
  const { status, title } = problems[id];
  const { diagnostics, omitted = 0, widening } = more;
  return {
    type: problemNamespace + id,
    title,
    status,
    detail: message,
    ...(diagnostics ? { diagnostics, omitted } : {}),
    ...(widening ? { widening } : {}),
  };
}

/** The response for a problem. */
export function problemResponse(c: Context, problem: ProblemError): Response {
  const { status } = problems[problem.id];
  const body = toProblem(problem);
  const { retryAfter } = problem.more;
  c.header('Cache-Control', 'no-store');
  if (status === 401) c.header('WWW-Authenticate', 'Bearer realm="aa-registry"');
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
  // The unread rest of a refused body must not be parsed as the next request.
  if (status === 413) c.header('Connection', 'close');
  return c.body(JSON.stringify(body), status, { 'Content-Type': 'application/problem+json' });
}
