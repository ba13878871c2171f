import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { OutgoingResponse } from '../cache/response-cache.ts';
import type { RequestHead } from '../ports.ts';
import type { Service } from '../service.ts';
import { refuseBadHead } from './request-head.ts';

/** The bindings of Node's server for a request. */
export interface NodeBindings {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

/** The service as a listener of Node's HTTP server. Cached responses, most of what hosts request, skip the Fetch API. */
export function createListener(service: Service): RequestListener {
  const listener = getRequestListener(service.fetch);
  return (incoming, outgoing) => {
    if (refuseBadHead(incoming, outgoing)) return;
    const head = headOf(incoming);
    const bindings: NodeBindings = { incoming, outgoing };
    const { socket } = outgoing;
    const send = ({ status, headers, own, body }: OutgoingResponse) => {
      outgoing.writeHead(status, { ...headers, ...own }).end(body);
      return bytesSince(socket);
    };
    // A pipelined request gets its socket only after the responses before it.
    const isDone = head && socket !== null && service.respondFromCache(head, bindings, send);
    if (!isDone) void listener(incoming, outgoing);
  };
}

/** The head of a GET request without a body. Its URL is not normalized, so a URL in another form misses the cache. */
function headOf({ method, url, headers }: IncomingMessage): RequestHead | undefined {
  if (method !== 'GET' || 'content-length' in headers || 'transfer-encoding' in headers) {
    return undefined;
  }
  const header = (name: string) => headers[name] as string | undefined;
  return { method, url: `http://${headers.host}${url}`, header };
}

/** The bytes written to each connection up to the end of its last response. */
const writtenBefore = new WeakMap<Socket, number>();

/** The bytes written to a connection since the last call. */
function bytesSince(socket: Socket | null): number {
  if (!socket) return 0;
  const written = socket.bytesWritten;
  const before = writtenBefore.get(socket) ?? 0;
  writtenBefore.set(socket, written);
  return written - before;
}

/** Calls `done` with the size of the response, head and body, in bytes, once it has been sent. */
export function whenSent(bindings: object, done: (bytes: number) => void): void {
  const { outgoing } = bindings as NodeBindings;
  const { socket } = outgoing;
  outgoing.once('close', () => done(bytesSince(socket)));
}
