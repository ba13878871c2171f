// Which file permissions a profile grants, for the owner of a file and for everybody else.
import type { Budget } from '../budget.ts';
import { mergeSlashes, withAliases } from '../checks/aliases.ts';
import { type Pattern, wildcardOf } from '../glob/aare.ts';
import { bytePattern, bytes, textOf } from '../glob/matcher.ts';
import { compareReleases, type Release } from '../release.ts';
import { execText, type FilePermission, lettersOf } from '../rules/file.ts';
import type { ExecTransition } from '../syntax/file-modes.ts';
import { type Decision, type UnknownReason, unknown } from './decision.ts';
import { findString, isKernelPath } from './difference.ts';
import type { EffectiveRule } from './effective-rule.ts';
import { replaceVariables, type TextScope } from './expansion.ts';
import { type FileEntry, fileGrant } from './file-grant.ts';
import { Table } from './table.ts';

interface Scope extends TextScope {
  classesAreExact: boolean;
  /** The profile is a hat or has children. */
  changesHat: boolean;
  budget: Budget;
}

/** What is decided apart: each permission for the owner of the file and for others. */
const columns = ['owner', 'others'].flatMap((side) =>
  [...'rwalkmx'].map((permission) => `${side} ${permission}`),
);

export class FileModel {
  readonly table: Table<FileEntry>;
  readonly #release: Release;

  private constructor(table: Table<FileEntry>, release: Release) {
    this.table = table;
    this.#release = release;
  }

  /** The model of a profile's rules, or why there is none. */
  static of(rules: readonly EffectiveRule[], scope: Scope): FileModel | UnknownReason {
    const entries = fileEntries(rules, scope);
    if (typeof entries === 'string') return entries;
    const { release } = scope;
    const grants = (these: readonly FileEntry[], column: string) =>
      fileGrant(these, column, release);
    const table = Table.of(entries, columns, grants, scope.budget);
    return table ? new FileModel(table, release) : 'budget';
  }

  /** One permission; linking without a target asks whether any target may be linked to. */
  decide(permission: FilePermission, path: string, owner: boolean, budget: Budget): Decision {
    return this.table.decide(bytes(path), columnOf(permission, owner), budget);
  }

  /** Whether a link at `path` may be made to a file (security/apparmor/file.c, profile_path_link). */
  link(path: string, target: string, owner: boolean, budget: Budget): Decision {
    const from = this.table.matching(bytes(path), budget);
    const both = from && this.table.matching(`${bytes(path)}\0${bytes(target)}`, budget);
    const to = both && this.table.matching(bytes(target), budget);
    if (!from || !to) return unknown('budget');
    const decideOne = (entries: readonly FileEntry[], permission: FilePermission) =>
      fileGrant(entries, columnOf(permission, owner), this.#release).decision;
    const onLink = decideOne(from, 'l');
    if (!onLink.granted) return onLink;
    const { decision, how } = fileGrant(both, columnOf('l', owner), this.#release);
    // apparmor_parser sets the bit that asks for the subset test for the owner of the target alone. It is that of locks.
    const subset = owner && (how === 'subset' || decideOne(both, 'k').granted === true);
    if (!decision.granted || !subset) return decision;
    for (const permission of subsetPermissions) {
      const own = decideOne(from, permission);
      if (own.granted === false) continue;
      const its = decideOne(to, permission);
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
    const column = columns.indexOf(columnOf(permission, owner));
    const found = findString(
      this.table,
      (grants) => grants[column]?.decision.granted === true,
      isKernelPath,
      budget,
    );
    return typeof found === 'object' ? { path: textOf(found.string) } : found;
  }
}

/** What rules are compiled to, or why that is not known. */
export function fileEntries(
  rules: readonly EffectiveRule[],
  scope: Scope,
): readonly FileEntry[] | UnknownReason {
  const entries: FileEntry[] = [];
  for (const one of [
    ...rules.map((one) => ruleText(one, scope.release)),
    ...implied(rules, scope),
  ]) {
    const found = one && entriesOf(one, scope);
    if (one && !found) {
      if (scope.budget.exhausted || scope.symbols.budget.exhausted) return 'budget';
      if (!scope.usual) return 'variables';
    }
    for (const entry of found ?? []) entries.push(entry);
    if (!scope.budget.spend(100)) return 'budget';
  }
  return entries;
}

const columnOf = (permission: FilePermission, owner: boolean) =>
  `${owner ? 'owner' : 'others'} ${permission}`;

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
interface RuleText extends Omit<FileEntry, 'pattern' | 'exact'> {
  path: string;
  /** What a link may be made to; undefined: anything. */
  target: string | undefined;
}

/** What a rule says of files; undefined where it says nothing. */
function ruleText(effective: EffectiveRule, release: Release): RuleText | undefined {
  const { rule, deny, qualifiers } = effective;
  const side = qualifiers.owner?.value as FileEntry['side'];
  const common = {
    ...{ effective, side, target: undefined, transition: undefined },
    ...{ impliesMap: false, subset: true },
  };
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
  // Before 5.0, a target after permissions is that of exec alone.
  const linksTo = rule.leading || (!exec && compareReleases(release, '5.0') >= 0);
  const target = linksTo && link ? rule.target?.value : undefined;
  const profile = target === undefined ? rule.target?.value : undefined;
  // A program that may inherit the confinement may be mapped too.
  const letters = lettersOf(rule);
  const impliesMap = (exec?.mode === 'i' || exec?.fallback === 'i') && !letters.includes('m');
  const permissions = setOf(impliesMap ? [...letters, 'm'] : letters);
  const transition =
    exec && !deny ? execText(exec) + (profile === undefined ? '' : ` -> ${profile}`) : undefined;
  const subset = target === undefined || rule.subset !== undefined;
  return { ...common, path: rule.path.value, target, permissions, transition, impliesMap, subset };
}

const sets = new Map<string, ReadonlySet<FilePermission>>();

/** The same set for the same permissions: there are few, and many rules. */
function setOf(permissions: readonly FilePermission[]): ReadonlySet<FilePermission> {
  const key = permissions.join('');
  const found = sets.get(key) ?? new Set(permissions);
  sets.set(key, found);
  return found;
}

const everyPermission: ReadonlySet<FilePermission> = new Set(['r', 'w', 'a', 'l', 'k', 'm', 'x']);

/** The entries of a rule; undefined when its variables are not known. */
function entriesOf(rule: RuleText, scope: Scope): FileEntry[] | undefined {
  const path = replaceVariables(rule.path, scope);
  const target = rule.target === undefined ? undefined : replaceVariables(rule.target, scope);
  if (path === undefined || (rule.target !== undefined && target === undefined)) return undefined;
  const { effective, side, impliesMap, subset } = rule;
  // Profiles in transitions may be named by variables, whose values count.
  const transition = rule.transition && replaceVariables(rule.transition, scope);
  if (transition === undefined && rule.transition !== undefined) return undefined;
  const copies = withAliases(path, target, scope.aliases, scope.budget);
  return copies?.flatMap(([onePath, oneTarget], index): FileEntry[] => {
    const merged = mergeSlashes(onePath);
    const mergedTarget = oneTarget === undefined ? '' : mergeSlashes(oneTarget);
    if (!scope.budget.spend(readingSteps(merged) + readingSteps(mergedTarget))) return [];
    const pattern = bytePattern(merged);
    const exact = isExact(merged, scope);
    // That a link is denied is said of the pair alone.
    const permissions =
      isDenied(rule) && rule.permissions.has('l')
        ? setOf([...rule.permissions].filter((one) => one !== 'l'))
        : rule.permissions;
    const onPath = {
      ...{ effective, side, pattern, permissions, transition, exact, impliesMap },
      subset: false,
    };
    if (!rule.permissions.has('l')) return [onPath];
    const to = oneTarget === undefined ? anyTarget : bytePattern(mergedTarget);
    return [
      onPath,
      {
        ...{ effective, side, transition: undefined, exact: false, impliesMap: false },
        // Before 5.0, what an alias makes of a rule with a target loses its "subset".
        subset:
          subset &&
          (index === 0 || oneTarget === undefined || compareReleases(scope.release, '5.0') >= 0),
        pattern: { kind: 'sequence', items: [pattern, nul, to] },
        permissions: new Set<FilePermission>(['l']),
      },
    ];
  });
}

/** Reading a pattern takes time with its length, and more for alternatives. */
const readingSteps = (pattern: string) => (pattern.includes('{') ? 10 : 5) * pattern.length;

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
    ...{ impliesMap: false, subset: true },
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
