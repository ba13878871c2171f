import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Access, AccessObserver, Env } from '../ports.ts';

/** The maximum size of a batch, and how long its first request waits, in milliseconds. */
const maxBatch = 256;
const maxDelay = 100;

/**
 * Passes requests to the observers in batches, between responses, which costs clients no time and less overall. `done`
 * is called after each batch; `flush` ends the current one.
 */
export function batchObservers(
  observers: readonly AccessObserver[],
  done: () => void,
): { observe: AccessObserver; flush: () => void } {
  let pending: Access[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const all = pending;
    pending = [];
    for (const access of all) for (const observe of observers) observe(access);
    done();
  };
  const observe = (access: Access) => {
    const count = pending.push(access);
    if (count === 1) timer = setTimeout(flush, maxDelay);
    else if (count === maxBatch) setImmediate(flush);
  };
  return { observe, flush };
}

/** A client's request id is accepted if it is short and plain. */
const plainId = /^[\w.:+/=-]{1,128}$/;

/** The id of a request: its X-Request-Id, or a new one. */
export function requestId(given: string | null | undefined): string {
  return given != null && plainId.test(given) ? given : crypto.randomUUID();
}

/** Records the route and the token of a request. */
export const recordAccess: MiddlewareHandler<Env> = async (c, next) => {
  const access = c.env?.access;
  if (!access) return next();
  c.header('X-Request-Id', access.id);
  await next();
  access.route = routePath(c, -1);
  const token = c.var.caller?.token;
  if (token) access.token = { id: token.id, label: token.label };
};
