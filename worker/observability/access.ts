import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Env } from '../ports.ts';

/** What is known of a request once it is answered: for the request log and for metrics. It holds no secret. */
export interface Access {
  /** The request's id, which the answer carries as X-Request-Id. */
  id: string;
  method: string;
  /** The route's pattern, not the path: that may hold names that are nobody else's business. */
  route: string;
  /** The client's address, where it is known. */
  address: string | undefined;
  /** Whose token the request had, if it was a good one. */
  token: { id: number; label: string } | undefined;
  status: number;
  /** When the request came, in milliseconds since the epoch. */
  time: number;
  /** The same, by the clock that never jumps. */
  start: number;
  /** How long the answer took, in milliseconds. */
  milliseconds: number;
  /** What was sent, head and body, in bytes; `undefined` where the runtime does not tell. */
  bytes: number | undefined;
  /** What went wrong here, when the status is 500. */
  error: unknown;
}

/** Told of each request after its answer. It must not throw. */
export type AccessObserver = (access: Access) => void;

/** How many requests are told of together, and how long the first of them waits for that, in milliseconds. */
const together = 256;
const longestWait = 100;

/**
 * Gathers requests and tells of many at once, between answers: it costs those clients no time, and less in all.
 * `done` comes after each time; `tell` does it now.
 */
export function observeTogether(
  observers: readonly AccessObserver[],
  done: () => void,
): { observe: AccessObserver; tell: () => void } {
  let answered: Access[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const tell = () => {
    clearTimeout(timer);
    timer = undefined;
    const all = answered;
    answered = [];
    for (const access of all) for (const observe of observers) observe(access);
    done();
  };
  const observe = (access: Access) => {
    const count = answered.push(access);
    if (count === 1) timer = setTimeout(tell, longestWait);
    else if (count === together) setImmediate(tell);
  };
  return { observe, tell };
}

/** A client's own request id is taken over when it is short and plain. */
const sane = /^[\w.:+/=-]{1,128}$/;

/** The id that a request is known by: the one in its X-Request-Id, or a new one. */
export function requestId(given: string | null | undefined): string {
  return given != null && sane.test(given) ? given : crypto.randomUUID();
}

/** Notes which route answered and for whom. */
export const noteAccess: MiddlewareHandler<Env> = async (c, next) => {
  const access = c.env?.access;
  if (!access) return next();
  c.header('X-Request-Id', access.id);
  await next();
  access.route = routePath(c, -1);
  const token = c.var.caller?.token;
  if (token) access.token = { id: token.id, label: token.label };
};
