import type { Hono } from 'hono';
import { createApp } from './app.ts';
import { type Answer, answerWith, createAnswerCache, responseOf } from './cache/response-cache.ts';
import { rateHeaders } from './middleware/rate-limit.ts';
import { networkOf } from './network/network.ts';
import { requestId } from './observability/access.ts';
import type { Access, Asked, Bindings, Deps, Env, Rate } from './ports.ts';

/** The registry as a runtime calls it. */
export interface Service {
  fetch: (request: Request, bindings?: object) => Response | Promise<Response>;
  /**
   * Sends an answer that is kept in memory, for a runtime that can do so without a Response: `send` returns the bytes
   * that it sent. `false` when there is none, and `fetch` has to be asked.
   */
  answerAtOnce: (asked: Asked, bindings: object, send: (answer: Answer) => number) => boolean;
}

/** The app, with what is done for every request before it and after it, and with answers that are kept. */
export function createService(deps: Deps): Service {
  const app: Hono<Env> = createApp(deps);
  const { observers = [], limits, rateLimits = {} } = deps;
  const cache = limits.answerBytes > 0 ? createAnswerCache(deps.db, limits.answerBytes) : undefined;

  function begin(asked: Asked, bindings: object): Access {
    return {
      id: requestId(asked.header('x-request-id')),
      method: asked.method,
      route: '-',
      address: deps.addressOf?.(asked, bindings),
      token: undefined,
      status: 0,
      start: performance.now(),
      time: Date.now(),
      milliseconds: 0,
      bytes: undefined,
      error: undefined,
    };
  }

  /** Tells of a request whose answer has been sent. */
  function note(access: Access, status: number, bytes?: number): void {
    access.status = status;
    access.milliseconds = performance.now() - access.start;
    access.bytes = bytes;
    for (const observe of observers) observe(access);
  }

  async function fromApp(request: Request, asked: Asked, bindings: object, access: Access) {
    const revision = cache?.revision() ?? 0;
    const all: Bindings = { ...bindings, access };
    const response = await app.fetch(request, all);
    if (!cache) return response;
    const about = { route: access.route, revision };
    if (!all.whole) return cache.keep(asked, response, about);
    // Hosts ask for what they have over and over: a 304 has to be kept too, or each would be made anew.
    await cache.keep(asked, all.whole, about);
    return response;
  }

  /** The kept answer, unless the client is refused: to say so is the app's business. */
  function fromMemory(asked: Asked, access: Access) {
    const kept = cache?.find(asked);
    if (!kept) return undefined;
    const { address } = access;
    const { address: limiter } = rateLimits;
    const answerUnless = (rate?: Rate): Answer | undefined => {
      if (rate?.ok === false) return undefined;
      const own: Record<string, string> = { 'X-Request-Id': access.id };
      if (rate && limiter) Object.assign(own, rateHeaders('address', limiter, rate));
      access.route = kept.route;
      return answerWith(asked, kept, own);
    };
    if (address === undefined || !limiter) return answerUnless();
    const rate = limiter.take(networkOf(address));
    return andThen(rate, answerUnless);
  }

  return {
    fetch(request, bindings = {}) {
      const asked = askedBy(request);
      const access = begin(asked, bindings);
      const respond = (answer?: Answer) =>
        answer ? responseOf(answer) : fromApp(request, asked, bindings, access);
      const noted = (response: Response) => {
        const { status } = response;
        if (deps.whenSent) deps.whenSent(bindings, (bytes) => note(access, status, bytes));
        else note(access, status);
        return response;
      };
      const response = andThen(fromMemory(asked, access), respond);
      return andThen(response, noted);
    },
    answerAtOnce(asked, bindings, send) {
      const access = begin(asked, bindings);
      const answer = fromMemory(asked, access);
      if (!answer || answer instanceof Promise) return false;
      note(access, answer.status, send(answer));
      return true;
    },
  };
}

/** Goes on with a value, now if it is there: not to wait for it lets Node's server answer at once, and costs less. */
function andThen<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next | Promise<Next>,
): Next | Promise<Next> {
  return value instanceof Promise ? value.then(next) : next(value);
}

function askedBy({ method, url, headers }: Request): Asked {
  return { method, url, header: (name) => headers.get(name) };
}
