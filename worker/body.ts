import type { MiddlewareHandler } from 'hono';
import { ProblemError } from './problem.ts';

/**
 * Reads a JSON request body before any route does: at most `limit` bytes, counted while they arrive, and
 * only valid UTF-8, which JSON parsers would otherwise mend silently.
 */
export function readBody(limit: number): MiddlewareHandler {
  return async (c, next) => {
    const { body, headers, method, url } = c.req.raw;
    if (!body || method === 'GET' || method === 'HEAD') return next();
    if (!/^application\/json\s*(;|$)/i.test(headers.get('Content-Type') ?? '')) {
      throw new ProblemError('body-type', 'Send the body with Content-Type: application/json.');
    }
    const bytes = await readAtMost(body, limit);
    if (!bytes) {
      throw new ProblemError('body-too-large', `A request body may have ${limit} bytes at most.`);
    }
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      throw new ProblemError('body-malformed', 'The body is not valid UTF-8.');
    }
    c.req.raw = new Request(url, { method, headers, body: bytes });
    return next();
  };
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
