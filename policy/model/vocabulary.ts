// Which words of an access are in the language's vocabulary: a rule has them without quotes.
import { capabilities } from '../syntax/rules/capability.ts';
import { io_uring } from '../syntax/rules/io_uring.ts';
import {
  mountCommands,
  mountOptions,
  noOption,
  optionName,
  optionsOf,
} from '../syntax/rules/mount.ts';
import { mqueue } from '../syntax/rules/mqueue.ts';
import { families, localAccess, socketAccess, socketTypes } from '../syntax/rules/network.ts';
import { ptrace } from '../syntax/rules/ptrace.ts';
import { rlimits } from '../syntax/rules/rlimit.ts';
import { isSignal, signal } from '../syntax/rules/signal.ts';
import type { Access } from './access.ts';
import { meanings } from './matching.ts';

const isFamily = new Set(families);
const isType = new Set(socketTypes);
const isCapability = new Set(capabilities);
const isMountOption = new Set(mountOptions.filter((one) => optionName(one) === one));
/** Requests have no short forms. */
const whole = (kind: string, words: readonly string[] | undefined) =>
  new Set(words?.filter((word) => !Object.hasOwn(meanings[kind] ?? {}, word)));
const permissions = {
  ptrace: whole('ptrace', ptrace.access),
  signal: whole('signal', signal.access),
  unix: whole('unix', socketAccess),
  mqueue: whole('mqueue', mqueue.access),
  io_uring: new Set(io_uring.access),
};

/**
 * Whether a rule can say this: each of its words is one of the language's vocabulary, and there is something to ask
 * for. Paths, names and labels may be anything: in a rule they are quoted.
 */
export function isSayable(access: Access): boolean {
  switch (access.kind) {
    case 'capability':
      return isCapability.has(access.name);
    case 'network':
      return isFamily.has(access.family) && isType.has(access.type);
    case 'unix':
      return (
        isType.has(access.type) &&
        areOf(access.access, permissions.unix) &&
        // A rule with what concerns the local socket only can't name the other end.
        new Set(access.access.map((one) => localAccess.has(one))).size === 1
      );
    case 'ptrace':
      return areOf(access.access, permissions.ptrace);
    case 'mqueue':
      // A rule without a name is one for every queue.
      return Boolean(access.name) && areOf(access.access, permissions.mqueue);
    case 'signal':
      return isSignal(access.signal) && areOf(access.access, permissions.signal);
    case 'mount':
      return (
        isAbsolute(access.target) &&
        access.flags.every((flag) => isMountOption.has(flag)) &&
        isOneMount(access)
      );
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
      return access.permissions.length > 0 && isOnePath(access.path);
    case 'link':
      return isOnePath(access.path) && isOnePath(access.target);
    default:
      return true;
  }
}

/** Whether one mount can have these flags: one command at most, and nothing that does not go with it. */
function isOneMount({ flags, source, fstype }: Extract<Access, { kind: 'mount' }>): boolean {
  const [command, ...more] = mountCommands(flags);
  // Only one mount point is remounted: its file system stays as it is.
  const isOne = more.length === 0 || (command === 'remount' && more.join() === 'bind');
  if (command === undefined) return true;
  if (fstype !== undefined) return false;
  if (source !== undefined && (command === 'remount' || command === 'propagation')) return false;
  const goesWith = (flag: string) => noOption.has(flag) || optionsOf(command, [flag]).length > 0;
  return isOne && flags.every(goesWith);
}

/** In patterns for paths `//` means `/`: none matches a path that has it, which the kernel never makes. */
function isOnePath(path: string): boolean {
  return !path.includes('//');
}

/** apparmor_parser requires this of the path of a mount point. */
function isAbsolute(path: string): boolean {
  return path.startsWith('/');
}

function areOf(words: readonly string[], vocabulary: ReadonlySet<string>): boolean {
  return words.length > 0 && words.every((word) => vocabulary.has(word));
}
