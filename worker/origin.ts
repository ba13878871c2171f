import type { Context } from 'hono';
import type { Env } from './ports.ts';

/** The address of the registry without a path: the one that its operator has set, or that of the request. */
export function originOf(c: Context<Env>): string {
  const { publicUrl } = c.var.deps;
  return publicUrl === undefined ? new URL(c.req.url).origin : publicUrl.replace(/\/+$/, '');
}
