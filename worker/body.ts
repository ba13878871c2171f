import type { MiddlewareHandler } from 'hono';
import type { Env } from './deps.ts';
import { bodyType, ProblemError } from './problem.ts';

/**
 * The most that a request's body may hold, in bytes: a profile as a JSON string may need two characters for
 * one byte (a quote, a line break), and beside it stands the envelope.
 */
const bodyLimit = (profileBytes: number) => 2 * profileBytes + 128 * 1024;

/**
 * Reads a JSON request body before the route's validators do: so many bytes at most, counted while they
 * arrive, and only valid UTF-8, which JSON parsers would otherwise mend silently.
 */
export const readBody: MiddlewareHandler<Env> = async (c, next) => {
  const { body, headers, method, url } = c.req.raw;
  const limit = bodyLimit(c.var.deps.limits.profileBytes);
  if (!/^application\/json\s*(;|$)/i.test(headers.get('Content-Type') ?? '')) {
    throw bodyType();
  }
  const bytes = body ? await readAtMost(body, limit).catch(broken) : new Uint8Array();
  if (!bytes) {
    throw new ProblemError('body-too-large', `A request body may have ${limit} bytes at most.`);
  }
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProblemError('body-malformed', 'The body is not valid UTF-8.');
  }
  c.req.raw = new Request(url, { method, headers, body: bytes });
  await next();
};

/** The sender went away: nothing is wrong here, and nobody waits for the answer. */
function broken(): never {
  throw new ProblemError('body-malformed', 'The body did not arrive whole.');
}

async function readAtMost(
  body: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    length += read.value.length;
    if (length > limit) {
      // Not awaited: the sender may never stop.
      reader.cancel().catch(() => {});
      return undefined;
    }
    chunks.push(read.value);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}
