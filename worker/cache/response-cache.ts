import { LRUCache } from 'lru-cache';
import { type Database, revisionOf } from '../../db/database.ts';
import { forOrigins, itsOwn, matches, repeated } from '../middleware/conditional.ts';
import type { Asked } from '../ports.ts';
import { isTile } from './shared-cache.ts';

/** What is sent for a kept answer. */
export interface Answer {
  status: number;
  /** The headers that are kept too, and those of this one answer: the second count where both have one. */
  headers: Record<string, string>;
  own: Record<string, string>;
  body: string | Uint8Array<ArrayBuffer> | null;
}

/** An answer that is the same for everybody for a while. */
export interface KeptAnswer {
  route: string;
  body: string | Uint8Array<ArrayBuffer>;
  headers: Record<string, string>;
  /** What a 304 says of it. */
  unchanged: Record<string, string>;
  /** What it says besides to those who have an origin: each header costs every answer, and hosts are none. */
  crossOrigin: Record<string, string>;
  etag: string | undefined;
  revision: number;
  until: number;
}

/**
 * Keeps answers in memory that anybody may have and that their own Cache-Control lets be kept: what is named by a
 * digest or a version, and what references mean. Nothing that was asked for with a token or a cookie.
 */
export interface AnswerCache {
  /** The answer to a request, if it is kept and still good. */
  find: (asked: Asked) => KeptAnswer | undefined;
  /** Before an answer is made: what has to be the same still for it to be kept. */
  revision: () => number;
  /** Keeps an answer if it may be; the answer to send in its place. */
  keep: (
    asked: Asked,
    response: Response,
    about: { route: string; revision: number },
  ) => Promise<Response>;
}

/**
 * How long an answer is kept at most, in milliseconds: another process may make a profile private, or move a
 * channel, which this one does not see at once. The log's tiles are public for good.
 */
const longest = { tile: 60_000, immutable: 5_000, other: 2_000 };

/** What the server says itself of each answer. */
const ofTheServer = /^(date|content-length)$/i;

export function createAnswerCache(db: Database, bytes: number, now = Date.now): AnswerCache {
  const kept = new LRUCache<string, KeptAnswer>({
    maxSize: bytes,
    // With what keeping it costs beside its bytes.
    sizeCalculation: ({ body }, key) => body.length + 2 * key.length + 1024,
  });

  return {
    revision: () => revisionOf(db),
    find(asked) {
      if (!isForAll(asked)) return undefined;
      const answer = kept.get(asked.url);
      if (answer?.revision !== revisionOf(db) || now() >= answer.until) return undefined;
      return answer;
    },
    async keep(asked, response, { route, revision }) {
      const control = response.headers.get('Cache-Control') ?? '';
      const seconds = /^public, max-age=(\d+)/.exec(control)?.[1];
      if (response.status !== 200 || seconds === undefined || !isForAll(asked)) return response;
      const most = isTile(new URL(asked.url).pathname)
        ? longest.tile
        : control.includes('immutable')
          ? longest.immutable
          : longest.other;
      const content = new Uint8Array(await response.arrayBuffer());
      const headers = Object.fromEntries(response.headers);
      const body = isText(headers['content-type']) ? new TextDecoder().decode(content) : content;
      const lasting = select(headers, (name) => !itsOwn.test(name) && !ofTheServer.test(name));
      kept.set(asked.url, {
        route,
        body,
        headers: { ...lasting, 'content-length': String(content.length) },
        unchanged: select(lasting, (name) => repeated.test(name)),
        crossOrigin: select(lasting, (name) => forOrigins.test(name)),
        etag: headers.etag,
        revision,
        until: now() + Math.min(Number(seconds) * 1000, most),
      });
      return new Response(body, { status: 200, headers });
    },
  };
}

/** Whether the answer to a request does not depend on who asks. */
function isForAll({ method, header }: Asked): boolean {
  return method === 'GET' && header('authorization') == null && header('cookie') == null;
}

function isText(type = ''): boolean {
  return /^text\/|\bjson\b/.test(type);
}

function select(
  headers: Record<string, string>,
  wanted: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => wanted(name)));
}

/** What to send for a kept answer, or that the caller has it already; with headers of its own. */
export function answerWith(
  { header }: Asked,
  { body, headers, unchanged, crossOrigin, etag }: KeptAnswer,
  own: Record<string, string>,
): Answer {
  const known = header('if-none-match');
  if (known != null && etag !== undefined && (known === etag || matches(known, etag))) {
    const cors = header('origin') == null ? undefined : crossOrigin;
    return { status: 304, headers: cors ? { ...unchanged, ...cors } : unchanged, own, body: null };
  }
  return { status: 200, headers, own, body };
}

/** For kept headers, an empty answer that has them. */
const patterns = new WeakMap<Answer['headers'], Response>();

/**
 * An answer as a Response. To fill headers costs workerd as much as all else that is done here, so those of a kept
 * answer are filled once. A Response copies the headers of another; Headers themselves it may share, as that of the
 * server for Node does, and then what is one answer's own would be in the next.
 */
export function responseOf({ status, headers, own, body }: Answer): Response {
  let pattern = patterns.get(headers);
  if (!pattern) {
    pattern = new Response(null, { status, headers });
    patterns.set(headers, pattern);
  }
  const response = new Response(body, pattern);
  for (const [name, value] of Object.entries(own)) response.headers.set(name, value);
  return response;
}
