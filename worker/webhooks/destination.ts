import { isAddress, isPublic, isWithin, type Network, parseNetwork } from '../network/network.ts';
import type { Destinations } from '../ports.ts';

/** The maximum length of a webhook's URL, in characters. */
export const maxUrlLength = 2000;

/** Creates the policy with additionally allowed networks. Throws if one is malformed. */
export function createDestinations(allowed: readonly string[]): Destinations {
  const networks: Network[] = allowed.map((text) => {
    const network = parseNetwork(text);
    if (!network) throw new TypeError(`"${text}" is not a network`);
    return network;
  });

  function addressObjection(url: URL, address: string): string | undefined {
    if (isWithin(address, networks)) return undefined;
    if (!isPublic(address)) return 'its address is not public';
    return url.protocol === 'https:' ? undefined : 'it is not https';
  }

  return {
    local: networks.length > 0,
    addressObjection,
    objection(text) {
      const url = text.length <= maxUrlLength ? URL.parse(text) : undefined;
      if (!url || !/^https?:$/.test(url.protocol)) return 'it is not an https URL';
      if (url.username !== '' || url.password !== '') return 'it contains a user name or password';
      if (url.protocol === 'http:' && networks.length === 0) return 'it is not https';
      const host = hostOf(url);
      if (isAddress(host)) return addressObjection(url, host);
      return isLocalName(host) && networks.length === 0
        ? `${host} is not a public host name`
        : undefined;
    },
  };
}

/**
 * Whether a name is local: one without a dot, which resolvers complete, one under a reserved name (RFC 6761, RFC 6762,
 * RFC 8375, RFC 9476, and ICANN's `internal`), or one that ends in a number, which some resolvers read as an address.
 */
function isLocalName(host: string): boolean {
  const name = host.replace(/\.+$/, '');
  const last =
    /(^|\.)(localhost|localdomain|local|internal|alt|test|invalid|onion|home\.arpa|\d+)$/i;
  return !name.includes('.') || name.includes('..') || last.test(name);
}

/** A URL's host; an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replaceAll(/[[\]]/g, '');
}
