// Sockets by family, type and protocol (apparmor.d(5), "Network Rules").
import { nearest } from '../syntax/names.ts';
import type { Condition, Word } from '../syntax/nodes.ts';
import type { Report } from '../syntax/report.ts';
import {
  type KeywordRule,
  keywordRule,
  messagePermissions,
  permissionsOf,
} from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { deniedField, isUnnamed } from './record.ts';

export type NetworkRule = KeywordRule<'network'>;

/** To use sockets of a family and type. */
export interface NetworkAccess {
  kind: 'network';
  family: string;
  /** `unknown(…)` where the kernel has no name for it, nor have rules. */
  type: string;
}

/** To use a unix socket without a path. Kernels that know no unix rules ask for a {@link NetworkAccess} instead. */
export interface UnixAccess {
  kind: 'unix';
  type: string;
  access: readonly string[];
  address?: string | undefined;
  peer?: string | undefined;
  peerAddress?: string | undefined;
}

/** Address families (apparmor.d(5), DOMAIN). */
export const families: readonly string[] = [
  'unspec',
  'unix',
  'inet',
  'ax25',
  'ipx',
  'appletalk',
  'netrom',
  'bridge',
  'atmpvc',
  'x25',
  'inet6',
  'rose',
  'netbeui',
  'security',
  'key',
  'netlink',
  'packet',
  'ash',
  'econet',
  'atmsvc',
  'rds',
  'sna',
  'irda',
  'pppox',
  'wanpipe',
  'llc',
  'ib',
  'mpls',
  'can',
  'tipc',
  'bluetooth',
  'iucv',
  'rxrpc',
  'isdn',
  'phonet',
  'ieee802154',
  'caif',
  'alg',
  'nfc',
  'vsock',
  'kcm',
  'qipcrtr',
  'smc',
  'xdp',
  'mctp',
];
export const socketTypes: readonly string[] = [
  'stream',
  'dgram',
  'seqpacket',
  'rdm',
  'raw',
  'packet',
];
/** A protocol names a socket type of an internet family. */
export const protocols: Readonly<Record<string, readonly string[]>> = {
  tcp: ['inet', 'inet6'],
  udp: ['inet', 'inet6'],
  icmp: ['inet'],
};
export const socketPermissions: readonly string[] = [
  'create',
  'bind',
  'listen',
  'accept',
  'connect',
  'shutdown',
  'getattr',
  'setattr',
  'getopt',
  'setopt',
  'send',
  'receive',
  'r',
  'w',
  'rw',
  'read',
  'write',
];
/** What a socket does alone: such a permission has no peer. */
export const localPermissions: ReadonlySet<string> = new Set([
  'create',
  'bind',
  'listen',
  'shutdown',
  'getattr',
  'setattr',
  'getopt',
  'setopt',
]);

const isFamily = new Set(families);
const isType = new Set(socketTypes);

/** Reports permissions of the local socket alone next to a peer (unix and network rules). */
export function checkLocalPermissions(
  permissions: readonly Word[],
  peer: Condition | undefined,
  report: Report,
): void {
  if (!peer || (peer.conditions?.length ?? 0) === 0) return;
  for (const word of permissions) {
    if (localPermissions.has(word.value)) {
      report(
        'condition-conflict',
        peer,
        `"${word.value}" concerns the local socket only, it cannot be given with peer=.`,
        {
          expected: 'send, receive, connect or accept beside peer=',
        },
      );
    }
  }
}

const syntax = keywordRule({
  kind: 'network',
  permissions: socketPermissions,
  conditions: ['ip', 'port', 'interface', 'label', 'peer'],
  peer: ['ip', 'port', 'label'],
  assigned: ['label'],
  words: 2,
  names: true,
  quotedNames: true,
  permissionsFirst: true,
  plain: ['ip', 'port'],
  known: { words: [...families, ...socketTypes, ...Object.keys(protocols)] },
  check(rule, report) {
    // Refused by the parsers of 4.1.0 and 5.0.2.
    const { priority } = rule.qualifiers;
    if (priority)
      report('qualifier-not-allowed', priority, 'A network rule has no priority.', {
        expected: 'network without priority=',
      });
    const [first, second] = rule.words;
    if (
      first &&
      !second &&
      !isFamily.has(first.value) &&
      !isType.has(first.value) &&
      !(first.value in protocols)
    ) {
      unknown(
        first,
        [...families, ...socketTypes, ...Object.keys(protocols), ...socketPermissions],
        'an address family, socket type or protocol, such as inet, stream or tcp',
        report,
      );
    }
    if (first && second) {
      if (!isFamily.has(first.value))
        unknown(first, families, 'an address family, such as inet or unix', report);
      else if (second.value in protocols) {
        if (!protocols[second.value]?.includes(first.value)) {
          report(
            'network-rule',
            second,
            `The family ${first.value} has no protocol ${second.value}.`,
            {
              expected: `${second.value} with ${protocols[second.value]?.join(' or ')}`,
            },
          );
        }
      } else if (!isType.has(second.value)) {
        unknown(
          second,
          [...socketTypes, ...Object.keys(protocols)],
          'a socket type or protocol, such as stream or tcp',
          report,
        );
      }
    }
    const peer = rule.conditions.find((one) => one.name.value === 'peer');
    const others = peer?.conditions ?? [];
    // A label alone says nothing of where the peer is.
    if (others.some(isAddress)) checkLocalPermissions(rule.permissions, peer, report);
    for (const one of [...rule.conditions, ...others]) checkAddress(one, report);
    const family = first && isFamily.has(first.value) ? first.value : undefined;
    const inet = rule.conditions.find((one) => one !== peer) ?? others.find(isAddress);
    if (inet && family && family !== 'inet' && family !== 'inet6') {
      report(
        'condition-conflict',
        inet,
        `${inet.name.value}= needs an internet socket, and this rule is about ${family}.`,
        {
          expected: 'the family inet or inet6, or none',
        },
      );
    }
  },
});

function unknown(word: Word, known: readonly string[], expected: string, report: Report): void {
  const suggestion = nearest(word.value, known);
  report('network-rule', word, `A network rule has no "${word.value}".`, {
    expected,
    ...(suggestion && { suggestion, fix: { start: word.start, end: word.end, text: suggestion } }),
  });
}

function isAddress(one: Condition): boolean {
  return one.name.value === 'ip' || one.name.value === 'port';
}

function checkAddress(one: Condition, report: Report): void {
  const value = one.values[0];
  if (!value) return;
  if (
    one.name.value === 'ip' &&
    value.value !== 'none' &&
    !isIPv4(value.value) &&
    !isIPv6(value.value)
  ) {
    report('condition-value', value, `"${value.value}" is not an IP address.`, {
      expected: 'none, an IPv4 address such as 10.0.2.1, or an IPv6 address such as fe80::1',
    });
  }
  if (one.name.value === 'port') {
    const ends = value.value.split('-');
    const [low, high] = ends.map(port);
    if (
      ends.length > 2 ||
      low === undefined ||
      (ends.length === 2 && (high === undefined || high < low))
    ) {
      report('condition-value', value, `"${value.value}" is not a port or a range of ports.`, {
        expected: 'a number from 0 to 65535, or two of them in order: 8000-8080',
      });
    }
  }
}

function port(text: string): number | undefined {
  if (text.length === 0 || text.length > 5) return undefined;
  for (const c of text) if (c < '0' || c > '9') return undefined;
  const number = Number(text);
  return number <= 65535 ? number : undefined;
}

function isIPv4(text: string): boolean {
  const parts = text.split('.');
  return (
    parts.length === 4 &&
    parts.every((part) => port(part) !== undefined && part.length <= 3 && Number(part) <= 255)
  );
}

function isIPv6(text: string): boolean {
  if (text.length > 45) return false;
  const halves = text.split('::');
  if (halves.length > 2) return false;
  let groups = 0;
  for (const [index, half] of halves.entries()) {
    if (half === '') continue;
    const parts = half.split(':');
    for (const [i, part] of parts.entries()) {
      const tail = index === halves.length - 1 && i === parts.length - 1;
      if (tail && part.includes('.') && isIPv4(part)) groups += 2;
      else if (
        part.length >= 1 &&
        part.length <= 4 &&
        [...part].every((c) => '0123456789abcdefABCDEF'.includes(c))
      )
        groups++;
      else return false;
    }
  }
  return halves.length === 2 ? groups < 8 : groups === 8;
}

export const network: RuleKind<NetworkRule, NetworkAccess> = {
  ...syntax,
  requirements(rule, need) {
    if (rule.permissions.length > 0)
      need('4.0', 'permissions of a network rule', rule.permissions[0] ?? rule);
    for (const one of rule.conditions) {
      const inside = one.conditions ?? [];
      const late = [one, ...inside].some((c) => ['interface', 'label'].includes(c.name.value));
      need(late ? '5.0' : '4.0', `${one.name.value}= of a network rule`, one);
      if (inside.some((c) => c.values[0]?.value.includes('-') && c.name.value === 'port'))
        need('4.1', 'a range of ports', one);
      if (one.name.value === 'port' && one.values[0]?.value.includes('-'))
        need('4.1', 'a range of ports', one);
    }
    for (const word of rule.words)
      if (word.value !== word.text) need('4.0', 'a name in quotes or with escapes', word);
    for (const word of rule.words) if (word.value === 'mctp') need('3.1', 'the family mctp', word);
  },
  abi: 'kernel-5.4-outoftree-network',
  class: 'network',
  permissions: (rule) => permissionsOf(rule, socketPermissions, messagePermissions),
  accesses: ['network'],
  narrowest({ family, type }) {
    if (!isFamily.has(family)) return undefined;
    if (isType.has(type)) return ['network', family, type];
    // Of a type without a name, the family is all that a rule can say.
    return isUnnamed(type) ? ['network', family] : undefined;
  },
  // Only kernels that know rules about unix sockets say the address.
  logs: ({ field }) =>
    field('family') !== undefined && (field('family') !== 'unix' || field('addr') === undefined),
  requested({ field }) {
    const family = field('family');
    const type = field('sock_type');
    return family === undefined || type === undefined
      ? undefined
      : { kind: 'network', family, type };
  },
  required: ({ family }, { type, field }) => [
    ['family'],
    ['sock_type'],
    // Old kernels say neither mask. One that says only what was requested does not say what was refused of it.
    ...(type !== 'AUDIT' &&
    ['requested_mask', 'requested'].some((name) => field(name) !== undefined)
      ? [deniedField]
      : []),
    // Kernels without rules for unix sockets say no more of one; what others say, they say together.
    ...(family === 'unix' &&
    ['peer_addr', 'peer', 'requested', 'denied'].some((name) => field(name) !== undefined)
      ? [['addr']]
      : []),
  ],
  describe: ({ family, type }) =>
    `use ${family} sockets of type ${type} in every way, with every address and port`,
};

/** The type of socket that each protocol has. */
export const typeOfProtocol: Readonly<Record<string, string>> = {
  tcp: 'stream',
  udp: 'dgram',
  icmp: 'raw',
};
