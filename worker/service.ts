import type { Hono } from 'hono';
import { createApp } from './app.ts';
import {
  createResponseCache,
  type OutgoingResponse,
  outgoingFor,
  toResponse,
} from './cache/response-cache.ts';
import { rateHeaders } from './middleware/rate-limit.ts';
import { networkOf } from './network/network.ts';
import { requestId } from './observability/access.ts';
import type { Access, Bindings, Deps, Env, Rate, RequestHead } from './ports.ts';

/** The registry as a runtime calls it. */
export interface Service {
  fetch: (request: Request, bindings?: object) => Response | Promise<Response>;
  /**
   * Responds from the cache without making a Response, on runtimes that can: `send` returns the number of bytes that it
   * sent. Returns `false`, having sent nothing, when `fetch` has to handle the request.
   */
  respondFromCache: (
    request: RequestHead,
    bindings: object,
    send: (response: OutgoingResponse) => number,
  ) => boolean;
}

/** The app behind its response cache, with an access record for each request. */
export function createService(deps: Deps): Service {
  const { observers = [], limits, rateLimits = {} } = deps;
  const { responseCacheBytes } = limits;
  const cache = responseCacheBytes > 0 ? createResponseCache(responseCacheBytes) : undefined;
  const app: Hono<Env> = createApp({ ...deps, invalidateCache: cache?.invalidate });

  function begin(head: RequestHead, bindings: object): Access {
    return {
      id: requestId(head.header('x-request-id')),
      method: head.method,
      route: '-',
      address: deps.addressOf?.(head, bindings),
      token: undefined,
      status: 0,
      start: performance.now(),
      time: Date.now(),
      milliseconds: 0,
      bytes: undefined,
      error: undefined,
    };
  }

  /** Completes the record of a request whose response has been sent. */
  function end(access: Access, status: number, bytes?: number): void {
    access.status = status;
    access.milliseconds = performance.now() - access.start;
    access.bytes = bytes;
    for (const observe of observers) observe(access);
  }

  async function fromApp(request: Request, head: RequestHead, bindings: object, access: Access) {
    const generations = cache?.generations();
    const all: Bindings = { ...bindings, access };
    const response = await app.fetch(request, all);
    if (!cache || !generations) return response;
    const about = { route: access.route, generations };
    if (!all.fullResponse) return cache.store(head, response, about);
    // Hosts send conditional requests over and over: the full response has to be cached even when a 304 is sent.
    await cache.store(head, all.fullResponse, about);
    return response;
  }

  /** The response from the cache, unless the client is over its rate limit: the app responds to that. */
  function fromCache(head: RequestHead, access: Access) {
    const cached = cache?.find(head);
    if (!cached) return undefined;
    const { address } = access;
    const { address: limiter } = rateLimits;
    const respond = (rate?: Rate): OutgoingResponse | undefined => {
      if (rate?.ok === false) return undefined;
      const own: Record<string, string> = { 'X-Request-Id': access.id };
      if (rate && limiter) Object.assign(own, rateHeaders('address', limiter, rate));
      access.route = cached.route;
      return outgoingFor(head, cached, own);
    };
    if (address === undefined || !limiter) return respond();
    return andThen(limiter.take(networkOf(address)), respond);
  }

  return {
    fetch(request, bindings = {}) {
      const head = headOf(request);
      const access = begin(head, bindings);
      const respond = (cached?: OutgoingResponse) =>
        cached ? toResponse(cached) : fromApp(request, head, bindings, access);
      const observed = (response: Response) => {
        const { status } = response;
        if (deps.whenSent) deps.whenSent(bindings, (bytes) => end(access, status, bytes));
        else end(access, status);
        return response;
      };
      return andThen(andThen(fromCache(head, access), respond), observed);
    },
    respondFromCache(head, bindings, send) {
      const access = begin(head, bindings);
      const cached = fromCache(head, access);
      if (!cached || cached instanceof Promise) return false;
      end(access, cached.status, send(cached));
      return true;
    },
  };
}

/** Applies `next` to a value, synchronously where it is no promise: Node's server then responds without a wait. */
function andThen<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next | Promise<Next>,
): Next | Promise<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function headOf({ method, url, headers }: Request): RequestHead {
  return { method, url, header: (name) => headers.get(name) };
}
