import { Hono } from 'hono';
import type { Env } from '../ports.ts';
import { content } from './content.ts';
import { discovery } from './discovery.ts';
import { OciError } from './error.ts';
import { nameUnknown } from './repository.ts';
import { token } from './token.ts';

/**
 * Versions as artifacts that any container tool can pull: the read-only part of the OCI Distribution Specification 1.1.
 * Versions are published with `aa-registry publish`, which signs them.
 */
export const oci = new Hono<Env>();

const apiVersion = { 'Docker-Distribution-API-Version': 'registry/2.0' };

/** Clients log in only if this asks them to, and then get a token even without credentials. */
oci.on('GET', ['/v2', '/v2/'], (c) => {
  if (c.req.header('Authorization') !== undefined) return c.json({}, 200, apiVersion);
  throw new OciError(
    'UNAUTHORIZED',
    'Get a token first; one without an account reads public profiles.',
  );
});

oci.route('/', token);
oci.route('/', content);
oci.route('/', discovery);

oci.all('/v2/*', (c) => {
  const { method, path } = c.req;
  if (method === 'GET' || method === 'HEAD') {
    const [, name] = /^\/v2\/(.+)\/(?:manifests|blobs|tags|referrers)\/[^/]+$/.exec(path) ?? [];
    if (name !== undefined) throw nameUnknown(c, name);
    throw new OciError('UNSUPPORTED', `This registry has no ${path}.`, 404);
  }
  c.header('Allow', 'GET, HEAD, OPTIONS');
  if (method === 'OPTIONS') return c.body(null, 204);
  const message =
    'This registry takes no pushes: publish a profile with aa-registry publish, which signs it.';
  throw new OciError('UNSUPPORTED', message);
});
