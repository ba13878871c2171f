import * as z from 'zod';
import { parseJson, readAtMost } from '../trust/index.ts';
import { SdkError } from './error.ts';
import type { Environment } from './home.ts';

/** The timeout for the CI provider, in milliseconds. */
const timeout = 10_000;

/** The maximum size of its response, in bytes. */
const maxResponse = 64 * 1024;

const TokenResponse = z.object({ value: z.string().min(1) });

/**
 * The OpenID Connect token of the current CI job, issued for `audience`: the registry's address as the caller gives it,
 * never as the registry gives it, which could request a token that is valid elsewhere. GitHub Actions issues one on
 * request; on GitLab an `id_tokens` entry puts it into AA_ID_TOKEN. `undefined` elsewhere. Throws {@link SdkError}.
 */
export async function requestJobToken(
  env: Environment,
  audience: string,
  fetch = globalThis.fetch,
): Promise<string | undefined> {
  if (env.AA_ID_TOKEN) return env.AA_ID_TOKEN;
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (!url || !token) return undefined;
  try {
    const address = new URL(url);
    address.searchParams.set('audience', audience);
    const response = await fetch(address, {
      headers: { Authorization: `Bearer ${token}`, Accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeout),
    });
    if (!response.ok) throw new Error(`it returned ${response.status}`);
    const bytes = await readAtMost(response.body, maxResponse);
    if (!bytes) throw new Error('its response is too long');
    return TokenResponse.parse(parseJson(new TextDecoder().decode(bytes))).value;
  } catch (error) {
    throw new SdkError(
      'job-token',
      `GitHub issued no token for this job: ${(error as Error).message}.`,
    );
  }
}
