import { readAtMost } from '../../trust/index.ts';
import { refuseManyCodings } from '../content-codings.ts';
import { SdkError } from '../error.ts';
import { createPacing, type WaitLimits } from '../pacing.ts';
import { parseChallenge } from './challenge.ts';
import { isLoopback } from './location.ts';

/** How to connect to a registry of OCI. */
export interface MirrorAccess {
  /** A user name and a password; sent to this registry only. */
  credentials?: { user: string; password: string } | undefined;
  /** An API token, if this is an aa-registry; sent to this registry only. */
  token?: string | undefined;
  /** The timeout of one request, in milliseconds; default 30 seconds. */
  timeout?: number | undefined;
  /** How long slow responses may take together. */
  waitLimits?: WaitLimits | undefined;
}

/** A response of a registry of OCI, with its whole body. */
export interface MirrorResponse {
  status: number;
  headers: Headers;
  bytes: Uint8Array<ArrayBuffer>;
}

/** A registry of OCI. Its methods throw an {@link SdkError} if it can't be reached or refuses access. */
export interface Connection {
  origin: string;
  /** Sends a GET for a path of this registry, at most `maxBytes` of a response. */
  get: (path: string, options: { accept?: string; maxBytes: number }) => Promise<MirrorResponse>;
}

const usualTimeout = 30_000;
const maxRedirects = 5;
/** The maximum number of requests of a connection: 32 needed packages take some hundreds, with ten pages of tags each. */
const maxRequests = 2000;
const maxTokenBytes = 64 << 10;
/** The maximum length of a token, in characters: it is sent in a header. */
const maxToken = 16 << 10;

const encoder = new TextEncoder();

/**
 * Connects to a registry of OCI. Credentials and tokens are sent to its own address only, never to where it redirects or
 * where its tokens come from, if that is another; both must have TLS, unless all of them are on this machine.
 */
export function connectMirror(
  origin: string,
  { credentials, token: own, timeout = usualTimeout, waitLimits }: MirrorAccess = {},
): Connection {
  refuseManyCodings();
  const pacing = createPacing({ waitLimits });
  let requests = 0;
  let authorization = own === undefined ? undefined : `Bearer ${own}`;
  const basic = credentials && basicOf(credentials);

  async function send(
    url: URL,
    headers: Record<string, string>,
    maxBytes: number,
  ): Promise<MirrorResponse> {
    // A host waits with its lock, whether responses are slow or many.
    if (++requests > maxRequests) throw unreachable(`needs more than ${maxRequests} requests`);
    const isInTime = pacing.timed();
    let reply: MirrorResponse | undefined;
    try {
      const signal = AbortSignal.timeout(timeout);
      const response = await fetch(url, { headers, redirect: 'manual', signal });
      const bytes = await readAtMost(response.body, maxBytes);
      reply = bytes && { status: response.status, headers: response.headers, bytes };
    } catch (error) {
      const reason =
        (error as Error).name === 'TimeoutError'
          ? `no response within ${timeout / 1000} s`
          : (((error as Error).cause as Error | undefined)?.message ?? (error as Error).message);
      throw unreachable(`can't be reached: ${reason}`);
    }
    if (!isInTime())
      throw unreachable('responds too slowly: all its responses together took too long');
    if (reply) return reply;
    throw unreachable(`sent more than ${maxBytes} bytes`);
  }

  function unreachable(what: string): SdkError {
    const next = 'Check the address in --from, and the proxy and CA settings.';
    return new SdkError('mirror-unreachable', `The mirror at ${origin} ${what}`, { next });
  }

  /** An address that the registry names; it must not lead from TLS to plain HTTP. */
  function named(text: string, base: URL | string): URL {
    const url = URL.parse(text, base);
    const isPlain = url?.protocol === 'http:' && origin.startsWith('http:') && isLoopback(url);
    if (!url || (url.protocol !== 'https:' && !isPlain) || url.username || url.password) {
      throw unreachable('names an address without TLS');
    }
    return url;
  }

  async function follow(path: string, accept: string | undefined, maxBytes: number) {
    let url = new URL(path, origin);
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      const isOwn = url.origin === origin;
      const response = await send(
        url,
        {
          ...(accept !== undefined && { Accept: accept }),
          ...(isOwn && authorization !== undefined && { Authorization: authorization }),
        },
        maxBytes,
      );
      const location = response.headers.get('Location');
      if (![301, 302, 303, 307, 308].includes(response.status) || location === null) {
        return { response, isOwn };
      }
      url = named(location, url);
    }
    throw unreachable(`redirects more than ${maxRedirects} times`);
  }

  /** What to send after a 401; `undefined` if nothing can be. */
  async function authorize(header: string | null): Promise<string | undefined> {
    const challenge = parseChallenge(header);
    if (challenge?.scheme === 'basic') return basic;
    if (!challenge) return undefined;
    const { realm, service, scope } = challenge;
    const url = named(realm, origin);
    if (service !== undefined) url.searchParams.set('service', service);
    if (scope !== undefined) url.searchParams.set('scope', scope);
    const isOwn = url.origin === origin;
    const headers = isOwn && basic !== undefined ? { Authorization: basic } : {};
    const { status, bytes } = await send(url, headers as Record<string, string>, maxTokenBytes);
    const token = status === 200 ? tokenIn(bytes) : undefined;
    return token === undefined ? undefined : `Bearer ${token}`;
  }

  return {
    origin,
    async get(path, { accept, maxBytes }) {
      let { response, isOwn } = await follow(path, accept, maxBytes);
      if (response.status === 401 && isOwn) {
        const next = await authorize(response.headers.get('WWW-Authenticate'));
        if (next !== undefined) {
          authorization = next;
          ({ response, isOwn } = await follow(path, accept, maxBytes));
        }
      }
      const { status } = response;
      if (status === 401 || status === 403) {
        const next =
          'Log in with a container tool, such as "skopeo login" or "docker login", or set AA_TOKEN if it is an aa-registry.';
        throw new SdkError('mirror-access', `The mirror at ${origin} refuses access to ${path}`, {
          next,
        });
      }
      if (status !== 200 && status !== 404) throw unreachable(`responded with status ${status}`);
      return response;
    },
  };
}

function basicOf({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(encoder.encode(`${user}:${password}`)).toString('base64')}`;
}

/** The token in a response of a token server. */
function tokenIn(bytes: Uint8Array): string | undefined {
  try {
    const { token, access_token: access = token } = JSON.parse(Buffer.from(bytes).toString());
    const isToken =
      typeof access === 'string' && access.length <= maxToken && /^[\x21-\x7e]+$/.test(access);
    return isToken ? access : undefined;
  } catch {
    return undefined;
  }
}
