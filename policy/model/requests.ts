// What the kernel looked up for a request that it logged. The log does not say all of it.
import { bytes } from '../glob/matcher.ts';
import type { Access } from '../rules/kinds.ts';
import { permissionTables, type TableClass } from './classes/classes.ts';
import { type ClassQuestion, lookUp, unknownPart } from './questions.ts';

/** A string that is looked up, and the columns of its table that have to grant it. */
export interface RequestedLookUp {
  of: TableClass;
  columns: readonly string[];
  /** As in `LookUp`. */
  string: string;
}

/** A request that is looked up as strings: any but for capabilities and limits. */
export type LookedUp = Exclude<Access, { kind: 'capability' | 'rlimit' }>;

/** All that is looked up for a request; undefined where the log has a word for it that rules have not. */
export function lookUps(access: LookedUp): readonly RequestedLookUp[] | undefined {
  if (access.kind === 'file' || access.kind === 'link') return fileLookUps(access);
  const found: RequestedLookUp[] = [];
  for (const question of questionsOf(access)) {
    const one = lookUp(question);
    if ('unknown' in one) return undefined;
    const { table: of, permission } = one;
    const string = question.class === 'unix' ? withAnyProtocol(one.string) : one.string;
    // A rule about the network grants all that a socket can do.
    const columns = question.class === 'network' ? permissionTables[of].permissions : [permission];
    found.push({ of, columns, string });
  }
  return found.length > 0 ? found : undefined;
}

function fileLookUps(
  access: Extract<Access, { kind: 'file' | 'link' }>,
): readonly RequestedLookUp[] {
  const { owner } = access;
  const sides = owner === undefined ? ['owner', 'others'] : [owner ? 'owner' : 'others'];
  const permissions = access.kind === 'link' ? ['l'] : access.permissions;
  const columns = sides.flatMap((side) => permissions.map((one) => `${side} ${one}`));
  const path = bytes(access.path);
  const strings = access.kind === 'link' ? [path, `${path}\0${bytes(access.target)}`] : [path];
  return strings.map((string) => ({ of: 'file', columns, string }));
}

function questionsOf(access: Exclude<LookedUp, { kind: 'file' | 'link' }>): ClassQuestion[] {
  switch (access.kind) {
    case 'network':
      return [{ class: 'network', family: access.family, type: access.type }];
    case 'unix': {
      const { type, address = 'none', peer: label, peerAddress = 'none' } = access;
      return access.access.map((permission) => ({
        // A socket that was passed on has the label of the process that created it.
        ...{ class: 'unix', permission, type, address, own: undefined },
        ...(withPeer.has(permission) && { peer: { address: peerAddress, label } }),
      }));
    }
    case 'signal': {
      const { signal, peer } = access;
      return access.access.map((permission) => ({ class: 'signal', permission, signal, peer }));
    }
    case 'ptrace':
      return access.access.map((permission) => {
        return { class: 'ptrace', permission, peer: access.peer };
      });
    case 'dbus': {
      // A message may have no interface.
      const { access: permission, bus, name, peer, path, interface: called = '', member } = access;
      const fields = { eavesdrop: [bus], bind: [bus, name] }[permission as string];
      return [
        { class: 'dbus', permission, fields: fields ?? [bus, name, peer, path, called, member] },
      ];
    }
    case 'mount': {
      const { source = '', target, fstype: type = '', flags: options } = access;
      return [{ class: 'mount', source, target, type, options }];
    }
    case 'umount':
      return [{ class: 'umount', target: access.target }];
    case 'pivot_root':
      return [{ class: 'pivot_root', newRoot: access.newRoot, oldRoot: access.oldRoot }];
    case 'change_profile':
      // The kernel looks up a profile to be stacked with an & before its name.
      return [{ class: 'change_profile', target: `${access.stack ? '&' : ''}${access.target}` }];
    case 'mqueue': {
      const { name, type, label } = access;
      const named = name !== undefined && (/^[0-9]+$/.test(name) ? 'sysv' : 'posix');
      if (name === undefined ? type !== 'posix' : named !== type) return [];
      return access.access.map((permission) => ({ class: 'mqueue', permission, name, label }));
    }
    case 'io_uring':
      return [{ class: 'io_uring', permission: access.access, label: access.label }];
    case 'userns':
      return [{ class: 'userns' }];
  }
}

/** The log has the protocol of a socket, which no rule tells apart: it follows the family and the type. */
const withAnyProtocol = (string: string): string =>
  string.slice(0, 5) + unknownPart.byte.repeat(2) + string.slice(7);

/** What is asked for with the socket at the other end. */
const withPeer: ReadonlySet<string> = new Set(['connect', 'send', 'receive']);
