// What a confined process asks the kernel for, in the words of rules (apparmor.d(5)).

/** `w` stands for all that changes a file: writing, creating, deleting, renaming, its mode and its owner. */
export type FilePermission = 'r' | 'w' | 'a' | 'l' | 'k' | 'm' | 'x';

/** One request that a profile has to allow. Names and paths are texts, not patterns; see {@link literal}. */
export type Access =
  | {
      kind: 'file';
      path: string;
      permissions: readonly FilePermission[];
      /** Whether the process owns the file; `undefined` when it is not known. */
      owner?: boolean | undefined;
    }
  | { kind: 'link'; path: string; target: string; owner?: boolean | undefined }
  | { kind: 'capability'; name: string }
  | {
      kind: 'network';
      family: string;
      /** `unknown(…)` where the kernel has no name for it, nor have rules. */
      type: string;
    }
  | {
      kind: 'unix';
      type: string;
      access: readonly string[];
      address?: string | undefined;
      peer?: string | undefined;
      peerAddress?: string | undefined;
    }
  | { kind: 'ptrace'; access: readonly string[]; peer?: string | undefined }
  | {
      kind: 'signal';
      access: readonly string[];
      /** `unknown(…)` where the kernel has no name for it, nor have rules. */
      signal: string;
      peer?: string | undefined;
    }
  | {
      kind: 'mount';
      /** `rw` and the other options that say "not so" may be there or not. */
      flags: readonly string[];
      source?: string | undefined;
      target: string;
      fstype?: string | undefined;
    }
  | { kind: 'umount'; target: string }
  | { kind: 'pivot_root'; newRoot: string; oldRoot?: string | undefined }
  | {
      kind: 'change_profile';
      target: string;
      /** To be confined by it as well, and not by it instead (aa_stack_profile(2)). */
      stack?: boolean | undefined;
    }
  | { kind: 'rlimit'; name: string; value?: number | undefined }
  | {
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
  | {
      kind: 'mqueue';
      type?: string | undefined;
      name?: string | undefined;
      access: readonly string[];
      label?: string | undefined;
    }
  | { kind: 'io_uring'; access: string; label?: string | undefined }
  | { kind: 'userns' };

/** The parts of an access that rules may decide differently: its permissions; one part where it has none. */
export function partsOf(access: Access): readonly string[] {
  switch (access.kind) {
    case 'file':
      return access.permissions;
    case 'link':
      return ['l'];
    case 'unix':
    case 'ptrace':
    case 'signal':
    case 'mqueue':
      return access.access;
    case 'dbus':
    case 'io_uring':
      return [access.access];
    default:
      return [access.kind];
  }
}
