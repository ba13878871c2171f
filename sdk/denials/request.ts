// What an event was about, in the words of rules.
import { type Access, type FilePermission, narrowestRule } from '../../policy/index.ts';
import { fieldOf, type LogEvent } from './event.ts';
import { ruledBy, withoutMode } from './label.ts';

/** What a process asked for; `undefined` when it is nothing that a rule could allow, or is not known here. */
export function requestOf(event: LogEvent): Access | undefined {
  const field = (key: string) => fieldOf(event, key);
  const operation = field('operation') ?? '';
  const asked = words(
    field('denied_mask') ?? field('requested_mask') ?? field('denied') ?? field('requested'),
  );
  const name = field('name');
  // A profile made up in complain mode is none that will be there when rules count.
  const label = field('peer') ?? field('peer_profile') ?? field('peer_label');
  const peer = label && ruledBy(label);

  if (operation === 'capable') {
    const capability = field('capname');
    return capability === undefined ? undefined : { kind: 'capability', name: capability };
  }
  if (operation.startsWith('dbus_')) return message(event, peer);
  if (operation === 'ptrace') {
    // Older kernels have one word for both.
    const access = asked.flatMap((one) => (one === 'receive' ? ['readby', 'tracedby'] : [one]));
    return access.length > 0 ? { kind: 'ptrace', access, peer } : undefined;
  }
  if (operation === 'signal') {
    const signal = signalName(field('signal'));
    return asked.length > 0 && signal !== undefined
      ? { kind: 'signal', access: asked, signal, peer }
      : undefined;
  }
  if (field('family') !== undefined) return socket(event, asked, peer);
  if (operation === 'mount' && name !== undefined) {
    return {
      kind: 'mount',
      flags: words(field('flags')),
      source: field('srcname'),
      target: name,
      fstype: field('fstype'),
    };
  }
  if (operation === 'umount' && name !== undefined) return { kind: 'umount', target: name };
  if (operation === 'pivotroot' && name !== undefined) {
    return { kind: 'pivot_root', newRoot: name, oldRoot: field('srcname') };
  }
  if (/^(change_profile|change_onexec|stack|stack_onexec)$/.test(operation)) {
    const target = field('target') ?? name;
    const stack = operation.startsWith('stack');
    return target === undefined ? undefined : { kind: 'change_profile', target, stack };
  }
  if (operation === 'setrlimit') return limit(field('rlimit'), field('value'));
  if (operation === 'userns_create') return { kind: 'userns' };
  if (operation.startsWith('uring_')) {
    const [access = operation.slice('uring_'.length), ...more] = asked;
    if (more.length > 0) return undefined;
    // Whose credentials, where they are another's.
    return { kind: 'io_uring', access, label: field('tcontext') ?? peer };
  }
  if (/mqueue/.test(field('class') ?? operation)) {
    if (asked.length === 0) return undefined;
    const type = queueType(field('class'), name);
    const queue = type === 'posix' && name !== undefined ? attached(name) : name;
    return { kind: 'mqueue', type, name: queue, access: asked };
  }
  return file(event, name);
}

/** The type of a message queue by its class, and where the kernel names none, by its name; both where it has none. */
function queueType(kind: string | undefined, name: string | undefined): string | undefined {
  if (kind?.startsWith('posix')) return 'posix';
  if (kind?.startsWith('sysv')) return 'sysv';
  if (name === undefined) return undefined;
  return name.startsWith('/') ? 'posix' : 'sysv';
}

/** What the kernel logs for RLIM_INFINITY, on machines of 64 bits. */
const infinity = '18446744073709551615';

function limit(name: string | undefined, logged: string | undefined): Access | undefined {
  if (name === undefined || logged === undefined) return undefined;
  if (logged === infinity) return { kind: 'rlimit', name };
  // Another number that can't be said exactly would become a higher limit than was asked for.
  if (!/^\d{1,15}$/.test(logged)) return undefined;
  // setrlimit(2) counts niceness from 40 down, rules have it as nice(1) does.
  return { kind: 'rlimit', name, value: name === 'nice' ? 20 - Number(logged) : Number(logged) };
}

function file(event: LogEvent, name: string | undefined): Access | undefined {
  const mask = fieldOf(event, 'denied_mask') ?? fieldOf(event, 'requested_mask');
  if (!name || mask === undefined) return undefined;
  const path = attached(name);
  const owner = ownerOf(event);
  const target = fieldOf(event, 'target');
  if (fieldOf(event, 'operation') === 'link') {
    // Without l, the link is allowed and has more permissions than its target: a rule for the link changes nothing.
    if (!mask.includes('l')) return undefined;
    if (target) return { kind: 'link', path, target: attached(target), owner };
  }
  const permissions = filePermissions(mask);
  return permissions.length > 0 ? { kind: 'file', path, permissions, owner } : undefined;
}

/** A path as rules name it: a disconnected one is looked up from the root, where the profile attaches it. */
function attached(name: string): string {
  return name.startsWith('/') ? name : `/${name}`;
}

/** Rules have no letters of their own for creating and deleting: both are writing. */
function filePermissions(mask: string): FilePermission[] {
  const letters: Readonly<Record<string, FilePermission>> = {
    ...{ r: 'r', w: 'w', a: 'a', c: 'w', d: 'w', l: 'l', k: 'k', m: 'm', x: 'x' },
  };
  return [...new Set([...mask].flatMap((letter) => letters[letter] ?? []))];
}

function ownerOf(event: LogEvent): boolean | undefined {
  const process = fieldOf(event, 'fsuid');
  const file = fieldOf(event, 'ouid');
  return process === undefined || file === undefined ? undefined : process === file;
}

function socket(event: LogEvent, access: string[], peer: string | undefined): Access | undefined {
  const family = fieldOf(event, 'family');
  const type = fieldOf(event, 'sock_type');
  if (family === undefined || type === undefined) return undefined;
  const address = fieldOf(event, 'addr');
  // Only kernels that know rules about unix sockets say the address.
  if (family !== 'unix' || address === undefined) return { kind: 'network', family, type };
  const peerAddress = fieldOf(event, 'peer_addr');
  const path = [address, peerAddress].find((one) => one?.startsWith('/'));
  if (path !== undefined) {
    const isSayable = narrowestRule({ kind: 'unix', type, access }) !== undefined;
    return isSayable ? socketFile(path, access, ownerOf(event)) : undefined;
  }
  return { kind: 'unix', type, access, address, peer, peerAddress };
}

/** A socket that has a path is a file: to send to it is to write, to receive from it to read (apparmor.d(5), unix). */
function socketFile(path: string, access: string[], owner: boolean | undefined): Access {
  const reading = new Set(['receive', 'accept', 'getattr', 'getopt']);
  const permissions = new Set<FilePermission>();
  for (const one of access) permissions.add(reading.has(one) ? 'r' : 'w');
  return { kind: 'file', path, permissions: [...permissions], owner };
}

function message(event: LogEvent, other: string | undefined): Access | undefined {
  // dbus-broker writes (null) for what a message does not have.
  const field = (key: string) => {
    const value = fieldOf(event, key);
    return value === '(null)' ? undefined : value;
  };
  const peer = other === '(null)' ? undefined : other && withoutMode(other);
  // Nor does it say the mask where the operation does.
  const access = field('mask') ?? field('operation')?.slice('dbus_'.length);
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
}

/** `rtmin+3` is written in one more way. */
function signalName(logged: string | undefined): string | undefined {
  return logged?.replace(/^rtmin\+?0*(\d+)$/, 'rtmin+$1');
}

function words(list: string | undefined): string[] {
  return (list ?? '').split(/[\s,]+/).filter((word) => word !== '');
}
