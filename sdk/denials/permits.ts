// What a rule permits, in words.
import type { Access, FilePermission } from '../../policy/index.ts';
import type { Generalised } from './generalise.ts';

/** What each letter permits; AppArmor has one for all that changes a file. */
const verbs: Readonly<Record<FilePermission, readonly string[]>> = {
  r: ['read'],
  w: ['write', 'create', 'rename', 'delete', 'chmod', 'chown'],
  a: ['append to'],
  l: ['link'],
  k: ['lock'],
  m: ['map as code'],
  x: ['run, confined by this same profile,'],
};

/**
 * What the narrowest rule for an access permits, a sentence each; with `replaced`, what stands for what, also what
 * the pattern permits beyond what was asked for.
 */
export function permits(access: Access, replaced: readonly Generalised[] = []): string[] {
  return [
    `The profile's processes may ${permitted(access)}.`,
    ...replaced.map(
      ({ text, pattern }) => `${meaning(pattern)} may stand for "${text}" (${pattern}).`,
    ),
  ];
}

function permitted(access: Access): string {
  switch (access.kind) {
    case 'file': {
      const { path, permissions } = access;
      const actions = (Object.keys(verbs) as FilePermission[])
        .filter((one) => permissions.includes(one) && !(one === 'a' && permissions.includes('w')))
        .flatMap((one) => (one === 'r' && path.endsWith('/') ? ['list'] : verbs[one]));
      return `${joined(actions)} ${path}${owned(access)}`;
    }
    case 'link':
      return `give ${access.target} the further name ${access.path}${owned(access)}`;
    case 'capability':
      return `use CAP_${access.name.toUpperCase()} for all that capabilities(7) lists under it, where they have it`;
    case 'network':
      return `use ${access.family} sockets of type ${access.type} in every way, with every address and port`;
    case 'unix':
      return `${joined(access.access.map((one) => onSocket[one] ?? one))} on unix sockets of type ${access.type}${at(access.address)}${to(access.peer, access.peerAddress)}`;
    case 'ptrace': {
      const doing = access.access.flatMap((one) => tracing[one] ?? []);
      const undergoing = access.access.flatMap((one) => traced[one] ?? []);
      const whom = whose(access.peer);
      return joined([
        ...(doing.length > 0 ? [`${joined(doing)} ${whom}`] : []),
        ...(undergoing.length > 0 ? [`be ${joined(undergoing)} by ${whom}`] : []),
      ]);
    }
    case 'signal':
      return `${joined(access.access)} the signal ${access.signal} ${access.access.includes('send') ? 'to' : 'from'} ${whose(access.peer)}`;
    case 'mount': {
      const { source, target, fstype, flags } = access;
      if (flags.includes('remount')) return `change the mount at ${target} to ${flags.join(', ')}`;
      const what = [fstype, source].filter((one) => one !== undefined).join(' from ');
      return `mount ${what === '' ? '' : `${what} `}at ${target} with exactly these options: ${flags.join(', ') || 'rw'}`;
    }
    case 'umount':
      return `unmount what is mounted at ${access.target}`;
    case 'pivot_root':
      return `make ${access.newRoot} their root${access.oldRoot === undefined ? '' : ` and put the old one at ${access.oldRoot}`}`;
    case 'change_profile':
      return access.stack
        ? `be confined by ${access.target} as well as by this profile`
        : `leave this profile for ${access.target}`;
    case 'rlimit':
      return `raise the limit ${access.name} to ${access.value ?? 'infinity'}`;
    case 'dbus':
      if (access.access === 'bind') return `own the name ${access.name} on the ${access.bus} bus`;
      if (access.access === 'eavesdrop') return `read every message on the ${access.bus} bus`;
      return `${access.access} ${[access.interface, access.member].filter(Boolean).join('.') || 'messages'} at ${access.path ?? 'every path'} on the ${access.bus} bus ${access.access === 'send' ? 'to' : 'from'} ${access.name ?? whose(access.peer)}`;
    case 'mqueue':
      return `${joined(access.access.map(ofQueue))} the message queue ${access.name}`;
    case 'io_uring':
      return `use io_uring's ${access.access}`;
    case 'userns':
      return 'create user namespaces, in which they have every capability';
  }
}

/** What may be done to a message queue. */
function ofQueue(permission: string): string {
  if (permission === 'getattr') return 'read the attributes of';
  return permission === 'setattr' ? 'change the attributes of' : permission;
}

const onSocket: Readonly<Record<string, string>> = {
  getattr: 'read attributes',
  setattr: 'change attributes',
  getopt: 'read options',
  setopt: 'change options',
};

const tracing: Readonly<Record<string, string>> = { read: 'look into', trace: 'trace and change' };
const traced: Readonly<Record<string, string>> = {
  readby: 'looked into',
  tracedby: 'traced and changed',
};

function owned({ owner }: { owner?: boolean | undefined }): string {
  return owner ? ' where they own it' : '';
}

function whose(label: string | undefined): string {
  if (label === undefined) return 'every process';
  return label === 'unconfined' ? 'unconfined processes' : `processes of ${label}`;
}

function at(address: string | undefined): string {
  return address === undefined || address === 'none' ? '' : ` at ${address}`;
}

function to(label: string | undefined, address: string | undefined): string {
  if (label === undefined && address === undefined) return '';
  return ` with ${whose(label)}${at(address)}`;
}

function meaning(pattern: string): string {
  const meanings: Readonly<Record<string, string>> = {
    '@{pid}': 'Every process id',
    '@{tid}': 'Every thread id',
    '@{HOME}': "Every user's home, root's too,",
    '/home/*': "Every user's home",
    '[0-9]*': 'Every name that starts with a digit',
  };
  if (pattern.includes(']-[')) return 'Every UUID';
  if (/^\[0-9(?:a-f|A-F)\]\[/.test(pattern)) {
    return 'Every name that starts with six hexadecimal digits';
  }
  return meanings[pattern] ?? 'Every name';
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
