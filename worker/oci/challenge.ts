import type { Context } from 'hono';
import type { Env } from '../ports.ts';

/** Where clients get the token that they send with other requests. */
export const tokenPath = '/v2/token';

/**
 * The `WWW-Authenticate` of a 401: it sends clients to {@link tokenPath} for a token to read the path's profile (RFC 6750
 * section 3, with the parameters of the Docker registry's token authentication).
 */
export function challengeOf(c: Context<Env>): string {
  const { path } = c.req;
  if (path === tokenPath) return 'Basic realm="aa-registry"';
  const origin = originOf(c);
  const [, name] = /^\/v2\/([a-z0-9._-]+\/[a-z0-9._-]+)\//.exec(path) ?? [];
  const scope = name === undefined ? '' : `,scope="repository:${name}:pull"`;
  return `Bearer realm="${origin}${tokenPath}",service="${new URL(origin).host}"${scope}`;
}

/**
 * The registry's address as the client knows it: the public URL, or what the request names. A proxy that ends TLS tells the
 * scheme; a client that forges it only misleads itself.
 */
function originOf(c: Context<Env>): string {
  const { oidc } = c.var.deps;
  if (oidc) return oidc.audience;
  const url = new URL(c.req.url);
  if (c.req.header('X-Forwarded-Proto') === 'https') url.protocol = 'https:';
  return url.origin;
}
