import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Destinations } from './destination.ts';
import { longestAnswer, type Send, timeout } from './send.ts';

type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

export interface NodeSendOptions {
  /** Looks names up; the system's way when left out. */
  resolve?: Resolve;
  /** How long a receiver may take, in milliseconds. */
  patience?: number;
}

/**
 * Sends from Node. A name is looked up once, every address that it has is checked, and the connection goes to one
 * of those: a name that means something else a moment later gets nobody into the operator's network.
 */
export function createNodeSend(
  destinations: Destinations,
  { resolve = lookup, patience = timeout }: NodeSendOptions = {},
): Send {
  return async (text, headers, body) => {
    const objection = destinations.objection(text);
    if (objection !== undefined) throw new Error(objection);
    const url = new URL(text);
    const bytes = Buffer.from(body);
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...headers, 'Content-Length': bytes.length },
      // A connection of its own: one from a pool might have been checked for another name.
      agent: false,
      lookup: checkedLookup(url, destinations, resolve),
      signal: AbortSignal.timeout(patience),
    });
    return answerOf(request, bytes);
  };
}

function checkedLookup(url: URL, destinations: Destinations, resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, '');
      for (const { address } of found) {
        const objection = destinations.addressObjection(url, address);
        if (objection !== undefined) return callback(new Error(objection), '');
      }
      const [first] = found;
      if (!first) return callback(new Error(`${hostname} has no address`), '');
      if (options.all) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

function answerOf(request: ClientRequest, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let status: number | undefined;
    // Whoever has given a status has answered, however badly it goes on.
    request.on('error', (error) => (status === undefined ? reject(error) : resolve(status)));
    request.on('response', (response: IncomingMessage) => {
      const answered = response.statusCode ?? 0;
      status = answered;
      let length = 0;
      // What it says beside its status is let pass, for a while: some receivers mind if nobody listens.
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > longestAnswer) response.destroy();
      });
      response.on('error', () => resolve(answered));
      response.on('close', () => resolve(answered));
    });
    request.end(body);
  });
}
