// Which file permissions a profile grants, for the owner of a file and for everybody else.
import type { Budget } from '../budget.ts';
import type { ProfileVariables, Symbols } from '../checks/symbols.ts';
import { wildcardOf } from '../glob/aare.ts';
import { Matcher } from '../glob/matcher.ts';
import { execText, type FilePermission, lettersOf } from '../rules/file.ts';
import type { ExecTransition } from '../syntax/file-modes.ts';
import type { Alias } from '../syntax/tree.ts';
import { combine, type Decision, type UnknownReason, unknown } from './decision.ts';
import type { EffectiveRule } from './effective-rule.ts';

/** One pattern of a rule: variables and aliases make several of one rule. */
interface Entry {
  effective: EffectiveRule | undefined;
  pattern: string;
  permissions: ReadonlySet<FilePermission>;
  side: 'owner' | 'other' | undefined;
  /** What follows exec; undefined also where the rule denies it. */
  transition: string | undefined;
  /** A path without wildcards, whose exec transition wins over those of patterns. */
  exact: boolean;
  /** What a link may point to, and whether its permissions have to be among those of the target. */
  link: { target: string; subset: boolean };
}

interface Scope {
  symbols: Symbols;
  variables: ProfileVariables;
  aliases: readonly Alias[];
  classesAreExact: boolean;
  /** The profile is a hat or has children. */
  changesHat: boolean;
  budget: Budget;
}

/** How many patterns one rule may stand for. */
const maxAlternatives = 4000;

/** Every target that a link rule without one allows. */
const anyTarget = '/[^/]**';

export class FileModel {
  readonly #entries: readonly Entry[];
  readonly #paths: Matcher;
  readonly #targets: Matcher;

  private constructor(entries: readonly Entry[], paths: Matcher, targets: Matcher) {
    this.#entries = entries;
    this.#paths = paths;
    this.#targets = targets;
  }

  /** The model of a profile's rules, or why there is none. */
  static of(rules: readonly EffectiveRule[], scope: Scope): FileModel | UnknownReason {
    const entries: Entry[] = [];
    for (const effective of rules) {
      const found = entriesOf(effective, scope);
      if (!found) return scope.symbols.budget.exhausted ? 'budget' : 'variables';
      for (const one of found) entries.push(one);
    }
    entries.push(...implied(rules, scope));
    const paths = Matcher.of(
      entries.map(({ pattern }) => pattern),
      scope.budget,
    );
    const targets = Matcher.of(
      entries.map(({ permissions, link }) => (permissions.has('l') ? link.target : '')),
      scope.budget,
    );
    return paths && targets ? new FileModel(entries, paths, targets) : 'budget';
  }

  /** One permission; linking without a target asks whether any target may be linked to. */
  decide(permission: FilePermission, path: string, owner: boolean, budget: Budget): Decision {
    const matching = this.#paths.matching(path, budget);
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
    const from = this.#paths.matching(path, budget);
    const to = from && new Set(this.#targets.matching(target, budget));
    const onTarget = to && this.#paths.matching(target, budget);
    if (!from || !onTarget) return unknown('budget');
    const pairs = from.filter((index) => to.has(index));
    const { decision, counting } = combine(this.#applying(pairs, 'l', owner));
    // apparmor_parser sets the bit that asks for the subset test for the owner of the target alone.
    if (!decision.granted || !owner || !counting.some(({ link }) => link.subset)) return decision;
    for (const permission of subsetPermissions) {
      const own = this.#decide(from, permission, owner);
      if (own.granted === false) continue;
      const its = this.#decide(onTarget, permission, owner);
      if (own.granted === undefined || its.granted === undefined)
        return unknown('prompt', own.rules);
      if (!its.granted || own.transition !== its.transition) return { ...its, granted: false };
    }
    return decision;
  }

  /** The shortest path on which a permission is granted. */
  example(
    permission: FilePermission,
    owner: boolean,
    budget: Budget,
  ): { path: string } | 'none' | undefined {
    return this.#paths.example(
      (matching) => this.#decide(matching, permission, owner).granted === true,
      budget,
    );
  }
}

/** What a link may not have where its target has it not. */
const subsetPermissions: readonly FilePermission[] = ['r', 'w', 'a', 'k', 'm', 'x'];

const inherit: ExecTransition = { mode: 'i', safe: true };

/** The patterns of a rule that decides about files; undefined when its variables are not known. */
function entriesOf(effective: EffectiveRule, scope: Scope): Entry[] | undefined {
  const { rule, deny, qualifiers } = effective;
  const side = qualifiers.owner?.value as Entry['side'];
  const each = (
    path: string,
    target: string,
    rest: Omit<Entry, 'effective' | 'pattern' | 'side' | 'exact' | 'link'> & { subset: boolean },
  ): Entry[] | undefined => {
    const pairs = aliased(path, target, scope);
    return pairs?.map(([pattern, to]) => ({
      effective,
      pattern,
      side,
      permissions: rest.permissions,
      transition: rest.transition,
      exact: isExact(pattern, scope),
      link: { target: to, subset: rest.subset },
    }));
  };
  if (rule.kind === 'file-all' || rule.kind === 'all') {
    const transition = deny ? undefined : execText(inherit);
    return each('/{**,}', anyTarget, { permissions: everyPermission, transition, subset: true });
  }
  if (rule.kind === 'link') {
    const subset = rule.subset !== undefined;
    const permissions = new Set<FilePermission>(['l']);
    return each(rule.path.value, rule.target.value, { permissions, transition: undefined, subset });
  }
  if (rule.kind !== 'file') return [];
  const { exec, link } = rule.permissions;
  const permissions = new Set(lettersOf(rule));
  const linksTo = rule.leading && link ? rule.target?.value : undefined;
  const profile = linksTo === undefined ? rule.target?.value : undefined;
  // A program that may inherit the confinement may be mapped too.
  if (exec?.mode === 'i' || exec?.fallback === 'i') permissions.add('m');
  const transition =
    exec && !deny ? execText(exec) + (profile === undefined ? '' : ` -> ${profile}`) : undefined;
  return each(rule.path.value, linksTo ?? anyTarget, {
    permissions,
    transition,
    subset: linksTo === undefined || rule.subset !== undefined,
  });
}

const everyPermission: ReadonlySet<FilePermission> = new Set(['r', 'w', 'a', 'l', 'k', 'm', 'x']);

function isExact(pattern: string, { classesAreExact }: Scope): boolean {
  const wildcard = wildcardOf(pattern);
  return wildcard === 'none' || (wildcard === 'class' && classesAreExact);
}

/**
 * Paths and link targets with each value of their variables and with each alias. apparmor_parser replaces a variable of one
 * value by it and keeps several as a choice; it compares aliases with the result, before slashes are merged.
 */
function aliased(path: string, target: string, scope: Scope): [string, string][] | undefined {
  const { symbols, variables } = scope;
  const valuesOf = (text: string) => symbols.alternatives(text, variables, maxAlternatives);
  const withSingleValues = (text: string) =>
    text.replace(/@\{[^{}]*\}/g, (variable) => {
      const [value = variable, ...others] = valuesOf(variable) ?? [];
      return others.length === 0 ? value : variable;
    });
  const linked = target === anyTarget ? target : withSingleValues(target);
  const written = withSingleValues(path);
  const paths = valuesOf(written)?.map((one) => onePath(one, written));
  // apparmor_parser leaves the slashes of a target as they are: with two together it matches no file.
  const targets = valuesOf(linked);
  if (!paths || !targets) return undefined;
  const pairs = paths.flatMap((one) => targets.map((to): [string, string] => [one, to]));
  const literal = written.split('@{', 1)[0] ?? '';
  const rest = onePath(literal, written).length;
  const found = [...pairs];
  for (const { from, to } of scope.aliases) {
    const replace = (text: string) =>
      text.startsWith(from.value) ? to.value + text.slice(from.value.length) : text;
    const start = replace(literal);
    const other = (text: string) => (text === anyTarget ? text : replace(text));
    if (start === literal && other(linked) === linked) continue;
    if (found.length + pairs.length > maxAlternatives) return undefined;
    // Slashes that meet because of an alias are merged only before the first variable.
    for (const [one, text] of pairs) {
      found.push([start === literal ? one : onePath(start, start) + one.slice(rest), other(text)]);
    }
  }
  return found.length > maxAlternatives ? undefined : found;
}

/** `//` in a path means `/`, except two that are written at its start (POSIX 4.16), which match no file. */
function onePath(pattern: string, written: string): string {
  const apart = /^\/\/(?!\/)/.test(written);
  return (apart ? '/' : '') + pattern.replace(/\/{2,}/g, '/');
}

/** What apparmor_parser adds so that a process can change its hat or profile: for its own files in /proc. */
function implied(rules: readonly EffectiveRule[], { changesHat }: Scope): Entry[] {
  const changesProfile = rules.some(({ rule }) => rule.kind === 'change_profile');
  const entry = (pattern: string, permission: FilePermission): Entry => ({
    effective: undefined,
    pattern,
    permissions: new Set([permission]),
    side: 'owner',
    transition: undefined,
    exact: false,
    link: { target: anyTarget, subset: true },
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
