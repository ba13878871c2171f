import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import type { Env } from './deps.ts';

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

/** Tells others of some requests at a time, once what is at hand has been answered: it costs those clients no time. */
export function observeLater(observers: readonly AccessObserver[]): AccessObserver {
  let answered: Access[] = [];
  const tell = () => {
    const all = answered;
    answered = [];
    for (const access of all) for (const observe of observers) observe(access);
  };
  return (access) => {
    if (answered.push(access) === 1) setImmediate(tell);
  };
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
