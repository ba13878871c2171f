// The topics of file permissions: by the place of the file, and by what else is granted on it.
import { type Pattern, wildcardOf } from '../../glob/aare.ts';
import { bytePattern } from '../../glob/matcher.ts';
import { anyText, choice, nul, sequence } from '../classes/class.ts';
import { controlSockets, secretFiles, trustedFiles } from '../sensitive-files.ts';
import type { Grant } from '../table.ts';
import { type TopicId, topics } from './topics.ts';

/** A set of files with the topics of reading and writing them. */
interface Place {
  pattern: string;
  read?: TopicId;
  write?: TopicId;
  /** For reading, only permissions for files of others count. */
  others?: boolean;
  /** What is there, or what follows. */
  note?: string;
}

const shells =
  '/{,usr/{,local/}}bin/{{ba,da,a,z,k,mk,c,tc,fi,}sh{,[0-9]*},busybox*,{python,perl,ruby,lua,node,php,tclsh,awk,gawk,mawk}*,env}';

/** Folders of /proc that belong to the kernel, not to processes. */
const kernelFolders =
  '{acpi,asound,bus,device-tree,driver,dynamic_debug,fs,irq,net,scsi,sys,sysvipc,tty}';

/** Further places that only a summary tells apart. */
const summarized: readonly Place[] = [
  {
    pattern:
      '/{,var/}run/{snapd.socket,initctl,libvirt/libvirt-sock,udev/control,docker/containerd/containerd.sock,systemd/private}',
    write: 'control-socket',
  },
  { pattern: '/var/lib/lxd/unix.socket', write: 'control-socket' },
  {
    pattern:
      '/{etc/{udev/rules.d,modprobe.d,init.d,polkit-1/rules.d,ld.so.conf.d,kubernetes/manifests}/**,etc/{rc.local,docker/daemon.json},run/udev/rules.d/**}',
    ...{ write: 'write-trusted', note: 'services of the system run or obey it, as root' },
  },
  {
    pattern: '/var/lib/{docker,containerd,kubelet,dpkg/info}/**',
    ...{ write: 'write-trusted', note: 'containers and packages are run from it' },
  },
  {
    pattern: '/dev/{sd,vd,hd,xvd,nvme,dm-,md,mmcblk,mapper/,disk/}**',
    ...{ read: 'device', write: 'write-disk' },
  },
  {
    pattern:
      '/{etc/{NetworkManager/system-connections,wpa_supplicant}/**,var/backups/{,g}shadow.bak,var/lib/sss/{db,secrets}/**,proc/1/environ}',
    read: 'read-secrets',
  },
  {
    pattern:
      '/{home/*,root}/{.local/share/keyrings,.mozilla,.config/{gh,google-chrome,chromium}}/**',
    ...{ read: 'read-secrets', write: 'write-home' },
  },
];

/** Of the places that a file is in, the first with a topic counts. */
const places: readonly Place[] = [
  ...controlSockets.map((pattern): Place => ({ pattern, write: 'control-socket' })),
  ...trustedFiles.map(
    ([, note, pattern]): Place => ({
      ...{ pattern, note, write: pattern.endsWith('.sock') ? 'control-socket' : 'write-trusted' },
    }),
  ),
  { pattern: '/{proc/kcore,dev/{kmem,mem,port}}', read: 'kernel-memory', write: 'kernel-memory' },
  ...secretFiles.map(
    ([pattern, note, exception]): Place => ({
      ...{ pattern, note, read: 'read-secrets', others: exception?.others === true },
    }),
  ),
  ...summarized,
  // Only processes have these.
  { pattern: '/proc/*/{attr,fd,mem,root,task}{,/**}', read: 'read-system', write: 'write-process' },
  // Not /proc/ itself, which `*` in braces would match.
  { pattern: `/proc/{${kernelFolders}/**,?*}`, read: 'read-system', write: 'write-kernel' },
  { pattern: '/proc/**', read: 'read-system', write: 'write-process' },
  { pattern: '/sys/**', read: 'read-system', write: 'write-kernel' },
  { pattern: '/dev/shm/**', read: 'read-other', write: 'write-temporary' },
  {
    pattern: '/dev/{null,zero,full,random,urandom,tty,ptmx,pts/*,stdin,stdout,stderr,fd/*,log}',
    ...{ read: 'read-system', write: 'write-terminal' },
  },
  { pattern: '/dev/**/', read: 'read-system' },
  { pattern: '/dev/**', read: 'device', write: 'device' },
  { pattern: '/{bin,boot,lib{,32,64,x32},opt,sbin,usr}/**', write: 'write-programs' },
  { pattern: '/etc/**', write: 'write-etc' },
  { pattern: '/{home,root}/**', read: 'read-home', write: 'write-home' },
  { pattern: '/{,var/}tmp/**', write: 'write-temporary' },
  { pattern: '/{run,var}/**', write: 'write-data' },
];

/** Places whose files a link gives other rights to, and in which a link is read as a file of theirs. */
const sensitive = places.filter(
  ({ read, write }) =>
    [read, write].some((topic) => topic !== undefined && topics[topic].severity === 'critical') ||
    read === 'read-secrets' ||
    write === 'write-etc' ||
    write === 'write-programs',
);
const ofSensitive = () => choice(...sensitive.map(({ pattern }) => bytePattern(pattern)));

/**
 * The patterns whose numbers `fileTopic` takes: those of the places, of programs that run others, and of links whose
 * target or name is in a sensitive place.
 */
export const filePatterns = (): Pattern[] => [
  ...[...places.map(({ pattern }) => pattern), shells].map((one) => bytePattern(one)),
  sequence(anyText, nul, ofSensitive()),
  sequence(ofSensitive(), nul, anyText),
];
const [shell, linkTarget, linkName] = [places.length, places.length + 1, places.length + 2];

/** A permission of a string, for the owner of the file or for others. */
export interface FilePermissionAt {
  letter: string;
  owner: boolean;
  grant: Grant;
  string: string;
  /** The owner, or others, may write or append to the file. */
  writable: boolean;
  /** The patterns that match the string, by number, in order. */
  matching: readonly number[];
  /** The child profiles of the profile. */
  children: readonly ChildProgram[];
}

/** A child profile, by its name without that of its parent, and the pattern of the programs it is attached to. */
export interface ChildProgram {
  name: string;
  attachment: string | undefined;
}

/** The topic of a permission that is granted, with a note; undefined where no kernel asks for it. */
export function fileTopic(at: FilePermissionAt): { topic: TopicId; note?: string } | undefined {
  const { letter, grant, string, matching } = at;
  // A link and its target are a pair of paths, about which nothing else is asked.
  if (string.includes('\0') !== (letter === 'l')) return undefined;
  // The path of a folder ends with a slash, and no folder is run or mapped.
  if (/[xm]/.test(letter) && string.endsWith('/')) return undefined;
  switch (letter) {
    case 'l':
      // The subset test leaves a link no more rights than its target has.
      return (matching.includes(linkTarget) && grant.how !== 'subset') ||
        matching.includes(linkName)
        ? { topic: 'link-sensitive' }
        : { topic: 'link' };
    case 'k':
      return { topic: 'lock' };
    case 'x':
      if (leaves(at)) return { topic: 'unconfined' };
      if (at.writable) return { topic: 'run-writable' };
      if (grant.how !== 'ix') return { topic: 'run-profile' };
      return { topic: matching.includes(shell) ? 'run-shell' : 'run' };
    case 'm':
      return { topic: at.writable ? 'run-writable' : 'map' };
    case 'r':
      return placed(at, 'read') ?? { topic: 'read-other' };
    default:
      return placed(at, 'write') ?? { topic: 'write-other' };
  }
}

function placed({ matching, owner }: FilePermissionAt, access: 'read' | 'write') {
  for (const number of matching) {
    const place = places[number];
    const topic = place?.[access];
    if (!place || !topic || (access === 'read' && place.others && owner)) continue;
    return { topic, ...(place.note !== undefined && { note: place.note }) };
  }
  return undefined;
}

/**
 * Whether an exec transition may lead to no profile: `ux`, a fallback to it where the child profile does not exist, or the
 * target `unconfined`.
 */
function leaves({ grant, string, children }: FilePermissionAt): boolean {
  const [mode = '', target] = grant.how.split(' -> ');
  if (target !== undefined && unconfinedName.test(target)) return true;
  if (!/u/i.test(mode)) return false;
  if (!/^c/i.test(mode)) return true;
  if (target !== undefined) return !children.some(({ name }) => name === target);
  // Without a target, the child is the one that is attached to the program. Other programs may have none.
  const isOne = grant.decision.rules.every(
    ({ rule }) => rule.kind === 'file' && wildcardOf(rule.path.value) === 'none',
  );
  return !isOne || !children.some(({ name, attachment = name }) => attachment === string);
}

/** Names of the profile `unconfined`, with a namespace or without. */
const unconfinedName = /^(:[^:]*:(\/\/)?)?unconfined$/;
