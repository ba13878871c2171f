import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { problems } from '../../contract/index.ts';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';
import { challengeOf } from './challenge.ts';

/** The status of each error code that this registry uses (OCI distribution-spec 1.1, "Error Codes"). */
const statuses = {
  BLOB_UNKNOWN: 404,
  DENIED: 403,
  DIGEST_INVALID: 400,
  MANIFEST_UNKNOWN: 404,
  NAME_INVALID: 400,
  NAME_UNKNOWN: 404,
  TOOMANYREQUESTS: 429,
  UNAUTHORIZED: 401,
  UNSUPPORTED: 405,
} as const;

export type OciCode = keyof typeof statuses;

/** Thrown while handling a request of an OCI client; sent by {@link ociErrorResponse}. */
export class OciError extends Error {
  readonly code: OciCode;
  readonly status: ContentfulStatusCode;

  /** `status` is that of the code by default. */
  constructor(code: OciCode, message: string, status: ContentfulStatusCode = statuses[code]) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

/** Whether the path of a request belongs to OCI clients, whose errors have a form of their own. */
export function isOciPath(path: string): boolean {
  return path === '/v2' || path.startsWith('/v2/');
}

/** The response for an error, in the specification's form. */
export function ociErrorResponse(c: Context<Env>, error: OciError | ProblemError): Response {
  const { message } = error;
  const { code, status } = error instanceof OciError ? error : fromProblem(error);
  const { retryAfter } = error instanceof ProblemError ? error.more : {};
  c.header('Cache-Control', 'no-store');
  if (status === 401) c.header('WWW-Authenticate', challengeOf(c));
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
  return c.json({ errors: [{ code, message }] }, status);
}

/** The code of a problem; the specification has none for statuses from 500. */
function fromProblem({ id }: ProblemError): { code: string; status: ContentfulStatusCode } {
  const { status } = problems[id];
  const codes: Record<number, OciCode> = {
    401: 'UNAUTHORIZED',
    403: 'DENIED',
    404: 'NAME_UNKNOWN',
    429: 'TOOMANYREQUESTS',
  };
  return { code: codes[status] ?? (status < 500 ? 'UNSUPPORTED' : 'UNKNOWN'), status };
}
