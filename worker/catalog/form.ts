import type { Context } from 'hono';
import { readAtMost } from '../../trust/index.ts';
import { requirePlain } from '../middleware/body.ts';
import type { Env } from '../ports.ts';
import { bodyType, ProblemError } from '../problem.ts';

/** The fields of a submitted form by name. */
export type Form = ReadonlyMap<string, string>;

/** The name of the field with the session's form token. */
export const formTokenField = 'form-token';

/** Reads a form of at most `maxBytes` bytes. Throws a problem if the body is larger or not a URL-encoded form. */
export async function readForm(c: Context<Env>, maxBytes: number): Promise<Form> {
  const { body, headers } = c.req.raw;
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers.get('Content-Type') ?? '')) {
    throw bodyType('Send the form with Content-Type: application/x-www-form-urlencoded.');
  }
  requirePlain(headers);
  const bytes = await readAtMost(body, maxBytes).catch(() => undefined);
  if (!bytes) {
    throw new ProblemError('body-too-large', `The form is larger than ${maxBytes} bytes.`);
  }
  return new Map(new URLSearchParams(new TextDecoder().decode(bytes)));
}

/** Requires that a form was made for the request's session: only its pages contain its form token. */
export function requireFormToken(c: Context<Env>, form: Form): void {
  // The token has 256 bits and is that of one session: comparing takes no measurable time that helps.
  if (form.get(formTokenField) === c.var.reader?.formToken) return;
  throw new ProblemError('cross-site', 'The form is of an earlier session. Load its page again.');
}
