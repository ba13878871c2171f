// What a process may ask for, in words, as the string that the kernel looks up.
import { bytes } from '../glob/matcher.ts';
import { permissionTables } from './classes/classes.ts';
import { dbusString } from './classes/dbus.ts';
import { isMountOption, mountString } from './classes/mount.ts';
import { familyNumber, socketString, socketType, unixString } from './classes/network.ts';
import { ptraceString } from './classes/ptrace.ts';
import { signalString } from './classes/signal.ts';

type TableName = keyof typeof permissionTables;

/** A question about a class of permissions other than those of files. Labels, names and paths are texts, not patterns. */
export type ClassQuestion =
  | { class: 'network'; family: string; type: string }
  | {
      class: 'unix';
      permission: string;
      type: string;
      /** `none`, or `@name`. */
      address: string;
      /** The profile's own name. */
      own: string;
      peer?: { address: string; label: string } | undefined;
    }
  | { class: 'signal'; permission: string; signal: string; peer: string }
  | { class: 'ptrace'; permission: string; peer: string }
  | { class: 'dbus'; permission: string; fields: readonly string[] }
  | {
      class: 'mount';
      source: string;
      target: string;
      type: string;
      options: readonly string[];
    }
  | { class: 'umount'; target: string }
  | { class: 'pivot_root'; newRoot: string; oldRoot: string }
  | { class: 'change_profile'; target: string }
  | { class: 'userns' }
  | { class: 'io_uring'; permission: string; label: string }
  | { class: 'mqueue'; permission: string; name: string; label: string };

/** How a question is looked up: the table, the permission and the string. */
export interface LookUp {
  table: TableName;
  permission: string;
  string: string;
}

/** The look-up of a question; or which word of it AppArmor does not know. */
export function lookUp(question: ClassQuestion): LookUp | { unknown: string } {
  const found = looked(question);
  if ('unknown' in found) return found;
  const known: readonly string[] = permissionTables[found.table].permissions;
  return known.includes(found.permission) ? found : { unknown: found.permission };
}

function looked(question: ClassQuestion): LookUp | { unknown: string } {
  const in_ = (table: TableName, permission: string, string: string): LookUp => ({
    ...{ table, permission, string },
  });
  switch (question.class) {
    case 'network': {
      const [family, type] = [familyNumber(question.family), socketType(question.type)];
      if (family === undefined) return { unknown: question.family };
      if (type === undefined) return { unknown: question.type };
      return in_('network', 'create', socketString(family, type));
    }
    case 'unix': {
      const { permission, own, peer } = question;
      const type = socketType(question.type);
      if (type === undefined) return { unknown: question.type };
      const address = (text: string) => (text === 'none' ? '\x01' : `\0${bytes(text.slice(1))}`);
      const other = peer && { address: address(peer.address), label: bytes(peer.label) };
      const local = address(question.address);
      return in_('network', permission, unixString(permission, type, local, bytes(own), other));
    }
    case 'signal': {
      const string = signalString(question.signal, bytes(question.peer));
      if (string === undefined) return { unknown: question.signal };
      return in_('signal', question.permission, string);
    }
    case 'ptrace':
      return in_('ptrace', question.permission, ptraceString(bytes(question.peer)));
    case 'dbus':
      return in_('dbus', question.permission, dbusString(...question.fields.map(bytes)));
    case 'mount': {
      const wrong = question.options.find((one) => !isMountOption(one));
      if (wrong !== undefined) return { unknown: wrong };
      const [target, source, type] = [question.target, question.source, question.type].map(bytes);
      return in_('mount', 'mount', mountString(target as string, source, type, question.options));
    }
    case 'umount':
      return in_('mount', 'umount', mountString(bytes(question.target)));
    case 'pivot_root': {
      const { newRoot, oldRoot } = question;
      return in_('mount', 'pivot_root', mountString(bytes(newRoot), bytes(oldRoot)));
    }
    case 'change_profile':
      return in_('change_profile', 'change_profile', bytes(question.target));
    case 'userns':
      return in_('userns', 'create', String.fromCharCode(permissionTables.userns.prefix ?? 0));
    case 'io_uring': {
      const prefix = String.fromCharCode(permissionTables.io_uring.prefix ?? 0);
      const { permission } = question;
      const label = permission === 'override_creds' ? bytes(question.label) : '';
      return in_('io_uring', permission, prefix + label);
    }
    case 'mqueue': {
      const { permission, name, label } = question;
      const number = /^[0-9]+$/.test(name) ? Number(name) : undefined;
      const table = number === undefined ? 'posix_mqueue' : 'sysv_mqueue';
      const key =
        number === undefined
          ? bytes(name)
          : String.fromCharCode(...[24, 16, 8, 0].map((shift) => (number >>> shift) & 255));
      const start = String.fromCharCode(permissionTables[table].prefix ?? 0) + key;
      return in_(table, permission, label === '' ? start : `${start}\0${bytes(label)}`);
    }
  }
}
