import type { NodeBindings } from '../node/listener.ts';
import type { RequestHead } from '../ports.ts';
import { isAddress, isWithin, parseNetwork } from './network.ts';

/** The address of clients whose address is unknown; they share one rate limit. */
const unknownAddress = '0.0.0.0';

/**
 * Finds the client's address in a header that the proxy in front of the service sets and clients can't, such as
 * Cloudflare's CF-Connecting-IP. Without one, the address is unknown.
 */
export function createAddressFrom(header: string | undefined) {
  return (request: RequestHead): string => {
    const address = header === undefined ? undefined : request.header(header)?.trim();
    return address !== undefined && isAddress(address) ? address : unknownAddress;
  };
}

/**
 * Finds the client's address on Node: the peer of the connection, or, if that is a trusted proxy, the last address in
 * X-Forwarded-For that is not one. Throws if a network is malformed.
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
      // Not an address: forged by the client.
      if (!isAddress(hop)) return peer;
      if (!isWithin(hop, proxies)) return hop;
    }
    return peer;
  };
}
