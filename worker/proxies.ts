import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** What the Node server gives with a request. */
export interface NodeBindings {
  incoming: IncomingMessage;
}

/** A network as operators write it: an address, or one with the length of its prefix. */
export function parseNetwork(text: string): { address: string; prefix: number } | undefined {
  const [, address = '', length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const longest = version === 6 ? 128 : 32;
  const prefix = length === undefined ? longest : Number(length);
  return version === 0 || prefix > longest ? undefined : { address, prefix };
}

/**
 * Finds the client's address on Node: the other end of the connection, or, where that is a proxy which the operator
 * trusts, the last address in X-Forwarded-For that is none. Throws when a network can't be read.
 */
export function createAddressOf(trusted: readonly string[]) {
  const proxies = new BlockList();
  for (const text of trusted) {
    const network = parseNetwork(text);
    if (!network) throw new TypeError(`"${text}" is no network`);
    const { address, prefix } = network;
    proxies.addSubnet(address, prefix, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  const isTrusted = (address: string) => proxies.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');

  return (_request: Request, bindings: object): string | undefined => {
    const { incoming } = bindings as Partial<NodeBindings>;
    const peer = incoming?.socket.remoteAddress;
    if (peer === undefined || trusted.length === 0 || !isTrusted(unmapped(peer))) return peer;
    const forwarded = incoming?.headers['x-forwarded-for'];
    const hops = (Array.isArray(forwarded) ? forwarded.join(',') : (forwarded ?? ''))
      .split(',')
      .map((hop) => hop.trim());
    for (const hop of hops.reverse()) {
      // What is no address was made up by whoever stands behind the last one that was trusted.
      if (isIP(hop) === 0) return peer;
      if (!isTrusted(unmapped(hop))) return hop;
    }
    return peer;
  };
}

function unmapped(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
