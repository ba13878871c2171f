// Requests that a confined process can make of the kernel without harm, with what the model decides about each. The
// program guest/probe.pl makes them. The kernels of Debian 12 and 13 do not mediate message queues and D-Bus, and of unix
// sockets the type alone.
import {
  type ClassQuestion,
  type Decision,
  type FilePermission,
  lookUp,
  type ProfileModel,
} from '../../../policy/index.ts';

/** The files of the guest for such requests, of root and of others; each is a program that exits immediately. */
export const files = ['/ab', '/aé', '/a/a', '/a/x', '/b/b', '/a/b/b'];
export const otherFiles = ['/ba', '/*', '/x', '/a/é', '/b/a', '/a/b/a'];
export const folders = ['/a', '/b', '/a/b'];
/** Paths that do not exist. */
const newFiles = ['/bb', '/a/ab', '/b/ab', '/a/b/x'];

/** The profiles of the guest that are targets and peers, and permit whatever is asked of them. */
export const peers = ['a', 'b', 'a//b', 'p', 'p//q', 'x'];
export const peerPolicy = ['a b', 'b', 'p q', 'x']
  .map((names) => names.split(' '))
  .map(([name, child]) => {
    const rules = 'file,\n  signal,\n  ptrace,\n';
    return `profile ${name} {\n  ${rules}${child ? `  profile ${child} {\n  ${rules}  }\n` : ''}}\n`;
  })
  .join('');

export interface Request {
  profile: string;
  /** What is asked, as probe.pl knows it, and its words. */
  kind: string;
  words: readonly string[];
  /** As {@link outcomeOf} has it: `granted` or `denied`, of programs the label after exec. */
  expected: string;
}

const granted = 'granted';
const denied = 'denied';
const unconfined = 'unconfined';

const EPERM = 1;
const EACCES = 13;
/** Kinds whose refusal is EPERM. */
const refusedByEPERM = ['capability', 'read', 'trace', 'userns', 'io_uring', 'change_hat'];
/** The errors of what AppArmor grants and something later refuses: a mount without the capability, for example. */
const later: Readonly<Record<string, readonly number[]>> = {
  // ENOENT: no such module. EINVAL: reboot. ESTALE: no such file handle.
  capability: [2, 22, 116],
  // EPERM: raw sockets without the capability. ESOCKTNOSUPPORT, EPROTONOSUPPORT, EAFNOSUPPORT.
  socket: [EPERM, 94, 93, 97],
  // EFAULT: nothing is at the address.
  trace: [14],
  ...{ mount: [EPERM], move: [EPERM], remount: [EPERM], propagation: [EPERM] },
  // EINVAL, EBUSY: no mount points.
  pivot_root: [22, 16],
};
/** ENOENT, ECHILD: no such hat. */
const noHat = [2, 10];

/** What probe.pl says happened, in words. */
export function outcomeOf({ kind }: Request, said: string): string {
  if (!/^[0-9]+$/.test(said)) return said.replace(/ \(.*\)$/, '');
  const error = Number(said);
  if (error === 0 || later[kind]?.includes(error)) return granted;
  if (error === EACCES || (error === EPERM && refusedByEPERM.includes(kind))) return denied;
  if (kind === 'change_hat' && noHat.includes(error)) return denied;
  return `error ${error}`;
}

const flags: Readonly<Record<string, number>> = {
  ...{ ro: 1, nosuid: 2, nodev: 4, noexec: 8, remount: 32, noatime: 1024, bind: 4096 },
  ...{ move: 8192, rbind: 4096 | 16384, unbindable: 1 << 17, private: 1 << 18, slave: 1 << 19 },
  ...{ shared: 1 << 20, relatime: 1 << 21, strictatime: 1 << 24 },
};
const families: Readonly<Record<string, number>> = {
  unix: 1,
  inet: 2,
  inet6: 10,
  netlink: 16,
  packet: 17,
};
const types: Readonly<Record<string, number>> = { stream: 1, dgram: 2, raw: 3, seqpacket: 5 };
const signals: Readonly<Record<string, number>> = { exists: 0, hup: 1, term: 15, cont: 18 };

const capabilities = [
  ...['sys_admin', 'sys_chroot', 'sys_boot', 'sys_module', 'sys_pacct', 'sys_rawio', 'sys_nice'],
  ...['sys_time', 'sys_tty_config', 'sys_resource', 'setuid', 'setgid', 'setpcap', 'ipc_lock'],
  ...['net_admin', 'dac_read_search'],
];

/** All requests about a profile of which the model knows the answer. `newer`: also of the classes of Debian 13's kernel. */
export function requestsOf(
  profile: ProfileModel,
  profiles: readonly ProfileModel[],
  newer: boolean,
): Request[] {
  return [
    ...fileRequests(profile, profiles),
    ...capabilities.flatMap((name) =>
      request(profile, 'capability', [name], profile.capability(name)),
    ),
    ...socketRequests(profile),
    ...processRequests(profile),
    ...profileRequests(profile, profiles),
    ...mountRequests(profile),
    ...(newer ? newerRequests(profile) : []),
  ];
}

function request(
  { name }: ProfileModel,
  kind: string,
  words: readonly string[],
  decision: Decision,
): Request[] {
  if (decision.granted === undefined) return [];
  return [{ profile: name, kind, words, expected: decision.granted ? granted : denied }];
}

function decide(profile: ProfileModel, question: ClassQuestion, permission?: string): Decision {
  const one = lookUp(question);
  if ('unknown' in one) throw new Error(one.unknown);
  return profile.ask(one.table, permission ?? one.permission, one.string);
}

function fileRequests(profile: ProfileModel, profiles: readonly ProfileModel[]): Request[] {
  const file = (permission: FilePermission, path: string, target?: string): Decision => {
    const { owner, others } = profile.file(permission, path, target);
    return otherFiles.includes(target ?? path) ? others : owner;
  };
  const ask = (permission: FilePermission, path: string) =>
    request(profile, permission, [path], file(permission, path));
  return [
    ...[...files, ...otherFiles].flatMap((path) => [
      ...(['r', 'w', 'a'] as const).flatMap((permission) => ask(permission, path)),
      // To lock or map a file, it has to be open.
      ...(file('r', path).granted ? [...ask('k', path), ...ask('m', path)] : []),
      ...newFiles.flatMap((link) => request(profile, 'l', [path, link], file('l', link, path))),
      ...ask('x', path).map((one) => ({
        ...one,
        expected:
          one.expected === denied ? denied : labelAfter(profile.name, file('x', path), profiles),
      })),
    ]),
    ...newFiles.flatMap((path) => request(profile, 'create', [path], file('w', path))),
    ...folders.flatMap((path) => ask('r', `${path}/`)),
  ];
}

/**
 * The label after exec, or `denied` where the profile that a transition names does not exist; no profile of the guest is
 * attached to the files.
 */
function labelAfter(own: string, decision: Decision, profiles: readonly ProfileModel[]): string {
  const { transition = '' } = decision as { transition?: string };
  const [mode = '', target] = transition.toLowerCase().split(' -> ');
  if (mode === 'ix') return own;
  if (mode === 'ux') return unconfined;
  const named = target && (mode.startsWith('c') ? `${own}//${target}` : target);
  if (named && (peers.includes(named) || profiles.some(({ name }) => name === named))) return named;
  if (mode.includes('i')) return own;
  return mode.endsWith('ux') ? unconfined : denied;
}

function socketRequests(profile: ProfileModel): Request[] {
  return Object.entries(families).flatMap(([family, familyNumber]) =>
    Object.entries(types).flatMap(([type, number]) => {
      const decision = decide(profile, { class: 'network', family, type });
      return request(profile, 'socket', [String(familyNumber), String(number)], decision);
    }),
  );
}

/** Requests about other processes. */
function processRequests(profile: ProfileModel): Request[] {
  return ['a', 'b', 'a//b', 'p', unconfined].flatMap((peer) => [
    ...Object.entries(signals).flatMap(([signal, number]) => {
      const decision = decide(profile, { class: 'signal', permission: 'send', signal, peer });
      return request(profile, 'send', [String(number), peer], decision);
    }),
    ...['read', 'trace'].flatMap((permission) => {
      const decision = decide(profile, { class: 'ptrace', permission, peer });
      return request(profile, permission, [peer], decision);
    }),
  ]);
}

/** Requests to change the profile or hat. */
function profileRequests(profile: ProfileModel, profiles: readonly ProfileModel[]): Request[] {
  const hasHat = profiles.some(({ name }) => name === `${profile.name}//h`);
  return [
    ...[...peers, unconfined].flatMap((target) =>
      ['change_profile', 'onexec'].flatMap((permission) => {
        const decision = decide(profile, { class: 'change_profile', target }, permission);
        return request(profile, permission, [target], decision);
      }),
    ),
    ...(profile.name.includes('//')
      ? []
      : request(profile, 'change_hat', ['h'], { granted: hasHat, rules: [] })),
  ];
}

function mountRequests(profile: ProfileModel): Request[] {
  const mount = (
    kind: string,
    [source, target, type]: readonly [string, string, string],
    options: readonly string[],
    // What the kernel asks for may have no source and no type.
    asked = { source, type },
  ) => {
    const about = { class: 'mount', target: `${target}/`, options, ...asked } as const;
    const flagWord = String(options.reduce((sum, one) => sum | (flags[one] ?? 0), 0));
    return request(profile, kind, [source, target, type, flagWord], decide(profile, about));
  };
  const none = { source: '', type: '' };
  const atA = ['none', '/a', 'none'] as const;
  return [
    ...folders.flatMap((target) => [
      ...[[], ['ro'], ['nosuid', 'nodev'], ['noexec', 'relatime']].flatMap((options) =>
        ['tmpfs', 'proc'].flatMap((type) => mount('mount', [type, target, type], options)),
      ),
      ...['bind', 'rbind'].flatMap((option) =>
        mount('mount', ['/b', target, 'none'], [option], { source: '/b/', type: '' }),
      ),
    ]),
    // For these, a tmpfs is mounted at /a.
    ...mount('move', ['/a', '/b', 'none'], ['move'], { source: '/a/', type: '' }),
    ...[[], ['ro'], ['bind', 'ro'], ['nosuid', 'noexec']].flatMap((options) =>
      mount('remount', atA, ['remount', ...options], none),
    ),
    ...['private', 'slave', 'shared', 'unbindable'].flatMap((option) =>
      mount('propagation', atA, [option], none),
    ),
    // Of these, the kernel asks only processes that have the capability.
    ...(profile.capability('sys_admin').granted ? rootRequests(profile) : []),
  ];
}

function rootRequests(profile: ProfileModel): Request[] {
  const umount = decide(profile, { class: 'umount', target: '/a/' });
  return [
    ...request(profile, 'umount', ['/a'], umount),
    ...folders.flatMap((folder) => {
      const about = { class: 'pivot_root', newRoot: `${folder}/`, oldRoot: '/b/' } as const;
      return request(profile, 'pivot_root', [folder, '/b'], decide(profile, about));
    }),
  ];
}

function newerRequests(profile: ProfileModel): Request[] {
  const sqpoll = { class: 'io_uring', permission: 'sqpoll', label: '' } as const;
  return [
    ...request(profile, 'userns', [], decide(profile, { class: 'userns' })),
    ...request(profile, 'io_uring', [], decide(profile, sqpoll)),
  ];
}
