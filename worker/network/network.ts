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
  const parsed = parseAddress(address);
  return networks.some(
    ([network, prefix]) =>
      network.kind() === parsed.kind() && parsed.match([network, prefix] as never),
  );
}

/**
 * Reads a valid address; `::ffff:a.b.c.d` as the IPv4 address that it stands for. ipaddr.js takes `::a.b.c.d` for
 * that too, which is another address (RFC 4291 section 2.5.5.1) and what systems write for `::0a00:0001`.
 */
function parseAddress(text: string) {
  const [, before, ...octets] = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text) ?? [];
  if (before === undefined) return ipaddr.process(text);
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  return ipaddr.process(`${before}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`);
}

/** Whether text is an address, in full. */
export function isAddress(text: string): boolean {
  return ipaddr.isValid(text) && isWhole(text);
}

/** ipaddr.js takes `1` and `127.1` for IPv4 addresses too, as C libraries do. */
function isWhole(text: string): boolean {
  return text.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** Global unicast as IANA has handed it out so far: what is outside is for something else, or for nothing yet. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** What is inside and still not of the public internet, where ipaddr.js does not say so. */
const setApart = [
  // IETF protocol assignments (RFC 2928): Teredo, ORCHID, benchmarking and the like.
  ipaddr.parseCIDR('2001::/23'),
  // Documentation (RFC 9637).
  ipaddr.parseCIDR('3fff::/20'),
];

/**
 * Whether an address is one of the public internet: not of this machine, of a private or shared network, of a
 * link, nor of any range that is set apart for something else (RFC 6890). An IPv6 address that holds an IPv4 address
 * to be connected to (RFC 4291 2.5.5, RFC 6052, 6to4, Teredo, ISATAP) is none, whatever that one is; but for
 * `::ffff:a.b.c.d`, by which systems name the IPv4 address itself.
 */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = parseAddress(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed.kind() === 'ipv4') return true;
  const { parts } = parsed as ipaddr.IPv6;
  const isIn = (network: Network) => parsed.match(network as never);
  // RFC 5214 section 6.1: the interface identifier of an address that tunnels to the IPv4 address in its last 32 bits.
  const isIsatap = parts[5] === 0x5efe && ((parts[4] ?? 0) & ~0x0200) === 0;
  return isIn(globalUnicast) && !setApart.some(isIn) && !isIsatap;
}

/**
 * The network that an address stands for: an IPv4 address itself, of an IPv6 address the /64, which is what one
 * customer has at least. What is no address stands for itself.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const parsed = parseAddress(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const groups = (parsed as ipaddr.IPv6).parts.slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
