import type { Hono } from 'hono';
import { type Access, requestId } from './access.ts';
import { createApp } from './app.ts';
import type { Bindings, Deps, Env } from './deps.ts';

/** The registry as a runtime calls it. */
export interface Service {
  fetch: (request: Request, bindings?: object) => Promise<Response>;
}

/** The app, with what is done for every request before it and after it. */
export function createService(deps: Deps): Service {
  const app: Hono<Env> = createApp(deps);
  const observers = deps.observers ?? [];

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

  return {
    async fetch(request, bindings = {}) {
      const start = performance.now();
      const access = begin(request, bindings);
      const end = (bytes?: number) => {
        access.milliseconds = performance.now() - start;
        access.bytes = bytes;
        for (const observe of observers) observe(access);
      };
      const response = await app.fetch(request, { ...bindings, access } satisfies Bindings);
      access.status = response.status;
      if (deps.whenSent) deps.whenSent(bindings, end);
      else end();
      return response;
    },
  };
}
