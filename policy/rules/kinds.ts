// Every rule with a keyword and conditionals, by keyword.
import type { KeywordRuleKind } from '../syntax/tree.ts';
import { all } from './all.ts';
import { capability } from './capability.ts';
import { dbus } from './dbus.ts';
import { io_uring } from './io_uring.ts';
import type { KeywordKind } from './kind.ts';
import { mount } from './mount.ts';
import { mqueue } from './mqueue.ts';
import { network } from './network.ts';
import { pivot_root } from './pivot_root.ts';
import { ptrace } from './ptrace.ts';
import { signal } from './signal.ts';
import { unix } from './unix.ts';
import { userns } from './userns.ts';

export const kinds: Readonly<Record<KeywordRuleKind, KeywordKind>> = {
  all,
  capability,
  dbus,
  io_uring,
  mount,
  mqueue,
  network,
  pivot_root,
  ptrace,
  signal,
  unix,
  userns,
};

/** The kind of rule a keyword starts. */
export const kindByKeyword: ReadonlyMap<string, KeywordKind> = new Map(
  Object.values(kinds).flatMap((kind) => kind.keywords.map((keyword) => [keyword, kind] as const)),
);
