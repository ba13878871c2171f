// Every kind of rule, one line each. A rule of a draft stands in this order. A record of the log is about the first
// whose `operations` or, if there is none, `logs` say so; about a file otherwise.
import { all } from './all.ts';
import { capability } from './capability.ts';
import { change_profile } from './change_profile.ts';
import { dbus } from './dbus.ts';
import { file } from './file.ts';
import { io_uring } from './io_uring.ts';
import type { RuleKind } from './kind.ts';
import { link } from './link.ts';
import { mount } from './mount.ts';
import { mqueue } from './mqueue.ts';
import { network } from './network.ts';
import { pivot_root } from './pivot_root.ts';
import { ptrace } from './ptrace.ts';
import { rlimit } from './rlimit.ts';
import { signal } from './signal.ts';
import { unix } from './unix.ts';
import { userns } from './userns.ts';

const registered = [
  all,
  capability,
  network,
  unix,
  dbus,
  signal,
  ptrace,
  mount,
  pivot_root,
  mqueue,
  io_uring,
  userns,
  change_profile,
  rlimit,
  link,
  file,
] as const;

type Kinds = (typeof registered)[number];
type RuleOf<Kind> = Kind extends RuleKind<infer Rule, infer _Own> ? Rule : never;
type AccessOf<Kind> = Kind extends RuleKind<infer _Rule, infer Own> ? Own : never;

/** A rule of any kind. */
export type Rule = RuleOf<Kinds>;

/** What a confined process asks the kernel for, in the words of rules. Names and paths are texts, not patterns. */
export type Access = AccessOf<Kinds>;

/** A kind of rule, whichever. */
export type AnyKind = RuleKind<Rule, Access>;

export const kinds: readonly AnyKind[] = registered;

const byNode = new Map(kinds.flatMap((kind) => kind.nodes.map((node) => [node as string, kind])));

/** What the tree calls rules. */
export const ruleNodes: ReadonlySet<string> = new Set(byNode.keys());

/** The kind of a rule. */
export function kindOf(rule: Rule): AnyKind {
  return byNode.get(rule.kind) as AnyKind;
}

/** The kind of rule that a keyword starts. */
export const kindByKeyword: ReadonlyMap<string, AnyKind> = new Map(
  kinds.flatMap((kind) => kind.keywords.map((keyword) => [keyword, kind])),
);

const byAccess = new Map(kinds.flatMap((kind) => kind.accesses.map((one) => [one, kind])));

/** The kind of rule that an access is narrowly allowed by. */
export function kindOfAccess(access: Access): AnyKind {
  return byAccess.get(access.kind) as AnyKind;
}
