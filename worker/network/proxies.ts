import type { NodeBindings } from '../node/listener.ts';
import type { RequestHead } from '../ports.ts';
import { isAddress, isWithin, parseNetwork } from './network.ts';

/** The address of clients that are not told apart: they are counted together. */
const unknownAddress = '0.0.0.0';

/**
 * Finds the client's address in a header that whatever stands in front of the service sets and no client can, as
 * Cloudflare sets CF-Connecting-IP. Without one nobody's word counts.
 */
export function createAddressFrom(header: string | undefined) {
  return (request: RequestHead): string => {
    const address = header === undefined ? undefined : request.header(header)?.trim();
    return address !== undefined && isAddress(address) ? address : unknownAddress;
  };
}

/**
 * Finds the client's address on Node: the other end of the connection, or, where that is a proxy which the operator
 * trusts, the last address in X-Forwarded-For that is none. Throws when a network can't be read.
 */
export function createAddressOf(trusted: readonly string[]) {
  const proxies = trusted.map((text) => {
    const network = parseNetwork(text);
    if (!network) throw new TypeError(`"${text}" is not a network`);
    return network;
  });

  return (_request: RequestHead, bindings: object): string | undefined => {
    const { incoming } = bindings as Partial<NodeBindings>;
    const peer = incoming?.socket.remoteAddress;
    if (peer === undefined || !isWithin(peer, proxies)) return peer;
    const forwarded = incoming?.headers['x-forwarded-for'];
    const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? ''))
      .split(',')
      .map((hop) => hop.trim());
    for (const hop of hops.reverse()) {
      // What is no address was made up by whoever stands behind the last one that was trusted.
      if (!isAddress(hop)) return peer;
      if (!isWithin(hop, proxies)) return hop;
    }
    return peer;
  };
}
