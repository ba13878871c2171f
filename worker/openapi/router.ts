import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { ZodType } from 'zod';
import { Problem } from '../../contract/index.ts';
import type { Env } from '../ports.ts';
import { ProblemError, type ProblemId, problemList } from '../problem.ts';

/** How many of a request's faults are told, and how much of each: a request may be nothing but faults. */
const mostIssues = 10;
const longestIssue = 300;

/** A Hono app whose routes are checked against, and documented by, their zod schemas. */
export function createRouter(): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (result.success) return;
      const { issues } = result.error;
      const told = issues.slice(0, mostIssues).map(({ path, message }) => {
        const issue = path.length > 0 ? `${path.join('.')}: ${message}` : message;
        return issue.length > longestIssue ? `${issue.slice(0, longestIssue)}…` : issue;
      });
      const more = issues.length > mostIssues ? `; and ${issues.length - mostIssues} more` : '';
      throw new ProblemError('request-invalid', `${told.join('; ')}${more}.`);
    },
  });
}

type Responses = RouteConfig['responses'];

/** The documentation of a JSON answer. */
export function json<Schema extends ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** The documentation of a required JSON request body. */
export function jsonBody<Schema extends ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** What a status alone stands for: the problems that are the same wherever they come. */
const general = {
  400: ['body-malformed', 'request-invalid'],
  401: ['token-missing', 'token-unknown'],
  403: ['token-other-team', 'role-insufficient', 'admin-only'],
  404: ['not-found'],
  413: ['body-too-large'],
  415: ['body-type'],
  429: ['rate-limited'],
  500: ['internal-error'],
  503: ['not-ready'],
} as const satisfies Record<number, readonly ProblemId[]>;

/**
 * The documentation of the problems a route may answer with: by id, or by status for those that are the same
 * wherever they come. What any route may answer with is added to all (document.ts).
 */
export function problems(...asked: (ProblemId | keyof typeof general)[]): Responses {
  const ids = new Set<ProblemId>(
    asked.flatMap((one) => (typeof one === 'number' ? general[one] : [one])),
  );
  const found = problemList.filter(({ id }) => ids.has(id));
  const statuses = new Set(found.map(({ status }) => status));
  return Object.fromEntries(
    [...statuses].map((status) => [
      status,
      problemResponse(
        status,
        found.filter((problem) => problem.status === status).map(({ id }) => id),
      ),
    ]),
  );
}

/** What a route may answer with that takes an Idempotency-Key, and one whose answer holds a secret (idempotency.ts). */
export const repeatable = ['idempotency-key-reused', 'idempotency-in-progress'] as const;
export const repeatableWithSecret = [...repeatable, 'idempotency-done'] as const;

/** The documentation of these problems; document.ts narrows the schema to them. */
function problemResponse(status: number, ids: ProblemId[]) {
  return {
    description: reasons[status] ?? 'Refused',
    content: {
      'application/problem+json': {
        schema: Problem,
        examples: Object.fromEntries(
          ids.map((id) => [id, { $ref: `#/components/examples/${id}` }]),
        ),
      },
    },
  };
}

const reasons: Record<number, string> = {
  400: 'The request is malformed',
  401: 'No token, or one that is no good',
  403: 'The token does not allow this',
  404: 'There is no such thing',
  409: 'It is not as the request takes it to be',
  405: 'Not with this method',
  412: 'It was changed since the caller looked',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Understood, and refused; the problem says why',
  429: 'Too many requests; Retry-After says how long to wait',
  500: 'The registry failed; its own log says why',
  503: 'Not now',
  507: 'No room is left to store anything',
};
