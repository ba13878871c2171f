import type { Context } from 'hono';
import type { Env } from './ports.ts';

/**
 * The registry's address without a path, as the client knows it: the public URL, or what the request names. A proxy that ends
 * TLS tells the scheme; a client that forges it only misleads itself.
 */
export function originOf(c: Context<Env>): string {
  const { publicUrl } = c.var.deps;
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  const url = new URL(c.req.url);
  if (c.req.header('X-Forwarded-Proto') === 'https') url.protocol = 'https:';
  return url.origin;
}
