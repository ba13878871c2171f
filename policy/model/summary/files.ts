// The topics of file permissions: by the place of the file, and by what else is granted on it.
import type { Pattern } from '../../glob/aare.ts';
import { bytePattern } from '../../glob/matcher.ts';
import { controlSockets, secretFiles, trustedFiles } from '../sensitive-files.ts';
import type { Grant } from '../table.ts';
import type { TopicId } from './topics.ts';

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

/** Of the places that a file is in, the first with a topic counts. */
const places: readonly Place[] = [
  ...controlSockets.map((pattern): Place => ({ pattern, write: 'control-socket' })),
  ...trustedFiles.map(
    ([, note, pattern]): Place => ({
      ...{ pattern, note, write: pattern.endsWith('.sock') ? 'control-socket' : 'write-trusted' },
    }),
  ),
  { pattern: '/{proc/kcore,dev/{kmem,mem,port}}', read: 'kernel-memory', write: 'device' },
  ...secretFiles.map(
    ([pattern, note, exception]): Place => ({
      ...{ pattern, note, read: 'read-secrets', others: exception?.others === true },
    }),
  ),
  { pattern: '/proc/{[0-9]*,self,thread-self}/**', read: 'read-system', write: 'write-process' },
  { pattern: '/{proc,sys}/**', read: 'read-system', write: 'write-kernel' },
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

/** The patterns whose numbers `fileTopic` takes: those of the places, and of programs that run others. */
export const filePatterns = (): Pattern[] =>
  [...places.map(({ pattern }) => pattern), shells].map((one) => bytePattern(one));

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
      return { topic: 'link' };
    case 'k':
      return { topic: 'lock' };
    case 'x':
      if (leaves(grant.how)) return { topic: 'unconfined' };
      if (at.writable) return { topic: 'run-writable' };
      if (grant.how !== 'ix') return { topic: 'run-profile' };
      return { topic: matching.includes(places.length) ? 'run-shell' : 'run' };
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

/** Whether an exec transition may lead to no profile: `ux`, a fallback to it, or the target `unconfined`. */
function leaves(transition: string): boolean {
  const [mode = '', target] = transition.split(' -> ');
  return /u/i.test(mode) || (target !== undefined && unconfinedName.test(target));
}

/** Names of the profile `unconfined`, with a namespace or without. */
const unconfinedName = /^(:[^:]*:(\/\/)?)?unconfined$/;
