import { OpenAPIHono, type RouteConfig } from '@hono/zod-openapi';
import type { ZodType } from 'zod';
import type { Env } from '../deps.ts';
import { ProblemError } from '../problem.ts';
import { Problem } from './schema/index.ts';

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

/** The documentation of the problems a route may answer with, by status. */
export function problems(...statuses: number[]): Responses {
  const content = { 'application/problem+json': { schema: Problem } };
  return Object.fromEntries(
    statuses.map((status) => [status, { description: reasons[status] ?? 'Refused', content }]),
  );
}

const reasons: Record<number, string> = {
  400: 'The request is malformed',
  401: 'No token, or one that is not known',
  403: 'The token does not allow this',
  404: 'There is no such thing',
  409: 'It exists already, and differs',
  413: 'Too large',
  415: 'Not JSON',
  422: 'Understood, and refused; the problem says why',
  429: 'Too many requests; Retry-After says how long to wait',
  503: 'Not now',
};
