import type { Context, MiddlewareHandler } from 'hono';
import { reportLimits } from '../../contract/report.ts';
import { type PublicKey, readAtMost, verifyHostRequest } from '../../trust/index.ts';
import { decodeJsonBody, requireJson } from '../middleware/body.ts';
import type { Env } from '../ports.ts';
import { bodyType, ProblemError } from '../problem.ts';

/** The headers of a request that a host signs: its clock's time, and the signature (trust/host-request.ts). */
export const hostTimeHeader = 'AA-Host-Time';
export const hostSignatureHeader = 'AA-Host-Signature';

/** How much the clocks of a host and of the registry may differ, in milliseconds. */
const maxSkew = 10 * 60_000;

/**
 * Reads a JSON body that a host has signed, possibly compressed with gzip, before the route's validators do. The exact
 * bytes are verified with the key from `find`, which throws a problem if there is none, before they are decompressed; a
 * body is at most as large as a report may be, before and after.
 *
 * @param find finds the key; `text` decodes the body, which nothing has verified yet
 */
export function signedByHost(
  find: (c: Context<Env>, text: () => Promise<string>) => Promise<PublicKey>,
): MiddlewareHandler<Env> {
  return async (c, next) => {
    const { body, headers, method, url } = c.req.raw;
    requireJson(headers);
    const bytes = await readUpToLimit(body);
    const text = async () => decodeJsonBody(await decompress(headers, bytes));
    const time = c.req.header(hostTimeHeader) ?? '';
    const signature = c.req.header(hostSignatureHeader) ?? '';
    const request = { method, path: c.req.path, time, body: bytes };
    const key = await find(c, text);
    // Not counted as failed authentication: signatures can't be guessed, and many hosts may share an address.
    if (!(await verifyHostRequest(request, signature, key))) {
      throw unsigned();
    }
    requireTime(c, time);
    c.req.raw = new Request(url, { method, headers, body: await text() });
    await next();
  };
}

/** The problem of a request that is not signed by the key of a host. */
export function unsigned(): ProblemError {
  return new ProblemError(
    'host-refused',
    'The request is not signed by the key of a host that has joined.',
  );
}

async function readUpToLimit(
  body: ReadableStream<Uint8Array> | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readAtMost(body, reportLimits.bytes).catch(() => {
    throw new ProblemError('body-malformed', 'The body arrived incomplete.');
  });
  if (bytes) return bytes;
  const detail = `The request body is larger than ${reportLimits.bytes} bytes.`;
  throw new ProblemError('body-too-large', detail);
}

async function decompress(
  headers: Headers,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = (headers.get('Content-Encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return bytes;
  if (encoding !== 'gzip') throw bodyType('Send the body with Content-Encoding: gzip, or without.');
  const plain = await readAtMost(
    new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')),
    reportLimits.bytes,
  ).catch(() => {
    throw new ProblemError('body-malformed', 'The body is not valid gzip.');
  });
  if (plain) return plain;
  const detail = `The request body is larger than ${reportLimits.bytes} bytes, decompressed.`;
  throw new ProblemError('body-too-large', detail);
}

/** Requires the time of the signature to be close to the registry's, which the response then has. */
function requireTime(c: Context<Env>, time: string): void {
  const now = c.var.deps.now();
  if (Math.abs(Date.parse(time) - now.getTime()) <= maxSkew) return;
  c.header('Date', now.toUTCString());
  const detail = `The request is signed with another time than the registry’s, ${now.toISOString()}.`;
  throw new ProblemError('clock-skew', detail);
}
