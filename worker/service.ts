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
import { requestId } from './observability/request-record.ts';
import type { Bindings, Deps, Env, Rate, RequestHead, RequestRecord } from './ports.ts';

/** The registry as a runtime calls it. */
export interface Service {
  fetch: (request: Request, bindings?: object) => Response | Promise<Response>;
  /**
   * Responds from the cache without creating a Response, on runtimes that support it; `send` returns the number of bytes
   * sent. Returns `false` and sends nothing if `fetch` must handle the request.
   */
  respondFromCache: (
    request: RequestHead,
    bindings: object,
    send: (response: OutgoingResponse) => number,
  ) => boolean;
}

/** The app behind its response cache, with a record of each request. */
export function createService(deps: Deps): Service {
  const { observers = [], limits, rateLimits = {} } = deps;
  const { responseCacheBytes } = limits;
  const cache = responseCacheBytes > 0 ? createResponseCache(responseCacheBytes) : undefined;
  const app: Hono<Env> = createApp({ ...deps, invalidateCache: cache?.invalidate });

  function begin(head: RequestHead, bindings: object): RequestRecord {
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
  function end(record: RequestRecord, status: number, bytes?: number): void {
    record.status = status;
    record.milliseconds = performance.now() - record.start;
    record.bytes = bytes;
    for (const observe of observers) observe(record);
  }

  async function fromApp(
    request: Request,
    head: RequestHead,
    bindings: object,
    record: RequestRecord,
  ) {
    const generations = cache?.generations();
    const all: Bindings = { ...bindings, record };
    const response = await app.fetch(request, all);
    if (!cache || !generations) return response;
    const about = { route: record.route, generations };
    if (!all.fullResponse) return cache.store(head, response, about);
    // The full response is cached even when a 304 is sent, since hosts mostly send conditional requests.
    await cache.store(head, all.fullResponse, about);
    return response;
  }

  /** The response from the cache; `undefined` if there is none or the client is over its rate limit, to which the app responds. */
  function fromCache(head: RequestHead, record: RequestRecord) {
    const cached = cache?.find(head);
    if (!cached) return undefined;
    const { address } = record;
    const { address: limiter } = rateLimits;
    const respond = (rate?: Rate): OutgoingResponse | undefined => {
      if (rate?.ok === false) return undefined;
      const own: Record<string, string> = { 'X-Request-Id': record.id };
      if (rate && limiter) Object.assign(own, rateHeaders('address', limiter, rate));
      record.route = cached.route;
      return outgoingFor(head, cached, own);
    };
    if (address === undefined || !limiter) return respond();
    return andThen(limiter.take(networkOf(address)), respond);
  }

  return {
    fetch(request, bindings = {}) {
      const head = headOf(request);
      const record = begin(head, bindings);
      const respond = (cached?: OutgoingResponse) =>
        cached ? toResponse(cached) : fromApp(request, head, bindings, record);
      const observed = (response: Response) => {
        const { status } = response;
        if (deps.whenSent) deps.whenSent(bindings, (bytes) => end(record, status, bytes));
        else end(record, status);
        return response;
      };
      return andThen(andThen(fromCache(head, record), respond), observed);
    },
    respondFromCache(head, bindings, send) {
      const record = begin(head, bindings);
      const cached = fromCache(head, record);
      if (!cached || cached instanceof Promise) return false;
      end(record, cached.status, send(cached));
      return true;
    },
  };
}

/** Applies `next` to a value, synchronously unless it is a promise, so that Node's server responds without delay. */
function andThen<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next | Promise<Next>,
): Next | Promise<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function headOf({ method, url, headers }: Request): RequestHead {
  return { method, url, header: (name) => headers.get(name) };
}
