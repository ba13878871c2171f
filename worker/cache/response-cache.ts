import { LRUCache } from 'lru-cache';
import {
  appliesToCors,
  belongsToOneResponse,
  matches,
  repeatedIn304,
} from '../middleware/conditional.ts';
import type { CacheDependency, RequestHead } from '../ports.ts';
import { isTile } from './shared-cache.ts';

/** What is sent for a cached response. */
export interface OutgoingResponse {
  status: number;
  /** Cached headers, and those of this one response, which win where both have a name. */
  headers: Record<string, string>;
  own: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | null;
}

/** A response that stays the same for every anonymous caller for a while. */
export interface CachedResponse {
  route: string;
  body: string | Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
  /** The headers of a 304 for it. */
  notModified: Record<string, string>;
  /** The CORS headers of a 304; left out without an Origin, since each header costs and hosts send none. */
  cors: Record<string, string>;
  etag: string | undefined;
  dependsOn: CacheDependency;
  generation: number;
  /** In milliseconds since the epoch. */
  expires: number;
}

/** How often what cached responses depend on has changed in this process. */
type Generations = Readonly<Record<CacheDependency, number>>;

/**
 * Keeps in memory the responses that any caller may have and whose own Cache-Control lets them be cached: the bytes of
 * versions, tiles of the log, and what references resolve to. Requests with a token or a cookie bypass it.
 */
export interface ResponseCache {
  /** The cached response to a request, if it is still valid. */
  find: (request: RequestHead) => CachedResponse | undefined;
  /** Taken before a response is computed, and given to `store`: a change in between makes the response stale. */
  generations: () => Generations;
  /** Caches a response if it may be; returns the response to send in its place. */
  store: (
    request: RequestHead,
    response: Response,
    about: { route: string; generations: Generations },
  ) => Promise<Response>;
  /** Drops the responses that depend on what has changed. */
  invalidate: (changed: Exclude<CacheDependency, 'nothing'>) => void;
}

/**
 * How long a response stays in the cache at most, in milliseconds: this process does not learn what another one
 * changes in the same database.
 */
const maxAge: Record<CacheDependency, number> = {
  nothing: 60_000,
  visibility: 5_000,
  references: 2_000,
};

/** Headers that the server adds to each response itself. */
const addedByServer = /^(date|content-length)$/i;

/** The estimated memory of a cached response besides its body and key, in bytes. */
const overhead = 1024;

export function createResponseCache(maxBytes: number, now = Date.now): ResponseCache {
  const responses = new LRUCache<string, CachedResponse>({
    maxSize: maxBytes,
    sizeCalculation: ({ body }, key) => body.length + 2 * key.length + overhead,
  });
  const current: Record<CacheDependency, number> = { nothing: 0, visibility: 0, references: 0 };

  return {
    generations: () => ({ ...current }),
    invalidate(changed) {
      current[changed]++;
      // A reference resolves only for those who may see the profile.
      if (changed === 'visibility') current.references++;
    },
    find(request) {
      if (!isAnonymous(request)) return undefined;
      const cached = responses.get(request.url);
      if (!cached || cached.generation !== current[cached.dependsOn]) return undefined;
      return now() < cached.expires ? cached : undefined;
    },
    async store(request, response, { route, generations }) {
      const control = response.headers.get('Cache-Control') ?? '';
      const seconds = /^public, max-age=(\d+)/.exec(control)?.[1];
      if (response.status !== 200 || seconds === undefined || !isAnonymous(request)) {
        return response;
      }
      const dependsOn = dependencyOf(request, control);
      const content = new Uint8Array(await response.arrayBuffer());
      const headers = Object.fromEntries(response.headers);
      const body = isText(headers['content-type']) ? new TextDecoder().decode(content) : content;
      const lasting = select(
        headers,
        (name) => !belongsToOneResponse.test(name) && !addedByServer.test(name),
      );
      responses.set(request.url, {
        route,
        body,
        headers: { ...lasting, 'content-length': String(content.length) },
        notModified: select(lasting, (name) => repeatedIn304.test(name)),
        cors: select(lasting, (name) => appliesToCors.test(name)),
        etag: headers.etag,
        dependsOn,
        generation: generations[dependsOn],
        expires: now() + Math.min(Number(seconds) * 1000, maxAge[dependsOn]),
      });
      return new Response(body, { status: 200, headers });
    },
  };
}

/** Immutable bytes only depend on who may see them, the log's tiles on nothing. */
function dependencyOf({ url }: RequestHead, control: string): CacheDependency {
  if (isTile(new URL(url).pathname)) return 'nothing';
  return control.includes('immutable') ? 'visibility' : 'references';
}

function isAnonymous({ method, header }: RequestHead): boolean {
  return method === 'GET' && header('authorization') == null && header('cookie') == null;
}

function isText(type = ''): boolean {
  return /^text\/|\bjson\b/.test(type);
}

function select(
  headers: Record<string, string>,
  wanted: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));
}

/** The cached response, or a 304 where the request's If-None-Match has its ETag, with headers of its own. */
export function outgoingFor(
  { header }: RequestHead,
  { body, headers, notModified, cors, etag }: CachedResponse,
  own: Record<string, string>,
): OutgoingResponse {
  const known = header('if-none-match');
  if (known != null && etag !== undefined && (known === etag || matches(known, etag))) {
    const crossOrigin = header('origin') == null ? undefined : cors;
    return {
      status: 304,
      headers: crossOrigin ? { ...notModified, ...crossOrigin } : notModified,
      own,
      body: null,
    };
  }
  return { status: 200, headers, own, body };
}

/** An empty response with the headers of each cached response. */
const templates = new WeakMap<OutgoingResponse['headers'], Response>();

/**
 * Makes a Response. Filling headers costs workerd as much as everything else here, so the headers of a cached response
 * are filled once. A Response copies the headers of another Response; a Headers object it may share, as the
 * Response of the server for Node does, and then one response's own headers would show up in the next.
 */
export function toResponse({ status, headers, own, body }: OutgoingResponse): Response {
  let template = templates.get(headers);
  if (!template) {
    template = new Response(null, { status, headers });
    templates.set(headers, template);
  }
  const response = new Response(body, template);
  for (const [name, value] of Object.entries(own)) response.headers.set(name, value);
  return response;
}
