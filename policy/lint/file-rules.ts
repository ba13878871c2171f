// What the file rules of a profile allow and deny, as sets of paths.
import { samplePath } from '../glob/aare.ts';
import { automaton, covers, intersects, matches } from '../glob/automaton.ts';
import { mayIntersect, type Outline, Outlines, outline } from '../glob/related.ts';
import { type EffectiveRule, priority } from '../model/effective-rule.ts';
import type { Permissions } from '../rules/file.ts';
import type { LintContext, LintedProfile } from './rule.ts';

export type FilePermission = 'read' | 'write' | 'append' | 'link' | 'lock' | 'mmap' | 'exec';
export const filePermissions: readonly FilePermission[] = [
  'read',
  'write',
  'append',
  'link',
  'lock',
  'mmap',
  'exec',
];
export const letters = {
  read: 'r',
  write: 'w',
  append: 'a',
  link: 'l',
  lock: 'k',
  mmap: 'm',
  exec: 'x',
} as const satisfies Readonly<Record<FilePermission, string>>;

/** A file rule with its path expanded. */
export interface ExpandedFileRule {
  effective: EffectiveRule;
  outline: Outline;
  /** Its place among the file rules of the profile. */
  order: number;
  permissions: ReadonlySet<FilePermission>;
  /** How a program it lets run is confined, or what a deny rule denies. */
  transition: string;
}

/** The file rules of a profile whose path is known, and those that allow or deny a permission by how they begin. */
export class FileRules {
  readonly all: readonly ExpandedFileRule[];
  readonly #allowing = new Map<FilePermission, Outlines<ExpandedFileRule>>();
  readonly #denying = new Map<FilePermission, Outlines<ExpandedFileRule>>();

  constructor(all: readonly ExpandedFileRule[]) {
    this.all = all;
  }

  allowing(permission: FilePermission): Outlines<ExpandedFileRule> {
    return this.#of(this.#allowing, permission, ({ effective }) => !effective.deny);
  }

  /** Rules that deny it to every process: `owner` rules do not. */
  denying(permission: FilePermission): Outlines<ExpandedFileRule> {
    return this.#of(
      this.#denying,
      permission,
      ({ effective }) => effective.deny && !effective.qualifiers.owner,
    );
  }

  /** Deny rules of a permission that can have a path in common with a pattern and win over this allow rule. */
  against(
    context: LintContext,
    permission: FilePermission,
    { effective }: ExpandedFileRule,
    one: Outline,
  ): readonly ExpandedFileRule[] {
    const rank = priority(effective);
    const denying = this.denying(permission);
    if (denying.empty) return none;
    const found: ExpandedFileRule[] = [];
    denying.someIntersecting(one, context.budget, (deny) => {
      if (priority(deny.effective) >= rank) found.push(deny);
      return false;
    });
    return found;
  }

  #of(
    known: Map<FilePermission, Outlines<ExpandedFileRule>>,
    permission: FilePermission,
    which: (one: ExpandedFileRule) => boolean,
  ): Outlines<ExpandedFileRule> {
    let found = known.get(permission);
    if (!found) {
      found = new Outlines(this.all.filter((one) => which(one) && one.permissions.has(permission)));
      known.set(permission, found);
    }
    return found;
  }
}

const none: readonly ExpandedFileRule[] = [];
const everything = new Set(filePermissions);
const everyPath = outline('/{**,}');
const cache = new WeakMap<LintedProfile, FileRules>();

/** The file rules of a profile. */
export function fileRules(context: LintContext, profile: LintedProfile): FileRules {
  const before = cache.get(profile);
  if (before) return before;
  const found: ExpandedFileRule[] = [];
  const outlines = new Map<string, Outline>();
  for (const effective of profile.rules) {
    const { rule } = effective;
    if (rule.kind === 'file-all') {
      found.push({
        effective,
        outline: everyPath,
        order: found.length,
        permissions: everything,
        transition: effective.deny ? 'x' : 'ix',
      });
    } else if (rule.kind === 'file') {
      const path = context.expand(rule.path.value, profile);
      if (path === undefined) continue;
      const { exec } = rule.permissions;
      const target = rule.target?.value ?? '';
      const transition = exec
        ? `${exec.mode}${exec.fallback ?? ''}${exec.safe ? '' : '!'} ${target}`
        : '';
      // What an alias makes of a rule is a rule like it.
      for (const one of context.withAliases(path)) {
        const known = outlines.get(one) ?? outline(one);
        outlines.set(one, known);
        found.push({
          effective,
          outline: known,
          order: found.length,
          permissions: permissionSet(rule.permissions),
          transition: transition.trim() === 'i' ? 'ix' : transition,
        });
      }
    }
  }
  const rules = new FileRules(found);
  cache.set(profile, rules);
  return rules;
}

const permissionSets = new Map<number, ReadonlySet<FilePermission>>();

/** The same set for the same permissions: there are few, and many rules. */
function permissionSet(permissions: Permissions): ReadonlySet<FilePermission> {
  let key = 0;
  filePermissions.forEach((one, at) => {
    if (permissions[one]) key |= 1 << at;
  });
  let found = permissionSets.get(key);
  if (!found) {
    found = new Set(filePermissions.filter((one) => permissions[one]));
    permissionSets.set(key, found);
  }
  return found;
}

/** Whether every path of `inner` is one of the paths of `outer`; false when the budget does not cover finding out. */
export function allIn(
  { budget }: LintContext,
  inner: Outline,
  outer: readonly { outline: Outline }[],
): boolean {
  const others: Outline[] = [];
  for (const { outline: one } of outer) {
    if (!budget.spend(1)) return false;
    if (one.pattern === inner.pattern) return true;
    if (mayIntersect(one, inner)) others.push(one);
  }
  if (others.length === 0) return false;
  // One path of the inner pattern settles most questions, and all about a plain path.
  if (!budget.spend(inner.pattern.length)) return false;
  const sample = inner.plain ? inner.pattern : samplePath(inner.pattern);
  const sampled = others.some((one) => matchesPath(one, sample, budget));
  if (!sampled || inner.plain) return sampled;
  const inside = automaton(inner.pattern, budget);
  const outside = others.map((one) => automaton(one.pattern, budget));
  if (!inside || outside.includes(undefined)) return undecided(budget);
  return covers(outside as NonNullable<(typeof outside)[number]>[], inside, budget) ?? false;
}

/** Whether two patterns have a path in common; false when the budget does not cover finding out. */
export function patternsIntersect({ budget }: LintContext, a: Outline, b: Outline): boolean {
  if (a.pattern === b.pattern) return true;
  if (!mayIntersect(a, b)) return false;
  if (a.plain) return matchesPath(b, a.pattern, budget);
  if (b.plain) return matchesPath(a, b.pattern, budget);
  const left = automaton(a.pattern, budget);
  const right = automaton(b.pattern, budget);
  return left && right ? (intersects(left, right, budget) ?? false) : undecided(budget);
}

/** Whether a pattern matches a path; false when the budget does not cover finding out. */
export function matchesPath(one: Outline, path: string, budget: LintContext['budget']): boolean {
  if (one.plain) return one.pattern === path;
  if (!path.startsWith(one.prefix) || !path.endsWith(one.suffix)) return false;
  const machine = automaton(one.pattern, budget);
  return machine ? (matches(machine, path, budget) ?? false) : undecided(budget);
}

/** A pattern that is too large for an automaton: what it means stays unknown, which is reported. */
function undecided(budget: LintContext['budget']): false {
  budget.exhaust();
  return false;
}

/** Rules with priorities are not weighed against each other here. */
export function hasPriorities(profile: LintedProfile): boolean {
  return profile.rules.some((one) => one.qualifiers.priority !== undefined);
}
