import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Answer } from '../cache/response-cache.ts';
import type { Asked } from '../ports.ts';
import type { Service } from '../service.ts';
import { refuseBadHead } from './request-head.ts';

/** What Node's server gives with a request. */
export interface NodeBindings {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
}

/** The service as Node's HTTP server calls it. What is kept in memory is sent as it is: most of what hosts ask for. */
export function createListener(service: Service): RequestListener {
  const listener = getRequestListener(service.fetch);
  return (incoming, outgoing) => {
    if (refuseBadHead(incoming, outgoing)) return;
    const asked = askedBy(incoming);
    const bindings: NodeBindings = { incoming, outgoing };
    const { socket } = outgoing;
    const send = ({ status, headers, own, body }: Answer) => {
      outgoing.writeHead(status, { ...headers, ...own }).end(body);
      return sentSince(socket);
    };
    // Without a socket yet, it has to wait until the answer to an earlier request is done.
    const isDone = asked && socket !== null && service.answerAtOnce(asked, bindings, send);
    if (!isDone) void listener(incoming, outgoing);
  };
}

/**
 * A request in which nothing has to be made sense of: an address as a Request has it is looked for as it stands, and
 * one in another form is not found.
 */
function askedBy({ method, url, headers }: IncomingMessage): Asked | undefined {
  if (method !== 'GET' || 'content-length' in headers || 'transfer-encoding' in headers) {
    return undefined;
  }
  const header = (name: string) => headers[name] as string | undefined;
  return { method, url: `http://${headers.host}${url}`, header };
}

/** What each connection had sent when its last answer was done: the rest is the next answer's. */
const sentBefore = new WeakMap<Socket, number>();

/** The bytes that a connection was given to send since this was asked last. */
function sentSince(socket: Socket | null): number {
  if (!socket) return 0;
  const sent = socket.bytesWritten;
  const before = sentBefore.get(socket) ?? 0;
  sentBefore.set(socket, sent);
  return sent - before;
}

/** Calls `done` with the bytes that were sent, head and body, when an answer has been. */
export function whenSent(bindings: object, done: (bytes: number) => void): void {
  const { outgoing } = bindings as NodeBindings;
  const { socket } = outgoing;
  outgoing.once('close', () => done(sentSince(socket)));
}
