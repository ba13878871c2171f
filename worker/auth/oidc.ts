import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  jwtVerify,
} from 'jose';
import * as z from 'zod';
import { readAtMost, requireBoundedJson } from '../../trust/index.ts';
import type { Oidc, VerifiedJob, VerifyJob } from '../ports.ts';

/** The format of a provider's claims. */
export type Provider = 'github' | 'gitlab';

/** The accepted issuers and the required audience. */
export interface OidcOptions {
  /** The required `aud` of a token: this registry's public URL, so that a token for another service is refused. */
  audience: string;
  issuers: readonly Issuer[];
  fetch?: typeof fetch;
}

export interface Issuer {
  /** Its URL, the `iss` of its tokens. */
  url: string;
  provider: Provider;
}

/** Public providers. */
export const wellKnownIssuers: readonly Issuer[] = [
  { url: 'https://token.actions.githubusercontent.com', provider: 'github' },
  { url: 'https://gitlab.com', provider: 'gitlab' },
];

/** Parses `github=URL` or `gitlab=URL`; `undefined` if malformed. */
export function parseIssuer(text: string): Issuer | undefined {
  const [, provider, url = ''] = /^(github|gitlab)=(.+)$/.exec(text) ?? [];
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return undefined;
  return { url, provider: provider as Provider };
}

/** The maximum age of a token and the tolerated clock skew, in seconds. */
const maxAge = 15 * 60;
const clockSkew = 30;

/** The timeout of requests to a provider, in milliseconds, and the maximum size of its responses, in bytes. */
const timeout = 5000;
const maxResponseBytes = 256 * 1024;

/** Public-key signature algorithms. */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];

/** Accepts tokens of these issuers whose audience is this registry's public URL. */
export function createOidc(publicUrl: string, issuers: readonly Issuer[]): Oidc {
  const audience = publicUrl.replace(/\/+$/, '');
  const verify = createJobVerifier({ audience, issuers });
  return { audience, issuers: issuers.map(({ url }) => url), verify };
}

/** A provider's metadata (OpenID Connect Discovery 1.0, section 3). */
const Discovery = z.object({ issuer: z.string(), jwks_uri: z.url() });

const GithubClaims = z.object({
  repository: z.string().min(1),
  repository_id: z.string().min(1),
  ref: z.string(),
  event_name: z.string(),
  environment: z.string().optional(),
  jti: z.string().min(1),
});

const GitlabClaims = z.object({
  project_path: z.string().min(1),
  project_id: z.string().min(1),
  ref: z.string(),
  ref_type: z.string(),
  environment: z.string().optional(),
  jti: z.string().min(1),
});

/**
 * Creates a verifier for these issuers; a token can't make it contact any other URL. Never throws: an unreachable issuer
 * is a reason to refuse.
 */
export function createJobVerifier({
  audience,
  issuers,
  fetch = globalThis.fetch,
}: OidcOptions): VerifyJob {
  const verifiers = new Map(
    issuers.map((issuer) => [issuer.url, createIssuerVerifier(issuer, audience, fetch)]),
  );
  return async (token) => {
    const claimed = readIssuer(token);
    const verify = claimed === undefined ? undefined : verifiers.get(claimed);
    if (!verify) return refused('this registry does not accept its issuer');
    return verify(token);
  };
}

function readIssuer(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function createIssuerVerifier(
  { url, provider }: Issuer,
  audience: string,
  fetch: typeof globalThis.fetch,
): VerifyJob {
  const get = async (address: string, init: RequestInit = {}): Promise<Response> => {
    const signal = init.signal ?? AbortSignal.timeout(timeout);
    // A redirect could lead anywhere and is refused. (workerd has no redirect: 'error'.)
    const response = await fetch(address, { ...init, redirect: 'manual', signal });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    const bytes = await readAtMost(response.body, maxResponseBytes);
    if (!bytes) throw new Error(`its response is larger than ${maxResponseBytes} bytes`);
    const text = new TextDecoder().decode(bytes);
    requireBoundedJson(text);
    return new Response(text, { status: response.status });
  };
  /** The provider's keys, after discovery; jose refreshes them. */
  let keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  async function discover(): Promise<ReturnType<typeof createRemoteJWKSet>> {
    const response = await get(`${url.replace(/\/+$/, '')}/.well-known/openid-configuration`);
    const discovery = Discovery.parse(await response.json());
    if (discovery.issuer !== url)
      throw new Error(`its discovery document names the issuer ${discovery.issuer}`);
    const address = new URL(discovery.jwks_uri);
    if (address.protocol !== new URL(url).protocol)
      throw new Error('its jwks_uri has another scheme');
    return createRemoteJWKSet(address, { timeoutDuration: timeout, [customFetch]: get });
  }

  return async (token) => {
    try {
      keys ??= await discover();
      const { payload } = await jwtVerify(token, keys, {
        issuer: url,
        audience,
        algorithms,
        maxTokenAge: maxAge,
        clockTolerance: clockSkew,
        requiredClaims: ['exp', 'iat', 'jti'],
      });
      return readJob(url, provider, payload);
    } catch (error) {
      if (error instanceof errors.JOSEError && error.code !== 'ERR_JWKS_TIMEOUT') {
        return refused(error.message);
      }
      return refused(`its issuer ${url} can’t be reached: ${(error as Error).message}`);
    }
  };
}

function readJob(issuer: string, provider: Provider, payload: JWTPayload): VerifiedJob {
  return provider === 'github' ? readGithub(issuer, payload) : readGitlab(issuer, payload);
}

/** GitHub's claims ("About security hardening with OpenID Connect"). */
function readGithub(issuer: string, payload: JWTPayload): VerifiedJob {
  const { data: claims } = GithubClaims.safeParse(payload);
  if (!claims) return refused('it is not a token of a GitHub Actions job');
  // Such a job runs code of a pull request with the rights of the branch.
  if (claims.event_name === 'pull_request_target') {
    return refused('its job runs for a pull request');
  }
  const branch = /^refs\/heads\/(.+)$/.exec(claims.ref)?.[1];
  if (branch === undefined) return refused(`its job runs on ${claims.ref}, which is not a branch`);
  return {
    ok: true,
    job: {
      issuer,
      repository: claims.repository.toLowerCase(),
      repositoryId: claims.repository_id,
      branch,
      environment: claims.environment,
      id: claims.jti,
    },
  };
}

/** GitLab's claims ("OpenID Connect (OIDC) authentication using ID tokens"). */
function readGitlab(issuer: string, payload: JWTPayload): VerifiedJob {
  const { data: claims } = GitlabClaims.safeParse(payload);
  if (!claims) return refused('it is not an ID token of a GitLab job');
  if (claims.ref_type !== 'branch') {
    return refused(`its job runs on the ${claims.ref_type} ${claims.ref}, which is not a branch`);
  }
  return {
    ok: true,
    job: {
      issuer,
      repository: claims.project_path.toLowerCase(),
      repositoryId: claims.project_id,
      branch: claims.ref,
      environment: claims.environment,
      id: claims.jti,
    },
  };
}

function refused(reason: string): VerifiedJob {
  return { ok: false, reason };
}
