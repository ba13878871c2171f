import ipaddr from 'ipaddr.js';

/** Parses a network: an address, or one with a prefix length; `undefined` if malformed. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.includes('/');
  if (slash) return ipaddr.isValidCIDR(text) ? ipaddr.parseCIDR(text) : undefined;
  if (!ipaddr.isValid(text) || !isFullForm(text)) return undefined;
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
 * Parses a valid address, `::ffff:a.b.c.d` as the IPv4 address that it maps. ipaddr.js would do the same with
 * `::a.b.c.d`, which is another address (RFC 4291 section 2.5.5.1) and the usual form of `::0a00:0001`.
 */
function parseAddress(text: string) {
  const [, before, ...octets] = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text) ?? [];
  if (before === undefined) return ipaddr.process(text);
  const [a = 0, b = 0, c = 0, d = 0] = octets.map(Number);
  return ipaddr.process(`${before}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`);
}

/** Whether a text is an IP address in full form. */
export function isAddress(text: string): boolean {
  return ipaddr.isValid(text) && isFullForm(text);
}

/** Excludes short forms such as `1` and `127.1`, which ipaddr.js, like C libraries, accepts as IPv4 addresses. */
function isFullForm(text: string): boolean {
  return text.includes(':') || ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** The global unicast addresses that IANA has allocated so far. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** Networks in {@link globalUnicast} that are not public, besides those that ipaddr.js knows. */
const reserved = [
  // IETF protocol assignments (RFC 2928), such as Teredo, ORCHID and benchmarking.
  ipaddr.parseCIDR('2001::/23'),
  // Documentation (RFC 9637).
  ipaddr.parseCIDR('3fff::/20'),
];

/**
 * Whether an address is on the public internet: not loopback, private, shared, link-local or of another special-purpose
 * range (RFC 6890). IPv6 addresses that embed an IPv4 address to connect to (RFC 4291 2.5.5, RFC 6052, 6to4, Teredo,
 * ISATAP) are not, whatever that address; except for `::ffff:a.b.c.d`, which stands for the IPv4 address itself.
 */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = parseAddress(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed.kind() === 'ipv4') return true;
  const { parts } = parsed as ipaddr.IPv6;
  const isIn = (network: Network) => parsed.match(network as never);
  // The interface identifier of ISATAP tunnels to the IPv4 address in the last 32 bits (RFC 5214 section 6.1).
  const isIsatap = parts[5] === 0x5efe && ((parts[4] ?? 0) & ~0x0200) === 0;
  return isIn(globalUnicast) && !reserved.some(isIn) && !isIsatap;
}

/**
 * The network by which a client is rate limited: an IPv4 address itself, or the /64 of an IPv6 address, the smallest
 * allocation of a customer. Returns any other text unchanged.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.isValid(address)) return address;
  const parsed = parseAddress(address);
  if (parsed.kind() === 'ipv4') return parsed.toString();
  const groups = (parsed as ipaddr.IPv6).parts.slice(0, 4);
  return `${groups.map((group) => group.toString(16)).join(':')}::/64`;
}
