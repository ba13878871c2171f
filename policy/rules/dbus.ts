// Messages on a D-Bus and names on it (apparmor.d(5), "DBus rules").

import {
  type KeywordRule,
  keywordRule,
  messagePermissions,
  permissionsOf,
} from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { peerField } from './record.ts';
import { bracketed, exactly, isMatchable, matching, processesOf } from './rule-text.ts';

export type DbusRule = KeywordRule<'dbus'>;

/** To send or receive a message, to own a name, or to read every message. */
export interface DbusAccess {
  kind: 'dbus';
  access: 'send' | 'receive' | 'bind' | 'eavesdrop';
  bus: string;
  path?: string | undefined;
  interface?: string | undefined;
  member?: string | undefined;
  /** The name to own; of a message, its other end's. */
  name?: string | undefined;
  peer?: string | undefined;
}

const permissions = ['send', 'receive', 'bind', 'eavesdrop', 'r', 'read', 'w', 'write', 'rw'];
/** Conditions about messages. */
const message = new Set(['path', 'interface', 'member', 'peer']);

const syntax = keywordRule({
  kind: 'dbus',
  joinsReturn: true,
  permissions,
  conditions: ['bus', 'path', 'interface', 'member', 'name', 'peer'],
  peer: ['name', 'label'],
  check(rule, report) {
    const about = rule.conditions.find((one) => message.has(one.name.value));
    const name = rule.conditions.find((one) => one.name.value === 'name');
    if (about && name) {
      report(
        'condition-conflict',
        name,
        `name= is about owning a bus name, ${about.name.value}= about messages; one rule cannot be about both.`,
        {
          expected: 'two rules, or peer=(name=…) for the other end of a message',
        },
      );
    }
    for (const permission of rule.permissions) {
      const wrong =
        permission.value === 'bind'
          ? about
          : permission.value === 'eavesdrop'
            ? (about ?? name)
            : name;
      if (wrong) {
        report(
          'condition-conflict',
          wrong,
          `"${permission.value}" cannot be given with ${wrong.name.value}=.`,
          {
            expected:
              permission.value === 'bind'
                ? 'bus= or name='
                : permission.value === 'eavesdrop'
                  ? 'bus= alone'
                  : 'bus=, path=, interface=, member= or peer=',
          },
        );
        return;
      }
    }
  },
});

export const dbus: RuleKind<DbusRule, DbusAccess> = {
  ...syntax,
  reserves: ['bind', 'eavesdrop', 'peer', 'read', 'receive', 'send', 'write'],
  abi: 'kernel-5.4-outoftree-network',
  class: 'dbus',
  permissions(rule) {
    const named = rule.conditions.some((one) => one.name.value === 'name');
    const sent = rule.conditions.some((one) => message.has(one.name.value));
    // A rule about owning a name is none about messages, and the other way round; reading all of them is only named.
    const all = [...(named ? [] : ['send', 'receive']), ...(sent ? [] : ['bind'])];
    return permissionsOf(rule, all, messagePermissions);
  },
  accesses: ['dbus'],
  narrowest({ access, bus, path, interface: called, member, name, peer }, pattern) {
    const start = ['dbus', access, ...exactly('bus', bus)];
    if (access === 'eavesdrop') return start;
    if (access === 'bind') return [...start, ...exactly('name', name)];
    if (!isMatchable(path)) return undefined;
    const other = [...exactly('name', name), ...exactly('label', peer)];
    return [
      ...[...start, ...matching('path', path, pattern)],
      ...[...exactly('interface', called), ...exactly('member', member)],
      ...(other.length > 0 ? [`peer=${bracketed(other)}`] : []),
    ];
  },
  operations: /^dbus_/,
  requested(record) {
    // dbus-broker writes (null) for what a message does not have.
    const field = (name: string) => {
      const value = record.field(name);
      return value === '(null)' ? undefined : value;
    };
    const peer = record.peer === '(null)' ? undefined : record.peer && withoutMode(record.peer);
    // Nor does it say the mask where the operation does.
    const access = field('mask') ?? record.operation.slice('dbus_'.length);
    const bus = field('bus');
    if (bus === undefined) return undefined;
    if (access !== 'send' && access !== 'receive' && access !== 'bind' && access !== 'eavesdrop') {
      return undefined;
    }
    const name = field('name');
    // A rule that names none would let it own every name.
    if (access === 'bind' && (name === undefined || name.startsWith(':'))) return undefined;
    return {
      ...{ kind: 'dbus', access, bus, peer },
      path: field('path'),
      interface: field('interface'),
      member: field('member') ?? field('method'),
      // A unique name, `:1.5`, is another one next time.
      name: name?.startsWith(':') ? undefined : name,
    };
  },
  /** By dbus-daemon's bus/apparmor.c and dbus-broker's src/util/apparmor.c. */
  required({ access }, { operation, field }) {
    if (access === 'eavesdrop') return [['bus']];
    if (access === 'bind') return [['bus'], ['name']];
    const called = operation === 'dbus_method_call' && access === 'send';
    // dbus-broker, which says "method", does not say the name that was called.
    const named = called && field('method') === undefined;
    return [
      ...[['bus'], ['path'], ['interface'], ['member', 'method'], peerField],
      ...(named ? [['name']] : []),
    ];
  },
  describe({ access, bus, path, interface: called, member, name, peer }) {
    if (access === 'bind') return `own the name ${name} on the ${bus} bus`;
    if (access === 'eavesdrop') return `read every message on the ${bus} bus`;
    return `${access} ${[called, member].filter(Boolean).join('.') || 'messages'} at ${path ?? 'every path'} on the ${bus} bus ${access === 'send' ? 'to' : 'from'} ${name ?? processesOf(peer)}`;
  },
};

/** A label without its mode, which dbus-broker leaves behind it: `app (enforce)`. */
export function withoutMode(label: string): string {
  return label.replace(/ \((?:enforce|complain|kill|unconfined|mixed|prompt|user)\)$/, '');
}
