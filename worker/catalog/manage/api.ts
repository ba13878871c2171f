import { type Context, Hono } from 'hono';
import type { ZodType } from 'zod';
import type { Problem } from '../../../contract/index.ts';
import type { Bindings, Env } from '../../ports.ts';
import { ProblemError, problemResponse } from '../../problem.ts';

/** A request to the API. */
export interface Call {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** The path below /v1. */
  path: string;
  body?: object;
  idempotencyKey?: string | undefined;
}

/** What the API returned: the body of a success, or a problem. */
export type Reply = { ok: true; body: unknown } | { ok: false; problem: Problem };

/** Calls the API on behalf of the reader of a page. */
export interface ApiCalls {
  send: (c: Context<Env>, call: Call) => Promise<Reply>;
  /** Reads a resource; `undefined` if the reader may not. */
  read: <Body>(c: Context<Env>, path: string, schema: ZodType<Body>) => Promise<Body | undefined>;
}

interface InnerEnv {
  Bindings: Bindings & { page: Context<Env> };
  Variables: Env['Variables'];
}

/**
 * Calls the API's routes in this process, as the caller of a page's request. What a page changes is thus checked, counted,
 * logged and announced as over HTTP, and a cookie opens nothing that the API does not offer.
 */
export function createApiCalls(api: Hono<Env>): ApiCalls {
  // Created lazily, when all routes are registered.
  let inner: Hono<InnerEnv> | undefined;

  async function send(c: Context<Env>, { method, path, body, idempotencyKey }: Call) {
    inner ??= withCaller(api);
    const headers = {
      ...(body && { 'Content-Type': 'application/json' }),
      ...(idempotencyKey && { 'Idempotency-Key': idempotencyKey }),
    };
    const url = new URL(`/v1${path}`, c.req.url);
    const request = new Request(url, { method, headers, body: body ? JSON.stringify(body) : null });
    const response = await inner.fetch(request, { ...c.env, page: c });
    const text = await response.text();
    if (!response.ok) return { ok: false, problem: JSON.parse(text) as Problem } as const;
    return { ok: true, body: text === '' ? null : JSON.parse(text) } as const;
  }

  return {
    send,
    async read(c, path, schema) {
      const reply = await send(c, { method: 'GET', path });
      return reply.ok ? schema.parse(reply.body) : undefined;
    },
  };
}

function withCaller(api: Hono<Env>): Hono<InnerEnv> {
  const inner = new Hono<InnerEnv>();
  inner.use(async (c, next) => {
    const { deps, tokenChecks, hostReports, caller } = c.env.page.var;
    c.set('deps', deps);
    c.set('tokenChecks', tokenChecks);
    c.set('hostReports', hostReports);
    c.set('caller', caller);
    await next();
  });
  inner.route('/', api);
  inner.notFound((c) =>
    problemResponse(c, new ProblemError('not-found', 'There is no such thing.')),
  );
  inner.onError((error, c) => {
    if (error instanceof ProblemError) return problemResponse(c, error);
    throw error;
  });
  return inner;
}

/** A part of a path. Throws a problem for one that would name another path. */
export function part(text: string): string {
  if (text !== '' && text !== '.' && text !== '..') return encodeURIComponent(text);
  throw new ProblemError('request-invalid', `"${text}" names nothing.`);
}
