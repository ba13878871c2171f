import type { IncomingMessage, ServerResponse } from 'node:http';
import { ProblemError, toProblem } from '../problem.ts';

/** A host name, an IPv4 address or an IPv6 address in brackets, with an optional port (RFC 9110 section 7.2). */
const hostPattern = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/**
 * Why a request's head is refused although Node's parser accepts it: a proxy might parse it differently, which allows
 * request smuggling. `undefined` if it is fine. Node itself refuses heads such as one with both Content-Length and
 * Transfer-Encoding.
 */
function headObjection(request: IncomingMessage): string | undefined {
  const { url = '', method, headers, rawHeaders } = request;
  let hosts = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length === 4 && rawHeaders[at]?.toLowerCase() === 'host') hosts++;
  }
  // RFC 9112 section 3.2.
  if (hosts !== 1) return `expected one Host header, not ${hosts}`;
  const { host = '' } = headers;
  if (!hostPattern.test(host) || !URL.canParse(`http://${host}/`))
    return 'the Host header is invalid';
  if (!url.startsWith('/') && !(url === '*' && method === 'OPTIONS')) {
    // In absolute form, the Host must match the target (section 3.2.2).
    const authority = /^https?:\/\/([^/?#]*)/i.exec(url)?.[1];
    if (authority === undefined) return 'the request target is neither a path nor an http URL';
    if (authority.toLowerCase() !== host.toLowerCase())
      return 'the Host header does not match the request target';
  }
  const coding = headers['transfer-encoding'];
  if (coding === undefined) return undefined;
  // HTTP/1.0 has no transfer codings (section 6.1), and this server supports only chunked.
  if (request.httpVersion !== '1.1') return 'HTTP/1.0 has no Transfer-Encoding';
  return coding.toLowerCase() === 'chunked' ? undefined : 'Transfer-Encoding must be chunked';
}

/** Connections that have sent a malformed head; their later requests are refused too. */
const refused = new WeakSet<object>();

/** Refuses a request with a malformed head and closes the connection. Returns whether it did. */
export function refuseBadHead(request: IncomingMessage, response: ServerResponse): boolean {
  const { socket } = request;
  const objection = refused.has(socket)
    ? 'an earlier request on this connection was malformed'
    : headObjection(request);
  if (objection === undefined) return false;
  refused.add(socket);
  const problem = toProblem(
    new ProblemError('request-invalid', `Malformed request: ${objection}.`),
  );
  const body = JSON.stringify(problem);
  response
    .writeHead(problem.status, {
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      Connection: 'close',
    })
    .end(body);
  return true;
}
