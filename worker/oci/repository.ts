import type { Context } from 'hono';
import { type Digest, isDigest, isProfileName, isTeam } from '../../trust/index.ts';
import type { Env } from '../ports.ts';
import { OciError } from './error.ts';

/** The names of repositories (OCI distribution-spec 1.1, "Pulling manifests"). */
const namePattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** A digest of any algorithm (image-spec 1.1, "Digests"). */
const digestPattern = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Za-z0-9=_-]+$/;

/** The maximum length of a path's part that is matched with a pattern. */
const maxLength = 255;

/** The profile that a request's path names. Throws an error if no profile can have that name. */
export function requireRepository(c: Context<Env>): { team: string; name: string } {
  const team = c.req.param('team') ?? '';
  const name = c.req.param('name') ?? '';
  if (!isTeam(team) || !isProfileName(name)) throw nameUnknown(c, `${team}/${name}`);
  return { team, name };
}

/**
 * The error for a name without a profile that the caller may see. A caller without a token, even the anonymous one, is
 * told to get one: clients log in only then, and a private profile must look like a missing one.
 */
export function nameUnknown(c: Context<Env>, name: string): OciError {
  if (name.length > maxLength || !namePattern.test(name)) {
    return new OciError('NAME_INVALID', 'The name of the repository is malformed.');
  }
  if (c.req.header('Authorization') === undefined) {
    const message = `${name} does not exist or is private. Log in with an API token as the password.`;
    return new OciError('UNAUTHORIZED', message);
  }
  return new OciError(
    'NAME_UNKNOWN',
    `${name} does not exist, or the token does not allow reading it.`,
  );
}

/**
 * The digest in a request's path; `undefined` for one of another algorithm than SHA-256, which nothing has. Throws an error
 * if it is malformed.
 */
export function requireDigest(text: string): Digest | undefined {
  if (isDigest(text)) return text;
  if (text.length <= maxLength && digestPattern.test(text) && !text.startsWith('sha256:'))
    return undefined;
  throw new OciError(
    'DIGEST_INVALID',
    'The digest is malformed: write sha256: and 64 hexadecimal digits.',
  );
}

/** The Cache-Control of what never changes: uncacheable by others while the profile is private. */
export function cacheControl(visibility: 'public' | 'private'): string {
  return visibility === 'public' ? 'public, max-age=31536000, immutable' : 'private, no-cache';
}
