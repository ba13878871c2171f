import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { ZodType } from 'zod';
import { Problem, type ProblemId, problems } from '../../contract/index.ts';
import type { Env } from '../ports.ts';
import { ProblemError } from '../problem.ts';

/** The maximum number of validation errors in a problem, and the maximum length of each. */
const maxIssues = 10;
const maxIssueLength = 300;

/** A Hono app whose routes are checked against, and documented by, their zod schemas. */
export function createRouter(): OpenAPIHono<Env> {
  return new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (result.success) return;
      const { issues } = result.error;
      const shown = issues.slice(0, maxIssues).map(({ path, message }) => {
        const issue = path.length > 0 ? `${path.join('.')}: ${message}` : message;
        return issue.length > maxIssueLength ? `${issue.slice(0, maxIssueLength)}…` : issue;
      });
      const more = issues.length > maxIssues ? `; and ${issues.length - maxIssues} more` : '';
      throw new ProblemError('request-invalid', `${shown.join('; ')}${more}.`);
    },
  });
}

type Responses = RouteConfig['responses'];

/** The documentation of a JSON response. */
export function json<Schema extends ZodType>(description: string, schema: Schema) {
  return { description, content: { 'application/json': { schema } } };
}

/** The documentation of a required JSON request body. */
export function jsonBody<Schema extends ZodType>(schema: Schema) {
  return { required: true, content: { 'application/json': { schema } } };
}

/** The general problems by status. */
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
 * The documentation of a route's problems, by id or by status. Problems of all routes are added in document.ts.
 */
export function problemResponses(...documented: (ProblemId | keyof typeof general)[]): Responses {
  const asIds = (one: (typeof documented)[number]): readonly ProblemId[] =>
    typeof one === 'number' ? general[one] : [one];
  const ids = [...new Set(documented.flatMap(asIds))];
  const byStatus = Object.groupBy(ids, (id) => problems[id].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, ids]) => [status, problemResponse(Number(status), ids)]),
  );
}

/** The problems of routes with an Idempotency-Key; the second list is for responses with a secret (idempotency.ts). */
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
  400: 'Bad request',
  401: 'Missing or invalid token',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  409: 'Conflict with the current state',
  412: 'Precondition failed',
  413: 'Content too large',
  415: 'Unsupported media type',
  422: 'Unprocessable content',
  429: 'Too many requests',
  500: 'Internal error',
  503: 'Service unavailable',
  507: 'Insufficient storage',
};
