// Unix sockets without a path (apparmor.d(5), "Unix socket rules").
import { nearest } from '../syntax/names.ts';
import type { Condition } from '../syntax/nodes.ts';
import type { Report } from '../syntax/report.ts';
import type { FileAccess, FilePermission } from './file.ts';
import {
  type KeywordRule,
  keywordRule,
  messagePermissions,
  permissionsOf,
  requestPermissions,
} from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import {
  checkLocalPermissions,
  localPermissions,
  socketPermissions,
  socketTypes,
  type UnixAccess,
} from './network.ts';
import { deniedField, ownerOf, peerField, type RecordField, words } from './record.ts';
import {
  areOf,
  bracketed,
  exactly,
  isMatchable,
  joined,
  matching,
  processesOf,
} from './rule-text.ts';

export type UnixRule = KeywordRule<'unix'>;

const syntax = keywordRule({
  kind: 'unix',
  joinsReturn: true,
  permissions: socketPermissions,
  conditions: ['type', 'addr', 'peer', 'protocol', 'attr', 'opt'],
  peer: ['addr', 'label'],
  plain: ['type'],
  known: { values: { type: socketTypes } },
  check(rule, report) {
    const peer = rule.conditions.find((one) => one.name.value === 'peer');
    checkLocalPermissions(rule.permissions, peer, report);
    for (const one of [...rule.conditions, ...(peer?.conditions ?? [])])
      checkCondition(one, report);
  },
});

function checkCondition(one: Condition, report: Report): void {
  const value = one.values[0];
  if (!value) return;
  const name = one.name.value;
  if (
    name === 'addr' &&
    !value.value.startsWith('@') &&
    value.value !== 'none' &&
    value.value !== 'auto'
  ) {
    report('condition-value', value, `"${value.value}" is not the address of an abstract socket.`, {
      expected: 'none, auto or @name; a socket with a path is a file and needs a file rule',
    });
  }
  if (name === 'type' && !socketTypes.includes(value.value)) {
    const suggestion = nearest(value.value, socketTypes);
    report('condition-value', value, `Unknown socket type "${value.value}".`, {
      expected: `one of ${socketTypes.join(', ')}`,
      ...(suggestion && {
        suggestion,
        fix: { start: value.start, end: value.end, text: suggestion },
      }),
    });
  }
  if (name === 'protocol' || name === 'attr' || name === 'opt') {
    report(
      'condition-unknown',
      one.name,
      `apparmor.d(5) names ${name}=, but no apparmor_parser supports it.`,
      {
        expected: 'type=, addr=, label= or peer=',
      },
    );
  }
}

export const unix: RuleKind<UnixRule, UnixAccess> = {
  ...syntax,
  requirements(rule, need) {
    for (const one of rule.conditions) {
      const [value] = one.values;
      if (one.name.value === 'addr' && value?.value === 'auto') need('3.0', 'addr=auto', value);
    }
  },
  abi: 'kernel-5.4-outoftree-network',
  class: 'unix',
  permissions: (rule) => permissionsOf(rule, socketPermissions, messagePermissions),
  accesses: ['unix'],
  narrowest({ type, access, address, peer, peerAddress }, pattern) {
    if (!isOneRule(type, access)) return undefined;
    if (!isMatchable(address) || !isMatchable(peerAddress)) return undefined;
    const local = access.some((one) => localPermissions.has(one));
    const other = local
      ? []
      : [...exactly('label', peer), ...matching('addr', peerAddress, pattern)];
    return [
      ...['unix', bracketed(access), `type=${type}`, ...matching('addr', address, pattern)],
      ...(other.length > 0 ? [`peer=${bracketed(other)}`] : []),
    ];
  },
  logs: ({ field }) => field('family') === 'unix' && field('addr') !== undefined,
  requested(record) {
    const { mask, peer, field } = record;
    const type = field('sock_type');
    if (type === undefined) return undefined;
    const address = field('addr');
    const peerAddress = field('peer_addr');
    const path = [address, peerAddress].find((one) => one?.startsWith('/'));
    if (path === undefined) return { kind: 'unix', type, access: mask, address, peer, peerAddress };
    return isOneRule(type, mask) ? socketFile(path, mask, ownerOf(record)) : undefined;
  },
  /** The other end is said where the request, be it denied or not, was about one. */
  required(_, { field }) {
    const withOther = ['requested_mask', 'requested', 'denied_mask', 'denied']
      .flatMap((name) => words(field(name)))
      .some((one) => withPeer.has(one));
    const other: RecordField[] = withOther ? [['peer_addr'], peerField] : [];
    return [deniedField, ['addr'], ...other];
  },
  describe({ access, type, address, peer, peerAddress }) {
    const other =
      peer === undefined && peerAddress === undefined
        ? ''
        : ` with ${processesOf(peer)}${at(peerAddress)}`;
    const doing = joined(access.map((one) => onSocket[one] ?? one));
    return `${doing} on unix sockets of type ${type}${at(address)}${other}`;
  },
};

/** Whether a single rule can cover all of this: one with conditions on the local socket only can't name a peer. */
function isOneRule(type: string, access: readonly string[]): boolean {
  if (!socketTypes.includes(type)) return false;
  if (!areOf(access, requestPermissions(socketPermissions, messagePermissions))) return false;
  return new Set(access.map((one) => localPermissions.has(one))).size === 1;
}

/** Permissions for which the kernel logs the peer of a unix socket (NET_PEER_MASK). */
const withPeer = new Set(['send', 'receive', 'accept', 'connect']);

/** A socket that has a path is a file: to send to it is to write, to receive from it to read (apparmor.d(5), unix). */
function socketFile(
  path: string,
  access: readonly string[],
  owner: boolean | undefined,
): FileAccess {
  const reading = new Set(['receive', 'accept', 'getattr', 'getopt']);
  const permissions = new Set<FilePermission>();
  for (const one of access) permissions.add(reading.has(one) ? 'r' : 'w');
  return { kind: 'file', path, permissions: [...permissions], owner };
}

const onSocket: Readonly<Record<string, string>> = {
  getattr: 'read attributes',
  setattr: 'change attributes',
  getopt: 'read options',
  setopt: 'change options',
};

function at(address: string | undefined): string {
  return address === undefined || address === 'none' ? '' : ` at ${address}`;
}
