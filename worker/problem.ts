import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { type Diagnostic, type Problem, problemNamespace } from '../contract/index.ts';

/** Every problem the API answers with: its id, status and title. The ids are stable. */
const problems = {
  'body-malformed': [400, 'The request body can not be read'],
  'request-invalid': [400, 'The request is not valid'],
  'token-missing': [401, 'An API token is needed'],
  'token-unknown': [401, 'The API token is not known'],
  'token-other-team': [403, 'The token is of another team'],
  'role-insufficient': [403, 'The token does not allow this'],
  'cross-site': [403, 'The request comes from another site'],
  'admin-only': [403, 'Only an administrator may do this'],
  'quota-exceeded': [403, 'The team has all that it may have'],
  'not-found': [404, 'Not found'],
  'channel-unknown': [404, 'The profile has no such channel'],
  'range-unsatisfied': [404, 'No version is in the range'],
  'method-not-allowed': [405, 'Not with this method'],
  'idempotency-done': [409, 'It was done already'],
  'idempotency-in-progress': [409, 'The same request goes on still'],
  'team-exists': [409, 'The team exists'],
  'version-exists': [409, 'The version exists with other bytes'],
  'user-exists': [409, 'The user exists'],
  'last-owner': [409, 'The team would have no owner'],
  'profile-moved': [409, 'The profile was transferred'],
  'profile-changed': [409, 'The profile was changed meanwhile'],
  'visibility-other': [409, 'The profile has another visibility'],
  'publisher-exists': [409, 'The publisher is trusted already'],
  'channel-moved': [409, 'The channel names another version than you think'],
  'team-full': [409, 'The team has too many of them'],
  'key-revoked': [409, 'The key was revoked'],
  'precondition-failed': [412, 'It was changed since you looked'],
  'body-too-large': [413, 'The request body is too large'],
  'profile-too-large': [413, 'The profile is too large'],
  'body-type': [415, 'The request body must be JSON'],
  'replacement-unknown': [422, 'There is nothing of that name'],
  'oidc-refused': [401, 'The OpenID Connect token is refused'],
  'issuer-unknown': [422, 'The provider is not one that is accepted'],
  'idempotency-key-reused': [422, 'The Idempotency-Key stood with another request'],
  'key-invalid': [422, 'The public key is not valid'],
  'webhook-refused': [422, 'No webhook can go there'],
  'profile-invalid': [422, 'The profile has errors'],
  'endorsement-refused': [422, 'The endorsement of the key is refused'],
  'envelope-refused': [422, 'The envelope is refused'],
  'rate-limited': [429, 'Too many requests'],
  'internal-error': [500, 'The registry failed'],
  'storage-full': [507, 'The registry has no room left'],
  'not-ready': [503, 'The registry is not ready'],
  busy: [503, 'The registry has too much to do'],
} as const satisfies Record<string, readonly [ContentfulStatusCode, string]>;

export type ProblemId = keyof typeof problems;

/** Every problem there is, for the documentation. */
export const problemList: readonly { id: ProblemId; status: number; title: string }[] = (
  Object.keys(problems) as ProblemId[]
).map((id) => ({ id, status: problems[id][0], title: problems[id][1] }));

/** What some problems tell besides. */
export interface MoreOfProblem {
  diagnostics?: Diagnostic[];
  /** How many more diagnostics there are. */
  omitted?: number;
  /** In how many seconds it is worth trying again. */
  retryAfter?: number;
}

/** Thrown by whatever handles a request; answered as problem+json (RFC 9457) by {@link answerProblem}. */
export class ProblemError extends Error {
  readonly id: ProblemId;
  readonly more: MoreOfProblem;

  constructor(id: ProblemId, detail: string, more: MoreOfProblem = {}) {
    super(detail);
    this.id = id;
    this.more = more;
  }
}

/** That a body is not said to be JSON: by readBody, and by Hono, which is stricter about how that is written. */
export function bodyType(): ProblemError {
  return new ProblemError('body-type', 'Send the body with Content-Type: application/json.');
}

/** A problem as the API tells it. */
export function toProblem({ id, message, more }: ProblemError): Problem {
  const [status, title] = problems[id];
  const { diagnostics, omitted = 0 } = more;
  return {
    type: problemNamespace + id,
    title,
    status,
    detail: message,
    ...(diagnostics ? { diagnostics, omitted } : {}),
  };
}

/** The response for a problem. */
export function answerProblem(c: Context, problem: ProblemError): Response {
  const [status] = problems[problem.id];
  const body = toProblem(problem);
  const { retryAfter } = problem.more;
  c.header('Cache-Control', 'no-store');
  if (status === 401) c.header('WWW-Authenticate', 'Bearer realm="aa-registry"');
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter));
  // The rest of a body that was refused unread must not be taken for the next request.
  if (status === 413) c.header('Connection', 'close');
  return c.body(JSON.stringify(body), status, { 'Content-Type': 'application/problem+json' });
}
