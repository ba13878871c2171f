import { LRUCache } from 'lru-cache';
import {
  appliesToCors,
  belongsToOneResponse,
  matches,
  repeatedIn304,
} from '../middleware/conditional.ts';
import type { CacheDependency, RequestHead } from '../ports.ts';
import { isTile } from './shared-cache.ts';

/** The response to send for a cached one. */
export interface OutgoingResponse {
  status: number;
  /** The cached headers, and the headers of this response only, which take precedence. */
  headers: Record<string, string>;
  own: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | null;
}

/** A cached response to an anonymous request. */
export interface CachedResponse {
  route: string;
  body: string | Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
  /** The headers of a 304 for it. */
  notModified: Record<string, string>;
  /** The CORS headers of a 304; omitted for requests without an Origin, such as those of hosts, since each header costs. */
  cors: Record<string, string>;
  etag: string | undefined;
  dependsOn: CacheDependency;
  generation: number;
  /** In milliseconds since the epoch. */
  expires: number;
}

/** The number of changes of each dependency in this process. */
type Generations = Readonly<Record<CacheDependency, number>>;

/**
 * An in-memory cache of public responses whose Cache-Control allows it: the bytes of versions, tiles of the log and
 * resolutions of references. Requests with a token or a cookie bypass it.
 */
export interface ResponseCache {
  /** The cached response to a request, if it is still valid. */
  find: (request: RequestHead) => CachedResponse | undefined;
  /** Read before a response is computed and passed to `store`: a change in between makes the response stale. */
  generations: () => Generations;
  /** Caches a response if allowed; returns the response to send instead. */
  store: (
    request: RequestHead,
    response: Response,
    about: { route: string; generations: Generations },
  ) => Promise<Response>;
  /** Drops the responses that depend on what has changed. */
  invalidate: (changed: Exclude<CacheDependency, 'nothing'>) => void;
}

/**
 * The maximum age of a cached response, in milliseconds: this process does not learn about changes that other processes
 * make in the same database.
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
      // Whether a reference resolves depends on the profile's visibility.
      if (changed === 'visibility') current.references++;
    },
    find(request) {
      if (!isShareable(request)) return undefined;
      const cached = responses.get(request.url);
      if (!cached || cached.generation !== current[cached.dependsOn]) return undefined;
      return now() < cached.expires ? cached : undefined;
    },
    async store(request, response, { route, generations }) {
      const control = response.headers.get('Cache-Control') ?? '';
      const seconds = /^public, max-age=(\d+)/.exec(control)?.[1];
      if (response.status !== 200 || seconds === undefined || !isShareable(request)) {
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

/** The bytes of a version depend only on its profile's visibility, the log's tiles on nothing. */
function dependencyOf({ url }: RequestHead, control: string): CacheDependency {
  if (isTile(new URL(url).pathname)) return 'nothing';
  return control.includes('immutable') ? 'visibility' : 'references';
}

/** Whether a request reads all of a resource, without credentials. */
function isShareable({ method, header }: RequestHead): boolean {
  const own = ['authorization', 'cookie', 'range'];
  return method === 'GET' && own.every((name) => header(name) == null);
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

/** The cached response, or a 304 if the request's If-None-Match has its ETag, with headers of its own. */
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

/** For each cached response, an empty one with its headers. */
const templates = new WeakMap<OutgoingResponse['headers'], Response>();

/**
 * Creates a Response. On workerd, setting the headers costs as much as everything else here, so those of a cached response
 * are set once, in a template. The template is a Response, whose headers are copied; a Headers object may be shared, as
 * by the Response of Node's server, and one response's own headers would leak into the next.
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
