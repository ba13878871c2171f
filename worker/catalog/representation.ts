import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { Env } from '../ports.ts';

/** The media types of a page's representations, the default first. */
const types = ['text/html', 'application/json', 'text/plain'] as const;

export type Representation = (typeof types)[number];

/**
 * The representation of a page that the request prefers (RFC 9110 section 12.5.1), and the page itself where the Accept
 * header names none of them, as that of curl. Sets Vary.
 */
export function preferredType(c: Context<Env>): Representation {
  c.header('Vary', 'Accept', { append: true });
  const [page] = types;
  return accepts(c, { header: 'Accept', supports: [...types], default: page }) as Representation;
}
