import ipaddr from 'ipaddr.js';

/** A network as operators write it: an address, or one with the length of its prefix; `undefined` when it is none. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.includes('/');
  if (slash) return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
  if (!ipaddr.isValid(text) || !isWhole(text)) return undefined;
  const address = ipaddr.parse(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

export type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Whether an address is in one of the networks; an IPv4 address written as IPv6 counts as IPv4. */
export function isWithin(address: string, networks: readonly Network[]): boolean {
  if (networks.length === 0 || !ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return networks.some(
    ([network, prefix]) =>
      network.kind() === parsed.kind() && parsed.match([network, prefix] as never),
  );
}

/** Whether text is an address, in full. */
export function isAddress(text: string): boolean {
  return ipaddr.isValid(text) && isWhole(text);
}

/** ipaddr.js takes `1` and `127.1` for IPv4 addresses too, as C libraries do. */
function isWhole(text: string): boolean {
  return text.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(text);
}

/**
 * Whether an address is one of the public internet: not of this machine, of a private or shared network, of a
 * link, nor of any range that is set apart for something else (RFC 6890).
 */
export function isPublic(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

/**
 * The network that an address stands for: an IPv4 address itself, of an IPv6 address the /64, which is what one
 * customer has at least. What is no address stands for itself.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const groups = (parsed as ipaddr.IPv6).parts.slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
