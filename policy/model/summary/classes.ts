// The topics of the permissions of classes other than files.

import type { Pattern } from '../../glob/aare.ts';
import { bytePattern, bytes } from '../../glob/matcher.ts';
import {
  anyByte,
  anyBytes,
  anyText,
  byte,
  choice,
  fields,
  nothing,
  nul,
  number16,
  sequence,
} from '../classes/class.ts';
import type { TableClass } from '../classes/classes.ts';
import { familyNumber, socketType } from '../classes/network.ts';
import type { TopicId } from './topics.ts';

type OtherClass = Exclude<TableClass, 'file'>;

/** How the permissions of a class are told apart. */
export interface ClassTopics {
  /** Patterns of strings of the class, whose numbers `topic` takes. */
  patterns(profile: string): Pattern[];
  /**
   * The topic of a permission on a string; `matching`: whether each pattern matches it. Undefined where the permission
   * means nothing without another string, whose topic says it.
   */
  topic(permission: string, matching: (pattern: number) => boolean): TopicId | undefined;
}

/** A class with one topic. */
const only = (topic: TopicId): ClassTopics => ({ patterns: () => [], topic: () => topic });

/** A literal text. */
const text = (one: string): Pattern =>
  sequence(...[...bytes(one)].map((unit) => byte(unit.charCodeAt(0))));

/** The labels of a profile's processes, also in a stack with others. */
const labelsOf = (profile: string): Pattern =>
  sequence(
    choice(nothing, sequence(anyText, text('//&'))),
    text(profile),
    choice(nothing, sequence(text('//&'), anyText)),
  );

/** Messages with which systemd, the system's or a user's, runs programs or changes what it runs (its D-Bus API). */
const startsPrograms: Pattern = sequence(
  anyByte,
  fields(
    bytePattern('{system,session}'),
    bytePattern('org.freedesktop.systemd1'),
    anyText,
    bytePattern('/org/freedesktop/systemd1{,/**}'),
    bytePattern('org.freedesktop.systemd1.*'),
    bytePattern('{Start,Restart,TryRestart,Enqueue,Set,Link,Enable,Bind,Mount,Attach,SwitchRoot}*'),
  ),
);

const family = (name: string, type: Pattern = sequence(anyByte, anyByte)) =>
  sequence(anyByte, number16(familyNumber(name) ?? 0), type, anyBytes);

export const classTopics: Readonly<Record<OtherClass, ClassTopics>> = {
  change_profile: {
    patterns: () => [
      sequence(
        choice(nothing, sequence(byte(47), anyText, nul)),
        bytePattern('{,:*:,:*://}unconfined'),
      ),
      sequence(anyText, nul, anyBytes),
    ],
    topic(permission, matching) {
      if (matching(0)) return 'unconfined';
      // That a program may be run next says nothing without the profile, to which a process may also change immediately.
      return permission === 'onexec' && !matching(1) ? undefined : 'change-profile';
    },
  },
  network: {
    patterns: () => [
      family('unix'),
      family('netlink'),
      choice(
        family('packet'),
        sequence(anyByte, anyByte, anyByte, number16(socketType('raw') ?? 0), anyBytes),
      ),
    ],
    topic(_, matching) {
      if (matching(0)) return 'unix';
      if (matching(1)) return 'netlink';
      return matching(2) ? 'network-raw' : 'network';
    },
  },
  ptrace: {
    patterns: (profile) => [sequence(anyByte, labelsOf(profile))],
    topic: (permission, matching) =>
      matching(0) || permission.endsWith('by') ? 'ptrace-own' : 'ptrace-others',
  },
  signal: {
    patterns: (profile) => [sequence(anyByte, anyByte, labelsOf(profile))],
    topic: (permission, matching) =>
      matching(0) || permission === 'receive' ? 'signal-own' : 'signal-send',
  },
  dbus: {
    patterns: () => [startsPrograms],
    topic(permission, matching) {
      if (permission === 'send' && matching(0)) return 'dbus-control';
      return permission === 'eavesdrop' ? 'dbus-eavesdrop' : 'dbus';
    },
  },
  mount: only('mount'),
  posix_mqueue: only('mqueue'),
  sysv_mqueue: only('mqueue'),
  io_uring: only('io_uring'),
  userns: only('userns'),
};
