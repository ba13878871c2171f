// D-Bus: the bus, a name and the peer's label, and what a message is about.
import {
  conditionValue,
  type KeywordRule,
  messagePermissions,
  peerValue,
  permissionsOf,
} from '../../rules/keyword-rule.ts';
import { byte, fields, type PermissionTable, sequence, splitFields, Texts } from './class.ts';

const permissions = ['send', 'receive', 'bind', 'eavesdrop'] as const;
const prefix = 32;

export const dbus: PermissionTable = {
  keyword: 'dbus',
  prefix,
  permissions,
  entries(effective, scope) {
    const { rule } = effective;
    if (rule.kind !== 'dbus' && rule.kind !== 'all') return [];
    const texts = new Texts(scope);
    const condition = (name: string) =>
      rule.kind === 'dbus' ? conditionValue(rule, name) : undefined;
    const peer = (name: string) => (rule.kind === 'dbus' ? peerValue(rule, name) : undefined);
    const bus = sequence(byte(prefix), texts.pattern(condition('bus')));
    const name = texts.pattern(condition('name') ?? peer('name'));
    const label = texts.pattern(peer('label'));
    const message = [
      texts.path(condition('path')),
      texts.pattern(condition('interface')),
      texts.pattern(condition('member')),
    ];
    if (texts.failed) return 'variables';
    const granted = rule.kind === 'all' ? permissions : grantedBy(rule);
    const entry = (pattern: typeof bus, ...of: readonly string[]) => {
      const these = of.filter((one) => granted.includes(one));
      return these.length > 0 ? [{ effective, pattern, permissions: new Set(these) }] : [];
    };
    return [
      ...entry(fields(bus, name), 'bind'),
      ...entry(fields(bus, name, label, ...message), 'send', 'receive'),
      ...entry(bus, 'eavesdrop'),
    ];
  },
  familiar(string) {
    const [prefixed = '', ...fields] = string.split('\0');
    const buses = prefixed.length > 1 ? [prefixed] : [`${prefixed}session`, `${prefixed}system`];
    const [name, ...message] = fields;
    // A message about which something else is known, but not who gets it.
    const named =
      name === '' && message.join('') !== '' ? ['org.freedesktop.DBus', ...message] : [];
    return [named, fields]
      .filter((one) => one.length > 0 || prefixed.length === 1)
      .flatMap((one) => buses.map((bus) => [bus, ...one].join('\0')));
  },
  describe(string) {
    const [bus, name, label, path, called, member] = splitFields(string.slice(1), 6);
    const parts = { bus, name, label, path, interface: called, member };
    return Object.entries(parts)
      .flatMap(([key, value]) => (value ? [`${key} ${value}`] : []))
      .join(', ');
  },
};

/** A rule that names no permission has those that go with its conditions. */
function grantedBy(rule: KeywordRule): readonly string[] {
  if (rule.permissions.length > 0) return permissionsOf(rule, permissions, messagePermissions);
  const has = (name: string) => rule.conditions.some((one) => one.name.value === name);
  const peer = rule.conditions.find((one) => one.name.value === 'peer');
  if (['path', 'interface', 'member'].some(has) || (peer?.conditions?.length ?? 0) > 0)
    return ['send', 'receive'];
  return has('name') ? ['bind'] : permissions;
}

/** What a bus asks the kernel about: a message, with all six fields; a name to own, with two; or to read all messages. */
export const dbusString = (...parts: string[]) => String.fromCharCode(prefix) + parts.join('\0');
