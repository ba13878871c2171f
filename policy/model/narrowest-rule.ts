// The rule that allows an access and as little else as AppArmor's language can say.
import { localAccess } from '../rules/network.ts';
import type { Access, FilePermission } from './access.ts';
import { escaped, quoted } from './literal.ts';
import { isSayable, isUnnamed } from './vocabulary.ts';

const order: readonly FilePermission[] = ['m', 'r', 'w', 'a', 'l', 'k', 'x'];

/**
 * The narrowest rule that allows an access, in canonical form: with `owner` where the process owns the file, and a
 * program that it runs stays confined as it is (`ix`). `pattern` makes the pattern for a path, name or label; else it
 * is what matches that alone. `undefined` when a word of the access is not in the language (a log can hold
 * anything): no rule can say it.
 */
export function narrowestRule(
  access: Access,
  pattern: (text: string) => string = escaped,
): string | undefined {
  if (!isSayable(access)) return undefined;
  const word = (text: string) => quoted(pattern(text));
  const condition = (name: string, text: string | undefined) =>
    text === undefined ? [] : [`${name}=${word(text)}`];
  // Labels and names of buses are chosen by those who have them: a pattern for one would match others'.
  const exact = (name: string, text: string | undefined) =>
    text === undefined ? [] : [`${name}=${quoted(escaped(text))}`];
  const stacked = (text: string) => {
    const name = quoted(escaped(text));
    return name.startsWith('"') ? `"&${name.slice(1)}` : `&${name}`;
  };
  const list = (words: readonly string[]) => `(${[...new Set(words)].join(', ')})`;
  const rule = (...words: string[]) => `${words.join(' ')},`;
  switch (access.kind) {
    case 'file':
      return rule(...owner(access), word(access.path), modes(access.permissions));
    case 'link':
      return rule(...owner(access), 'link', word(access.path), '->', word(access.target));
    case 'capability':
      return rule('capability', access.name);
    case 'network':
      return rule('network', access.family, ...(isUnnamed(access.type) ? [] : [access.type]));
    case 'unix': {
      const local = access.access.some((one) => localAccess.has(one));
      const peer = local
        ? []
        : [...exact('label', access.peer), ...condition('addr', access.peerAddress)];
      return rule(
        ...['unix', list(access.access), `type=${access.type}`],
        ...condition('addr', access.address),
        ...(peer.length > 0 ? [`peer=${list(peer)}`] : []),
      );
    }
    case 'ptrace':
      return rule('ptrace', list(access.access), ...exact('peer', access.peer));
    case 'signal':
      return rule(
        ...['signal', list(access.access)],
        ...(isUnnamed(access.signal) ? [] : [`set=${list([access.signal])}`]),
        ...exact('peer', access.peer),
      );
    case 'mount': {
      const flags = access.flags.filter((one) => one !== 'remount');
      const options = flags.length > 0 ? [`options=${list(flags)}`] : [];
      if (access.flags.includes('remount')) return rule('remount', ...options, word(access.target));
      // Without options a rule would allow all of them; `rw` stands for none.
      return rule(
        ...['mount', ...(flags.length > 0 ? options : ['options=(rw)'])],
        ...condition('fstype', access.fstype),
        ...(access.source === undefined ? [] : [word(access.source)]),
        ...['->', word(access.target)],
      );
    }
    case 'umount':
      return rule('umount', word(access.target));
    case 'pivot_root':
      return rule('pivot_root', ...condition('oldroot', access.oldRoot), word(access.newRoot));
    case 'change_profile':
      return rule(
        'change_profile',
        '->',
        access.stack ? stacked(access.target) : quoted(escaped(access.target)),
      );
    case 'rlimit':
      return rule('set', 'rlimit', access.name, '<=', `${access.value ?? 'infinity'}`);
    case 'dbus': {
      const { bus, name, peer } = access;
      if (access.access === 'eavesdrop') return rule('dbus', 'eavesdrop', ...exact('bus', bus));
      if (access.access === 'bind') {
        return rule('dbus', 'bind', ...exact('bus', bus), ...exact('name', name));
      }
      const other = [...exact('name', name), ...exact('label', peer)];
      return rule(
        ...['dbus', access.access, ...exact('bus', bus), ...condition('path', access.path)],
        ...exact('interface', access.interface),
        ...exact('member', access.member),
        ...(other.length > 0 ? [`peer=${list(other)}`] : []),
      );
    }
    case 'mqueue':
      return rule(
        ...['mqueue', list(access.access), ...condition('type', access.type)],
        ...exact('label', access.label),
        ...(access.name === undefined ? [] : [word(access.name)]),
      );
    case 'io_uring':
      return rule('io_uring', list([access.access]), ...exact('label', access.label));
    case 'userns':
      return rule('userns', 'create');
  }
}

function owner({ owner }: { owner?: boolean | undefined }): string[] {
  return owner ? ['owner'] : [];
}

/** Letters in their usual order; writing includes appending. */
function modes(permissions: readonly FilePermission[]): string {
  return order
    .filter((one) => permissions.includes(one) && !(one === 'a' && permissions.includes('w')))
    .map((one) => (one === 'x' ? 'ix' : one))
    .join('');
}
