import { type LookupAddress, type LookupAllOptions, lookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { Destinations } from '../ports.ts';
import { timeout as defaultTimeout, maxResponseBytes, type Send } from './send.ts';

type Resolve = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

export interface NodeSendOptions {
  /** Resolves host names; {@link nameResolver} by default. */
  resolve?: Resolve;
  /** In milliseconds. */
  timeout?: number;
}

/**
 * Sends from Node. A name is resolved once, all its addresses are checked, and the connection goes to one of them, which
 * prevents DNS rebinding into the operator's network.
 */
export function createNodeSend(
  destinations: Destinations,
  { resolve = nameResolver(destinations), timeout = defaultTimeout }: NodeSendOptions = {},
): Send {
  return async (text, headers, body) => {
    const objection = destinations.objection(text);
    if (objection !== undefined) throw new Error(objection);
    const url = new URL(text);
    const bytes = Buffer.from(body);
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...headers, 'Content-Length': bytes.length },
      // No pooled connection: it might have been checked for another name.
      agent: false,
      lookup: checkedLookup(url, destinations, resolve),
      signal: AbortSignal.timeout(timeout),
    });
    return statusOf(request, bytes);
  };
}

/**
 * Queries the name servers for IPv4 and IPv6 addresses. The system's resolver occupies one of Node's few threads while a
 * name server is silent, so one team could block the others; it is only used without name servers, or where webhooks may
 * go to the operator's network, whose names may be in /etc/hosts.
 */
function nameResolver({ local }: Pick<Destinations, 'local'>): Resolve {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  return (hostname, options, callback) => {
    const queries = [resolver.resolve4(hostname), resolver.resolve6(hostname)];
    Promise.allSettled(queries).then((results) => {
      const found = results.flatMap((result, at): LookupAddress[] =>
        result.status === 'rejected'
          ? []
          : result.value.map((address) => ({ address, family: at === 0 ? 4 : 6 })),
      );
      if (found.length > 0) return callback(null, found);
      const codes = results.map((result) => result.status === 'rejected' && result.reason?.code);
      const hasNoServer = codes.every((code) => code === 'ECONNREFUSED');
      if (hasNoServer || (local && !codes.includes('ETIMEOUT'))) {
        return lookup(hostname, options, callback);
      }
      const [code] = codes;
      callback(
        Object.assign(new Error(`${hostname} has no address`), { code: code || 'ENOTFOUND' }),
        [],
      );
    });
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

/** Sends a request; resolves to the status of the response. */
function statusOf(request: ClientRequest, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let status: number | undefined;
    // Errors after the status do not matter.
    request.on('error', (error) => (status === undefined ? reject(error) : resolve(status)));
    request.on('response', (response: IncomingMessage) => {
      const received = response.statusCode ?? 0;
      status = received;
      let length = 0;
      // The body is read and ignored, up to a limit: some receivers fail if it is not read.
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxResponseBytes) response.destroy();
      });
      response.on('error', () => resolve(received));
      response.on('close', () => resolve(received));
    });
    request.end(body);
  });
}
