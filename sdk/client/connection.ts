import { gzipSync } from 'node:zlib';
import type { ZodType } from 'zod';
import { maxBaseJson } from '../../contract/index.ts';
import { type KeyPair, readAtMost, signHostRequest } from '../../trust/index.ts';
import { refuseManyCodings } from '../content-codings.ts';
import { createPacing, type PacingOptions, parseRetryAfter } from '../pacing.ts';
import { isLostConnection, reasonOf } from './connection-errors.ts';
import { RegistryError, toRegistryError, UnreachableError } from './errors.ts';
import { parseJson } from './json.ts';

/** The address of a registry and how to connect to it. */
export interface ClientOptions extends PacingOptions {
  /** The registry's address, such as `https://profiles.example.org`. */
  registry: string;
  /** An API token, for requests that require one. */
  token?: string | undefined;
  /** The timeout of one request, in milliseconds; default 30 seconds. */
  timeout?: number | undefined;
  /** Replaces the global `fetch`, in tests and for proxies. */
  fetch?: typeof fetch;
}

/** The size from which on a report is compressed, in bytes. */
const maxPlainBytes = 4 * 1024;

/** The default timeout of one request, in milliseconds. */
const usualTimeout = 30_000;

/** The maximum size of a response by kind, in bytes: a registry is not trusted to stop. */
export const maxResponseBytes = {
  /** JSON of the API, problems included. */
  json: 8 << 20,
  /** A profile's text; a registry takes 256 KiB unless its operator says otherwise. */
  profile: 8 << 20,
  /** A base policy as JSON. */
  base: maxBaseJson,
  /** A signed note with the signatures of witnesses. */
  checkpoint: 64 << 10,
  /** A tile of 256 hashes, or a bundle of as many entries (C2SP tlog-tiles). */
  tile: 2 << 20,
};

/** The maximum number of pages of a list, and their total size in bytes: a registry could send pages without end. */
export const maxPages = 100;
const maxListBytes = 16 << 20;

/** The options of a request: its body, the known ETag, and the maximum size of its response. */
interface Sending {
  body?: unknown;
  /** The exact body and further headers, instead of `body`. */
  exact?: { bytes: Uint8Array<ArrayBuffer>; headers: Record<string, string> } | undefined;
  known?: string | undefined;
  maxBytes?: number;
}

/**
 * Sends requests to a registry and reads its responses. The functions throw {@link RegistryError} when the registry refuses
 * and {@link UnreachableError} when it can't be reached.
 */
export function connect({
  registry,
  token,
  timeout = usualTimeout,
  fetch = globalThis.fetch,
  ...options
}: ClientOptions) {
  refuseManyCodings();
  const { signal } = options;
  const pacing = createPacing(options);
  const base = registry.replace(/\/+$/, '');

  async function exchange(
    method: string,
    path: string,
    { body, exact, known, maxBytes = maxResponseBytes.json }: Sending = {},
  ): Promise<{ response: Response; bytes: Uint8Array<ArrayBuffer> }> {
    for (let tries = 1; ; tries++) {
      await pacing.turn();
      const sending = { body, exact, known, maxBytes };
      const isInTime = pacing.timed();
      const reply = await ask(method, path, sending).catch((error: unknown) => {
        if (method !== 'GET' || !isLostConnection(error)) throw error;
        return ask(method, path, sending);
      });
      if (!isInTime()) {
        const message = `The registry at ${base} responds too slowly: all its responses together took too long.`;
        throw new UnreachableError(message);
      }
      const { status, headers, ok } = reply.response;
      const retryAfter = headers.get('Retry-After');
      if (ok || (known !== undefined && status === 304)) {
        pacing.accepted();
        return reply;
      }
      if (pacing.again({ method, status, retryAfter, tries })) continue;
      throw toRegistryError(base, status, reply.bytes, {
        retryAfter: parseRetryAfter(retryAfter, Date.now()),
        request: { registry: base, path, hasToken: token !== undefined },
        date: headers.get('Date') ?? undefined,
      });
    }
  }

  async function ask(
    method: string,
    path: string,
    { body, exact, known, maxBytes = maxResponseBytes.json }: Sending,
  ): Promise<{ response: Response; bytes: Uint8Array<ArrayBuffer> }> {
    let response: Response;
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    try {
      response = await fetch(`${base}${path}`, {
        method,
        headers: {
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined && !exact ? {} : { 'Content-Type': 'application/json' }),
          ...exact?.headers,
          ...(known === undefined ? {} : { 'If-None-Match': known }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(exact && { body: exact.bytes }),
        // A redirect could send the token, or a path with another meaning, to another host.
        redirect: 'error',
        signal: signal
          ? AbortSignal.any([signal, AbortSignal.timeout(timeout)])
          : AbortSignal.timeout(timeout),
      });
      bytes = await readAtMost(response.body, maxBytes);
    } catch (error) {
      signal?.throwIfAborted();
      throw new UnreachableError(
        `The registry at ${base} can't be reached: ${reasonOf(error, timeout)}.`,
        { cause: error },
      );
    }
    if (!bytes) {
      const message = `The registry at ${base} sent more than ${maxBytes} bytes.`;
      throw new UnreachableError(message);
    }
    return { response, bytes };
  }

  async function send(method: string, path: string, sending?: Sending) {
    return (await exchange(method, path, sending)).bytes;
  }

  /**
   * Sends a body that a host signs, compressed if it is large. If the registry's clock differs, it is signed once more
   * with that time.
   */
  async function sendSigned<Result>(
    schema: ZodType<Result>,
    path: string,
    text: string,
    key: KeyPair,
  ): Promise<Result> {
    const plain = new TextEncoder().encode(text);
    const isLarge = plain.length > maxPlainBytes;
    const bytes = isLarge ? new Uint8Array(gzipSync(plain)) : plain;
    const sendAt = async (at: Date) => {
      const time = at.toISOString();
      const signature = await signHostRequest({ method: 'POST', path, time, body: bytes }, key);
      const headers = {
        'AA-Host-Time': time,
        'AA-Host-Signature': signature,
        ...(isLarge && { 'Content-Encoding': 'gzip' }),
      };
      return send('POST', path, { exact: { bytes, headers } });
    };
    const reply = await sendAt(new Date()).catch((error: unknown) => {
      const date = new Date((error instanceof RegistryError && error.date) || Number.NaN);
      const isSkewed = error instanceof RegistryError && error.id === 'clock-skew';
      if (!isSkewed || Number.isNaN(date.getTime())) throw error;
      return sendAt(date);
    });
    return read(schema, path, reply);
  }

  async function call<Result>(
    schema: ZodType<Result>,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Result> {
    return read(schema, path, await send(method, path, { body }));
  }

  function read<Result>(schema: ZodType<Result>, path: string, bytes: Uint8Array): Result {
    const parsed = schema.safeParse(parseJson(bytes));
    if (parsed.success) return parsed.data;
    throw new UnreachableError(
      `The server at ${base} is not an aa-registry: its response to ${path} is malformed.`,
    );
  }

  /** Requires that the response to a change states what was requested. */
  function requireConfirmed(isConfirmed: boolean, what: string): void {
    if (isConfirmed) return;
    throw new UnreachableError(
      `The registry at ${base} reported success, but its response does not confirm ${what}.`,
    );
  }

  /** All items of a list, page by page. */
  async function* pages<Item>(
    schema: ZodType<{ items: Item[]; next: string | null }>,
    path: string,
    query: Record<string, string>,
  ): AsyncGenerator<Item> {
    let cursor: string | null = '';
    let size = 0;
    for (let page = 1; cursor !== null; page++) {
      if (page > maxPages || size > maxListBytes) {
        const what = page > maxPages ? `${maxPages} pages` : `${maxListBytes} bytes`;
        throw new UnreachableError(`The registry at ${base} has more than ${what} of ${path}.`);
      }
      const search = new URLSearchParams({ ...query, ...(cursor === '' ? {} : { cursor }) });
      const url = `${path}?${search}`;
      const bytes = await send('GET', url);
      size += bytes.length;
      const found: { items: Item[]; next: string | null } = read(schema, url, bytes);
      yield* found.items;
      // A repeated page ends the list: a registry is not trusted to end it.
      if (found.next === cursor) return;
      cursor = found.next;
    }
  }

  return { base, call, exchange, pages, read, requireConfirmed, send, sendSigned };
}

export type Connection = ReturnType<typeof connect>;
