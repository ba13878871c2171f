import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Env, RequestObserver, RequestRecord } from '../ports.ts';

/** The maximum size of a batch, and how long its first request waits, in milliseconds. */
const maxBatch = 256;
const maxDelay = 100;

/**
 * Passes requests to the observers in batches, between responses, which costs clients no time and less overall. `done`
 * is called after each batch; `flush` ends the current one.
 */
export function batchObservers(
  observers: readonly RequestObserver[],
  done: () => void,
): { observe: RequestObserver; flush: () => void } {
  let pending: RequestRecord[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const all = pending;
    pending = [];
    for (const record of all) for (const observe of observers) observe(record);
    done();
  };
  const observe = (record: RequestRecord) => {
    const count = pending.push(record);
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
export const recordRequest: MiddlewareHandler<Env> = async (c, next) => {
  const record = c.env?.record;
  if (!record) return next();
  c.header('X-Request-Id', record.id);
  await next();
  record.route = routePath(c, -1);
  const token = c.var.caller?.token;
  if (token) record.token = { id: token.id, label: token.label };
};
