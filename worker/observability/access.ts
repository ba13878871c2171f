import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Access, AccessObserver, Env } from '../ports.ts';

/** How many requests are told of maxBatch, and how long the first of them waits for that, in milliseconds. */
const maxBatch = 256;
const maxDelay = 100;

/**
 * Gathers requests and tells of many at once, between answers: it costs those clients no time, and less in all.
 * `done` comes after each time; `flush` does it now.
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

/** A client's own request id is taken over when it is short and plain. */
const plainId = /^[\w.:+/=-]{1,128}$/;

/** The id that a request is known by: the one in its X-Request-Id, or a new one. */
export function requestId(given: string | null | undefined): string {
  return given != null && plainId.test(given) ? given : crypto.randomUUID();
}

/** Notes which route pending and for whom. */
export const recordAccess: MiddlewareHandler<Env> = async (c, next) => {
  const access = c.env?.access;
  if (!access) return next();
  c.header('X-Request-Id', access.id);
  await next();
  access.route = routePath(c, -1);
  const token = c.var.caller?.token;
  if (token) access.token = { id: token.id, label: token.label };
};
