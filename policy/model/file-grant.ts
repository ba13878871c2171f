// What file rules grant together, and how releases of apparmor_parser differ in what comes with `ix`.
import { compareReleases, type Release } from '../release.ts';
import type { FilePermission } from '../rules/file.ts';
import { combine } from './decision.ts';
import { priority } from './effective-rule.ts';
import { type Grant, loggingOf, noGrant, type TableEntry } from './table.ts';

/**
 * One entry of the table that apparmor_parser compiles, for paths, or for a link and what it is made to with a NUL
 * between: aliases make several of one rule.
 */
export interface FileEntry extends TableEntry {
  permissions: ReadonlySet<FilePermission>;
  side: 'owner' | 'other' | undefined;
  /** What follows exec; undefined also where the rule denies it. */
  transition: string | undefined;
  /** A path without wildcards, whose exec transition wins over those of patterns. */
  exact: boolean;
  /** The rule does not name `m`, which comes with `ix`. */
  impliesMap: boolean;
  /** The permissions of a link have to be among those of what it is made to. */
  subset: boolean;
}

/** What entries grant in a column such as `owner r`, as a release compiles them (measured with 3.0.8, 4.1.0 and 5.0.2). */
export function fileGrant(entries: readonly FileEntry[], column: string, release: Release): Grant {
  const [side, permission = ''] = column.split(' ');
  const other = side === 'owner' ? 'other' : 'owner';
  const having = (one: string) =>
    entries.filter((entry) => entry.permissions.has(one as FilePermission) && entry.side !== other);
  const applying =
    permission === 'm' ? mapping(having('m'), having('x'), release) : having(permission);
  if (applying.length === 0) return noGrant;
  const { decision, counting } = combine(applying);
  if (permission === 'm') {
    const logsImplied = compareReleases(release, '4.0') >= 0 && !mapsWithExec(release);
    const logged = logsImplied ? counting : counting.filter((one) => !one.impliesMap);
    return { decision, logging: loggingOf(decision, logged), how: '' };
  }
  if (permission !== 'x' || decision.granted !== true) {
    const how = permission === 'l' && asksForSubset(applying, having('k')) ? 'subset' : '';
    return { decision, logging: loggingOf(decision, counting), how };
  }
  const winning = winnersOf(counting);
  const transition = winning[0]?.transition;
  const rules = winning === counting ? decision.rules : combine(winning).decision.rules;
  const known = transition === undefined ? {} : { transition };
  const logging = loggingOf(decision, mapsWithExec(release) ? winning : counting);
  return { decision: { ...decision, rules, ...known }, logging, how: transition ?? '' };
}

/**
 * Whether a link is subject to the subset test: a permission of its own, about which rules of another priority may decide.
 * Its bit is that of locks, so rules about locks whose path matches a link and its target decide about it too.
 */
function asksForSubset(linking: readonly FileEntry[], locking: readonly FileEntry[]): boolean {
  const asking = linking.filter(({ subset }) => subset);
  return asking.length > 0 && combine([...asking, ...locking]).decision.granted === true;
}

/** Of rules that grant exec, those whose transition is taken: paths without wildcards win over patterns. */
function winnersOf(counting: readonly FileEntry[]): readonly FileEntry[] {
  const exact = counting.filter((one) => one.exact);
  return exact.length > 0 ? exact : counting;
}

/** The transitions that keep the confinement, or fall back to it. */
const inherits = /^[pc]?ix/i;

/** From 5.0 on, `m` comes with `ix` only where this is the transition that is taken. */
const mapsWithExec = (release: Release) => compareReleases(release, '5.0') >= 0;

/**
 * The entries that count for mapping. From 5.0 on, not those of `ix` that is not taken, nor of any where mapping is
 * denied; before, not those of rules with `ix`, or the fallback to it, where another priority decides what runs.
 */
function mapping(
  entries: readonly FileEntry[],
  running: readonly FileEntry[],
  release: Release,
): readonly FileEntry[] {
  if (!entries.some((one) => one.permissions.has('x'))) return entries;
  const { decision, counting } = combine(running);
  if (!mapsWithExec(release)) {
    const isLost = (one: FileEntry) =>
      inherits.test(one.transition ?? '') && !counting.includes(one);
    return decision.granted ? entries.filter((one) => !isLost(one)) : entries;
  }
  const stated = entries.filter((one) => !one.impliesMap);
  const { counting: naming } = combine(stated);
  if (naming.some(({ effective }) => effective?.deny)) return stated;
  const winning = decision.granted ? winnersOf(counting) : [];
  // What comes with `ix` takes nothing from rules that name `m`, whatever its priority is.
  const named = naming[0]?.effective;
  const counts = ({ effective }: FileEntry) =>
    !named || !effective || priority(effective) <= priority(named);
  return entries.filter((one) => !one.impliesMap || (winning.includes(one) && counts(one)));
}
