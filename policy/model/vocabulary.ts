// Which words of an access are in the language's vocabulary: a rule has them without quotes.
import { capabilities } from '../rules/capability.ts';
import { io_uring } from '../rules/io_uring.ts';
import { mountOptions } from '../rules/mount.ts';
import { mqueue } from '../rules/mqueue.ts';
import { families, socketAccess, socketTypes } from '../rules/network.ts';
import { ptrace } from '../rules/ptrace.ts';
import { rlimits } from '../rules/rlimit.ts';
import { isSignal, signal } from '../rules/signal.ts';
import type { Access } from './access.ts';

const isFamily = new Set(families);
const isType = new Set(socketTypes);
const isCapability = new Set(capabilities);
const isMountOption = new Set(mountOptions);
const permissions = {
  ptrace: new Set(ptrace.access),
  signal: new Set(signal.access),
  unix: new Set(socketAccess),
  mqueue: new Set(mqueue.access),
  io_uring: new Set(io_uring.access),
};

/** Whether the kernel says only the number of a type or signal: a rule without one allows it, and any other. */
export function isUnnamed(word: string): boolean {
  return /^unknown\(\d{1,10}\)$/.test(word);
}

/**
 * Whether a rule can say this: each of its words is one of the language's vocabulary, and there is something to ask
 * for. Paths, names and labels may be anything: in a rule they are quoted.
 */
export function isSayable(access: Access): boolean {
  switch (access.kind) {
    case 'capability':
      return isCapability.has(access.name);
    case 'network':
      return isFamily.has(access.family) && (isType.has(access.type) || isUnnamed(access.type));
    case 'unix':
      return isType.has(access.type) && areOf(access.access, permissions.unix);
    case 'ptrace':
    case 'mqueue':
      return areOf(access.access, permissions[access.kind]);
    case 'signal':
      return (
        (isSignal(access.signal) || isUnnamed(access.signal)) &&
        areOf(access.access, permissions.signal)
      );
    case 'mount':
      return isAbsolute(access.target) && access.flags.every((flag) => isMountOption.has(flag));
    case 'umount':
      return isAbsolute(access.target);
    case 'pivot_root':
      return (
        isAbsolute(access.newRoot) && (access.oldRoot === undefined || isAbsolute(access.oldRoot))
      );
    case 'rlimit':
      return Object.hasOwn(rlimits, access.name);
    case 'io_uring':
      return permissions.io_uring.has(access.access);
    case 'file':
      return access.permissions.length > 0;
    default:
      return true;
  }
}

/** apparmor_parser requires this of the path of a mount point. */
function isAbsolute(path: string): boolean {
  return path.startsWith('/');
}

function areOf(words: readonly string[], vocabulary: ReadonlySet<string>): boolean {
  return words.length > 0 && words.every((word) => vocabulary.has(word));
}
