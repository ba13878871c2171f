import type { Hono } from 'hono';
import { type Access, requestId } from './access.ts';
import { createAnswerCache, type KeptAnswer, respond } from './answer-cache.ts';
import { createApp } from './app.ts';
import type { Bindings, Deps, Env } from './deps.ts';
import { networkOf } from './network.ts';
import { type Rate, rateHeaders } from './rate-limit.ts';

/** The registry as a runtime calls it. */
export interface Service {
  fetch: (request: Request, bindings?: object) => Response | Promise<Response>;
}

/** The app, with what is done for every request before it and after it, and with answers that are kept. */
export function createService(deps: Deps): Service {
  const app: Hono<Env> = createApp(deps);
  const { observers = [], limits, rateLimits = {} } = deps;
  const cache = limits.answerBytes > 0 ? createAnswerCache(deps.db, limits.answerBytes) : undefined;

  function begin(request: Request, bindings: object): Access {
    return {
      id: requestId(request.headers.get('X-Request-Id')),
      method: request.method,
      route: '-',
      address: deps.addressOf?.(request, bindings),
      token: undefined,
      status: 0,
      time: Date.now(),
      milliseconds: 0,
      bytes: undefined,
      error: undefined,
    };
  }

  /** Sees to it that the request is noted once its answer has been sent. */
  function finish(access: Access, start: number, response: Response, bindings: object): Response {
    access.status = response.status;
    const note = (bytes?: number) => {
      access.milliseconds = performance.now() - start;
      access.bytes = bytes;
      for (const observe of observers) observe(access);
    };
    if (deps.whenSent) deps.whenSent(bindings, note);
    else if (observers.length > 0) note();
    return response;
  }

  async function fromApp(request: Request, bindings: object, access: Access): Promise<Response> {
    const revision = cache?.revision() ?? 0;
    const response = await app.fetch(request, { ...bindings, access } satisfies Bindings);
    return cache ? cache.keep(request, response, { route: access.route, revision }) : response;
  }

  /** The kept answer, unless `rate` refuses the client: to say so is the app's business. */
  function answerWith(kept: KeptAnswer, request: Request, access: Access, rate?: Rate) {
    if (rate?.ok === false) return undefined;
    const own: Record<string, string> = { 'X-Request-Id': access.id };
    if (rate && rateLimits.address)
      Object.assign(own, rateHeaders('address', rateLimits.address, rate));
    access.route = kept.route;
    return respond(request, kept, own);
  }

  function answer(
    request: Request,
    bindings: object,
    access: Access,
  ): Response | Promise<Response> {
    const kept = cache?.find(request);
    if (!kept) return fromApp(request, bindings, access);
    const { address } = access;
    const rate = address === undefined ? undefined : rateLimits.address?.take(networkOf(address));
    // Not to wait for what is there already lets Node's server answer at once.
    if (!(rate instanceof Promise)) {
      return answerWith(kept, request, access, rate) ?? fromApp(request, bindings, access);
    }
    return rate.then(
      (told) => answerWith(kept, request, access, told) ?? fromApp(request, bindings, access),
    );
  }

  return {
    fetch(request, bindings = {}) {
      const start = performance.now();
      const access = begin(request, bindings);
      const response = answer(request, bindings, access);
      return response instanceof Promise
        ? response.then((done) => finish(access, start, done, bindings))
        : finish(access, start, response, bindings);
    },
  };
}
