// The topics of the permissions of classes other than files.

import type { Pattern } from '../../glob/aare.ts';
import { bytePattern, bytes } from '../../glob/matcher.ts';
import {
  anyByte,
  anyBytes,
  anyText,
  byte,
  choice,
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
  /** The topic of a permission on a string; `matching`: whether each pattern matches it. */
  topic(permission: string, matching: (pattern: number) => boolean): TopicId;
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

const family = (name: string, type: Pattern = sequence(anyByte, anyByte)) =>
  sequence(anyByte, number16(familyNumber(name) ?? 0), type, anyBytes);

export const classTopics: Readonly<Record<OtherClass, ClassTopics>> = {
  change_profile: {
    patterns: () => [
      sequence(
        choice(nothing, sequence(byte(47), anyText, nul)),
        bytePattern('{,:*:,:*://}unconfined'),
      ),
    ],
    topic: (_, matching) => (matching(0) ? 'unconfined' : 'change-profile'),
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
    patterns: () => [],
    topic: (permission) => (permission === 'eavesdrop' ? 'dbus-eavesdrop' : 'dbus'),
  },
  mount: only('mount'),
  posix_mqueue: only('mqueue'),
  sysv_mqueue: only('mqueue'),
  io_uring: only('io_uring'),
  userns: only('userns'),
};
