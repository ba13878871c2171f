// What a process may ask for, in words, as the string that the kernel looks up.
import type { Pattern } from '../glob/aare.ts';
import { bytes } from '../glob/matcher.ts';
import { unnamedNumber } from '../rules/record.ts';
import {
  anyByte,
  anyBytes,
  byte,
  choice,
  nothing,
  nul,
  sequence,
  someText,
} from './classes/class.ts';
import { permissionTables } from './classes/classes.ts';
import { dbusString } from './classes/dbus.ts';
import { isMountOption, mountString } from './classes/mount.ts';
import { familyNumber, socketString, socketType, unixString } from './classes/network.ts';
import { ptraceString } from './classes/ptrace.ts';
import { signalString } from './classes/signal.ts';

type TableName = keyof typeof permissionTables;

/**
 * A question about a class of permissions other than those of files. Labels, names and paths are texts, not patterns;
 * `undefined` where the text is not known.
 */
export type ClassQuestion =
  | { class: 'network'; family: string; type: string }
  | {
      class: 'unix';
      permission: string;
      type: string;
      /** `none`, or `@name`. */
      address: string;
      /** The profile's own name. */
      own: string | undefined;
      peer?: { address: string; label: string | undefined } | undefined;
    }
  | { class: 'signal'; permission: string; signal: string; peer: string | undefined }
  | { class: 'ptrace'; permission: string; peer: string | undefined }
  | { class: 'dbus'; permission: string; fields: readonly (string | undefined)[] }
  | {
      class: 'mount';
      source: string;
      target: string;
      type: string;
      options: readonly string[];
    }
  | { class: 'umount'; target: string }
  | { class: 'pivot_root'; newRoot: string; oldRoot: string | undefined }
  | { class: 'change_profile'; target: string }
  | { class: 'userns' }
  | { class: 'io_uring'; permission: string; label: string | undefined }
  | { class: 'mqueue'; permission: string; name: string | undefined; label: string | undefined };

/** How a question is looked up: the table, the permission and the string. */
export interface LookUp {
  table: TableName;
  permission: string;
  /** Bytes, and {@link unknownPart} for what is not known. */
  string: string;
}

/** Characters that stand for what is not known in a string that is looked up, which is of bytes otherwise. */
export const unknownPart = {
  /** At least one byte, none of them NUL. */
  text: '\u0100',
  /** A NUL and such a text, or nothing. */
  label: '\u0101',
  /** One byte. */
  byte: '\u0102',
  /** Any bytes. */
  rest: '\u0103',
} as const;

const partPatterns: Readonly<Record<string, Pattern>> = {
  [unknownPart.text]: someText,
  [unknownPart.label]: choice(nothing, sequence(nul, someText)),
  [unknownPart.byte]: anyByte,
  [unknownPart.rest]: anyBytes,
};

/** Whether a string stands for several, since some of it is not known. */
export const isPartlyKnown = (string: string): boolean => /[^\0-\xff]/.test(string);

/** The pattern of the strings that one stands for. */
export function stringPattern(string: string): Pattern {
  return sequence(...[...string].map((one) => partPatterns[one] ?? byte(one.charCodeAt(0))));
}

const textBytes = (text: string | undefined) =>
  text === undefined ? unknownPart.text : bytes(text);

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
      const family = familyNumber(question.family) ?? unnamedNumber(question.family);
      const type = socketType(question.type) ?? unnamedNumber(question.type);
      if (family === undefined) return { unknown: question.family };
      if (type === undefined) return { unknown: question.type };
      return in_('network', 'create', socketString(family, type));
    }
    case 'unix': {
      const { permission, own, peer } = question;
      const type = socketType(question.type);
      if (type === undefined) return { unknown: question.type };
      const address = (text: string) => (text === 'none' ? '\x01' : `\0${bytes(text.slice(1))}`);
      const other = peer && { address: address(peer.address), label: textBytes(peer.label) };
      const local = address(question.address);
      return in_('network', permission, unixString(permission, type, local, textBytes(own), other));
    }
    case 'signal': {
      const string = signalString(question.signal, textBytes(question.peer));
      if (string === undefined) return { unknown: question.signal };
      return in_('signal', question.permission, string);
    }
    case 'ptrace':
      return in_('ptrace', question.permission, ptraceString(textBytes(question.peer)));
    case 'dbus':
      return in_('dbus', question.permission, dbusString(...question.fields.map(textBytes)));
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
      return in_('mount', 'pivot_root', mountString(bytes(newRoot), textBytes(oldRoot)));
    }
    case 'change_profile':
      return in_('change_profile', 'change_profile', bytes(question.target));
    case 'userns':
      return in_('userns', 'create', String.fromCharCode(permissionTables.userns.prefix ?? 0));
    case 'io_uring': {
      const prefix = String.fromCharCode(permissionTables.io_uring.prefix ?? 0);
      const { permission } = question;
      const label = permission === 'override_creds' ? textBytes(question.label) : '';
      return in_('io_uring', permission, prefix + label);
    }
    case 'mqueue': {
      const { permission, name, label } = question;
      const number = /^[0-9]+$/.test(name ?? '') ? Number(name) : undefined;
      const table = number === undefined ? 'posix_mqueue' : 'sysv_mqueue';
      const key =
        number === undefined
          ? textBytes(name)
          : String.fromCharCode(...[24, 16, 8, 0].map((shift) => (number >>> shift) & 255));
      const start = String.fromCharCode(permissionTables[table].prefix ?? 0) + key;
      if (label === undefined) return in_(table, permission, start + unknownPart.label);
      return in_(table, permission, label === '' ? start : `${start}\0${bytes(label)}`);
    }
  }
}
