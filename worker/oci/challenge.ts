import type { Context } from 'hono';
import { originOf } from '../origin.ts';
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
