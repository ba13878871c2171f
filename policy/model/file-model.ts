// Which file permissions a profile grants, for the owner of a file and for everybody else.
import type { Budget } from '../budget.ts';
import { type Pattern, wildcardOf } from '../glob/aare.ts';
import { bytePattern, bytes, Matcher } from '../glob/matcher.ts';
import { execText, type FilePermission, lettersOf } from '../rules/file.ts';
import type { ExecTransition } from '../syntax/file-modes.ts';
import { combine, type Decision, type UnknownReason, unknown } from './decision.ts';
import type { EffectiveRule } from './effective-rule.ts';
import { mergeSlashes, replaceVariables, type TextScope, withAliases } from './expansion.ts';

/**
 * One entry of the table that apparmor_parser compiles, for paths, or for a link and what it is made to with a NUL
 * between: aliases make several of one rule.
 */
interface Entry {
  effective: EffectiveRule | undefined;
  pattern: Pattern;
  permissions: ReadonlySet<FilePermission>;
  side: 'owner' | 'other' | undefined;
  /** What follows exec; undefined also where the rule denies it. */
  transition: string | undefined;
  /** A path without wildcards, whose exec transition wins over those of patterns. */
  exact: boolean;
  /** The permissions of a link have to be among those of what it is made to. */
  subset: boolean;
}

interface Scope extends TextScope {
  classesAreExact: boolean;
  /** The profile is a hat or has children. */
  changesHat: boolean;
  budget: Budget;
}

export class FileModel {
  readonly #entries: readonly Entry[];
  readonly #matcher: Matcher;

  private constructor(entries: readonly Entry[], matcher: Matcher) {
    this.#entries = entries;
    this.#matcher = matcher;
  }

  /** The model of a profile's rules, or why there is none. */
  static of(rules: readonly EffectiveRule[], scope: Scope): FileModel | UnknownReason {
    const entries: Entry[] = [];
    for (const one of [
      ...rules.map((effective) => ruleText(effective)),
      ...implied(rules, scope),
    ]) {
      const found = one && entriesOf(one, scope);
      if (one && !found) return scope.symbols.budget.exhausted ? 'budget' : 'variables';
      for (const entry of found ?? []) entries.push(entry);
      if (!scope.budget.spend(100)) return 'budget';
    }
    const matcher = Matcher.of(
      entries.map(({ pattern }) => pattern),
      scope.budget,
    );
    return matcher ? new FileModel(entries, matcher) : 'budget';
  }

  /** One permission; linking without a target asks whether any target may be linked to. */
  decide(permission: FilePermission, path: string, owner: boolean, budget: Budget): Decision {
    const matching = this.#matcher.matching(bytes(path), budget);
    return matching ? this.#decide(matching, permission, owner) : unknown('budget');
  }

  #decide(matching: readonly number[], permission: FilePermission, owner: boolean): Decision {
    const applying = this.#applying(matching, permission, owner);
    const { decision, counting } = combine(applying);
    if (permission !== 'x' || decision.granted !== true) return decision;
    const exact = counting.filter((one) => one.exact);
    const transition = (exact.length > 0 ? exact : counting)[0]?.transition;
    if (exact.length === 0 || transition === undefined)
      return { ...decision, ...(transition !== undefined && { transition }) };
    return { ...combine(exact).decision, transition } as Decision;
  }

  #applying(matching: readonly number[], permission: FilePermission, owner: boolean): Entry[] {
    const other = owner ? 'other' : 'owner';
    return matching
      .map((index) => this.#entries[index] as Entry)
      .filter((one) => one.permissions.has(permission) && one.side !== other);
  }

  /** Whether a link at `path` may be made to a file (security/apparmor/file.c, profile_path_link). */
  link(path: string, target: string, owner: boolean, budget: Budget): Decision {
    const from = this.#matcher.matching(bytes(path), budget);
    const both = from && this.#matcher.matching(`${bytes(path)}\0${bytes(target)}`, budget);
    const onTarget = both && this.#matcher.matching(bytes(target), budget);
    if (!from || !onTarget) return unknown('budget');
    const onLink = this.#decide(from, 'l', owner);
    if (!onLink.granted) return onLink;
    const { decision, counting } = combine(this.#applying(both, 'l', owner));
    // apparmor_parser sets the bit that asks for the subset test for the owner of the target alone.
    if (!decision.granted || !owner || !counting.some(({ subset }) => subset)) return decision;
    for (const permission of subsetPermissions) {
      const own = this.#decide(from, permission, owner);
      if (own.granted === false) continue;
      const its = this.#decide(onTarget, permission, owner);
      if (own.granted === undefined || its.granted === undefined)
        return unknown('prompt', own.rules);
      if (!its.granted || !isSubset(own.transition, its.transition))
        return { ...its, granted: false };
    }
    return decision;
  }

  /** The shortest path on which a permission is granted. */
  example(
    permission: FilePermission,
    owner: boolean,
    budget: Budget,
  ): { path: string } | 'none' | undefined {
    return this.#matcher.example(
      (matching) => this.#decide(matching, permission, owner).granted === true,
      budget,
    );
  }
}

/** What a link may not have where its target has it not. */
const subsetPermissions: readonly FilePermission[] = ['r', 'w', 'a', 'k', 'm', 'x'];

/** An exec transition that a link may have: that of its target, but for cleaning the environment more. */
function isSubset(own: string | undefined, its: string | undefined): boolean {
  if (own === its || own === undefined || its === undefined) return own === its;
  const [mode = '', ...target] = its.split(' ');
  return own === [safe(mode), ...target].join(' ');
}

const safe = (mode: string) =>
  mode.replace(/^[puc]/, (first) => first.toUpperCase()).replace('u', 'U');

const inherit: ExecTransition = { mode: 'i', safe: true };

/** What a rule says of files, its patterns as they are written. */
interface RuleText extends Omit<Entry, 'pattern' | 'exact'> {
  path: string;
  /** What a link may be made to; undefined: anything. */
  target: string | undefined;
}

/** What a rule says of files; undefined where it says nothing. */
function ruleText(effective: EffectiveRule): RuleText | undefined {
  const { rule, deny, qualifiers } = effective;
  const side = qualifiers.owner?.value as Entry['side'];
  const common = { effective, side, target: undefined, transition: undefined, subset: true };
  if (rule.kind === 'file-all' || rule.kind === 'all') {
    const transition = deny ? undefined : execText(inherit);
    return { ...common, path: '/{**,}', permissions: everyPermission, transition };
  }
  if (rule.kind === 'link') {
    const permissions = new Set<FilePermission>(['l']);
    const subset = rule.subset !== undefined;
    return { ...common, path: rule.path.value, target: rule.target.value, permissions, subset };
  }
  if (rule.kind !== 'file') return undefined;
  const { exec, link } = rule.permissions;
  const permissions = new Set(lettersOf(rule));
  const target = rule.leading && link ? rule.target?.value : undefined;
  const profile = target === undefined ? rule.target?.value : undefined;
  // A program that may inherit the confinement may be mapped too.
  if (exec?.mode === 'i' || exec?.fallback === 'i') permissions.add('m');
  const transition =
    exec && !deny ? execText(exec) + (profile === undefined ? '' : ` -> ${profile}`) : undefined;
  const subset = target === undefined || rule.subset !== undefined;
  return { ...common, path: rule.path.value, target, permissions, transition, subset };
}

const everyPermission: ReadonlySet<FilePermission> = new Set(['r', 'w', 'a', 'l', 'k', 'm', 'x']);

/** The entries of a rule; undefined when its variables are not known. */
function entriesOf(rule: RuleText, scope: Scope): Entry[] | undefined {
  const path = replaceVariables(rule.path, scope);
  const target = rule.target === undefined ? undefined : replaceVariables(rule.target, scope);
  if (path === undefined || (rule.target !== undefined && target === undefined)) return undefined;
  const { effective, side, transition, subset } = rule;
  return withAliases(path, target, scope).flatMap(([onePath, oneTarget]): Entry[] => {
    const merged = mergeSlashes(onePath);
    const pattern = bytePattern(merged);
    const exact = isExact(merged, scope);
    // That a link is denied is said of the pair alone.
    const permissions = new Set(
      [...rule.permissions].filter((one) => !isDenied(rule) || one !== 'l'),
    );
    const onPath = { effective, side, pattern, permissions, transition, exact, subset: false };
    if (!rule.permissions.has('l')) return [onPath];
    const to = oneTarget === undefined ? anyTarget : bytePattern(mergeSlashes(oneTarget));
    return [
      onPath,
      {
        ...{ effective, side, transition: undefined, exact: false, subset },
        pattern: { kind: 'sequence', items: [pattern, nul, to] },
        permissions: new Set<FilePermission>(['l']),
      },
    ];
  });
}

const isDenied = ({ effective }: RuleText) => effective?.deny ?? false;

const nul: Pattern = { kind: 'set', ranges: [0, 0] };

/** Every target that a link rule without one allows: its second byte is no slash. */
const anyTarget: Pattern = {
  kind: 'sequence',
  items: [
    { kind: 'set', ranges: [47, 47] },
    { kind: 'set', ranges: [0, 46, 48, 255] },
    { kind: 'repeat', ranges: [0, 255] },
  ],
};

function isExact(pattern: string, { classesAreExact }: Scope): boolean {
  const wildcard = wildcardOf(pattern);
  return wildcard === 'none' || (wildcard === 'class' && classesAreExact);
}

/** What apparmor_parser adds so that a process can change its hat or profile: for its own files in /proc. */
function implied(rules: readonly EffectiveRule[], { changesHat }: Scope): RuleText[] {
  const changesProfile = rules.some(({ rule }) => rule.kind === 'change_profile');
  const entry = (path: string, permission: FilePermission): RuleText => ({
    ...{ effective: undefined, side: 'owner', path, target: undefined, transition: undefined },
    permissions: new Set([permission]),
    subset: true,
  });
  return [
    ...(changesHat || changesProfile
      ? [
          entry('/proc/*/attr/apparmor/', 'r'),
          entry('/sys/module/apparmor/parameters/enabled', 'r'),
        ]
      : []),
    ...(changesHat ? [entry('/proc/[0-9]*/attr/{apparmor/,}current', 'w')] : []),
    ...(changesProfile ? [entry('/proc/*/attr/{apparmor/,}{current,exec}', 'w')] : []),
  ];
}
