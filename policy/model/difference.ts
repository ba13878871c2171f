// Decides questions about every string exactly: walks over the product of the automata of two tables, so that what is
// found is the shortest string, and what is not found does not exist.
import type { Budget } from '../budget.ts';
import { deadState, Matcher, type State, type Step } from '../glob/matcher.ts';
import { type EffectiveRule, priority } from './effective-rule.ts';
import type { Compared, Grant, TableEntry } from './table.ts';

/** Which bytes may follow another (-1 at the start): the strings that a walk is about. */
export type Allowed = (byte: number, before: number) => boolean;

const slash = 47;

/** Paths as the kernel makes them: from `/`, without `//`. */
export const isKernelPath: Allowed = (byte, before) =>
  before < 0 ? byte === slash : byte !== 0 && !(byte === slash && before === slash);

/** As {@link isKernelPath}, and a link's name with a NUL and its target after it. */
export const isKernelFile: Allowed = (byte, before) =>
  before <= 0 ? byte === slash : !(byte === slash && before === slash);

/** Any string. */
export const anyString: Allowed = () => true;

/** Letters that stand for others in examples, the best first. */
const letters = [120, 97, 65, 48];

/** The byte of a range that reads best. */
function representative(low: number, high: number): number {
  for (const letter of letters) if (low <= letter && letter <= high) return letter;
  return low < 33 && high > 32 ? 33 : low;
}

/** How well a byte reads: letters before marks before what cannot be shown. */
function rankOf(byte: number): number {
  if (byte === 120) return 0;
  const isLetter =
    (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57);
  return isLetter ? 1 : byte > 32 && byte < 127 ? 2 : 3;
}

interface Visit {
  left: State;
  right: State | undefined;
  /** Of the matcher that a walk keeps to. */
  within: State | undefined;
  string: string;
}

/** A step of a walk that leads to what was not met before. */
interface Way extends Omit<Visit, 'string'> {
  byte: number;
  rank: number;
  /** What was met with the states of `left` and `within`, and the number of the rest. */
  met: Set<number>;
  number: number;
}

/** The shortest string of one table whose grants are as wanted; undefined when the budget does not cover it. */
export function findString(
  table: Compared,
  wanted: (grants: readonly Grant[]) => boolean,
  allowed: Allowed,
  budget: Budget,
): { string: string } | 'none' | undefined {
  let found: string | undefined;
  const covered = walk(table, undefined, allowed, budget, ({ left, string }) => {
    if (!wanted(table.grants(left))) return false;
    found = string;
    return true;
  });
  return found !== undefined ? { string: found } : covered ? 'none' : undefined;
}

/**
 * Visits the states of two tables for every string that a pattern of each may still match, shorter ones first, until
 * `visit` returns true; strings alike are visited once. False when the budget does not cover it.
 */
export function walkBoth(
  left: Compared,
  right: Compared,
  allowed: Allowed,
  budget: Budget,
  visit: (left: State, right: State, string: string) => boolean,
): boolean {
  return walk(
    left,
    right,
    allowed,
    budget,
    (at) => visit(at.left, at.right as State, at.string),
    'both',
  );
}

/**
 * Visits the states of a table for every string that one of its patterns may still match, with the state of another
 * matcher after the same string; shorter ones first. False when the budget does not cover it.
 */
export function walkBeside(
  table: Pick<Compared, 'matcher'>,
  matcher: Matcher,
  allowed: Allowed,
  budget: Budget,
  visit: (state: State, beside: State, string: string) => void,
): boolean {
  const each = ({ left, right, string }: Visit) => {
    visit(left, right as State, string);
    return false;
  };
  return walk(table, { matcher }, allowed, budget, each, 'left');
}

/** The state of a matcher after a string; a state that matches nothing, if there is none or the budget does not cover it. */
export function stateAfter(matcher: Matcher, string: string, budget: Budget): State {
  let state: State | undefined = matcher.start;
  for (const one of string) {
    const code = one.charCodeAt(0);
    const steps: readonly Step[] | undefined = state && matcher.steps(state, budget);
    state = steps?.find(({ low, high }) => low <= code && code <= high)?.to;
  }
  return state ?? deadState;
}

/** Where the grants of two tables differ. */
export interface Difference {
  column: string;
  /** Only the first table grants it, only the second, both in different ways, or they differ in what is logged. */
  kind: 'removed' | 'added' | 'changed' | 'logging';
  /** The shortest string where they differ so. */
  string: string;
  left: Grant;
  right: Grant;
}

/** What is not known makes tables incomparable. */
export type Comparison = { differences: readonly Difference[] } | 'unknown';

/**
 * Every way in which two tables with the same columns differ, with the shortest string for each, and for each rule that
 * decides about others; none means that they grant the same for every string. `applies`: whether a column means anything
 * for a string. Of files, the strings with a NUL, which are links with their targets, differ apart.
 */
export function compareTables(
  left: Compared,
  right: Compared,
  allowed: Allowed,
  budget: Budget,
  applies?: (column: string, string: string) => boolean,
): Comparison {
  const differences: Difference[] = [];
  const within = matcherOfChanges(left, right, budget);
  if (within === 'none') return { differences };
  if (within === 'unknown') return 'unknown';
  /** The rules that decide about the differences of a kind. */
  const involved = new Map<string, Set<EffectiveRule>>();
  let unknown = false;
  const visit = (state: Visit) => {
    const before = left.grants(state.left);
    const after = right.grants(state.right as State);
    for (const [index, column] of left.columns.entries()) {
      const one = before[index] as Grant;
      const two = after[index] as Grant;
      const kind = kindOf(one, two);
      if (!kind || applies?.(column, state.string) === false) continue;
      const key = `${kind} ${column} ${applies && state.string.includes('\0')}`;
      const rules = [...one.decision.rules, ...two.decision.rules];
      if (kind === 'unknown' || !budget.spend(1 + rules.length)) {
        unknown = true;
        return true;
      }
      const known = involved.get(key);
      if (known && rules.every((rule) => known.has(rule))) continue;
      involved.set(key, new Set([...(known ?? []), ...rules]));
      differences.push({ column, kind, string: state.string, left: one, right: two });
    }
    return false;
  };
  const covered = walk(left, right, allowed, budget, visit, 'any', within);
  return unknown || !covered ? 'unknown' : { differences };
}

/**
 * A matcher of the strings on which two tables may differ: those that an entry matches that only one of them has. Elsewhere
 * the same entries decide. Undefined if nothing is known of the entries.
 */
function matcherOfChanges(
  left: Compared,
  right: Compared,
  budget: Budget,
): Matcher | undefined | 'none' | 'unknown' {
  if (!left.entries || !right.entries) return undefined;
  const [one, two] = [left.entries, right.entries].map(
    (entries) => new Map(entries.map((entry) => [keyOf(entry), entry] as const)),
  ) as [Map<string, TableEntry>, Map<string, TableEntry>];
  const changed = [
    ...[...one].filter(([key]) => !two.has(key)),
    ...[...two].filter(([key]) => !one.has(key)),
  ];
  let length = 0;
  for (const key of [...one.keys(), ...two.keys()]) length += key.length;
  if (!budget.spend(length >> 4)) return 'unknown';
  if (changed.length === 0) return 'none';
  return (
    Matcher.of(
      changed.map(([, { pattern }]) => pattern),
      budget,
    ) ?? 'unknown'
  );
}

/** What an entry decides, without the place of its rule. */
function keyOf({ effective, ...entry }: TableEntry): string {
  const rule = effective && [
    ...[priority(effective), effective.deny, effective.rule.kind === 'all'],
    ...[effective.qualifiers.audit?.value, effective.qualifiers.effect?.value],
  ];
  return JSON.stringify([rule, entry], (_, value: unknown) =>
    value instanceof Set ? [...value].sort() : value,
  );
}

/** How tables differ on one string in one column. */
export function differenceOn(
  left: Compared,
  right: Compared,
  string: string,
  column: string,
  budget: Budget,
): Difference | undefined {
  const index = left.columns.indexOf(column);
  const grantOf = (table: Compared) =>
    table.grants(stateAfter(table.matcher, string, budget))[index] as Grant;
  const [one, two] = [grantOf(left), grantOf(right)];
  const kind = kindOf(one, two);
  return kind && kind !== 'unknown' ? { column, kind, string, left: one, right: two } : undefined;
}

/** How two grants differ; undefined where they do not. */
export function kindOf(left: Grant, right: Grant): Difference['kind'] | 'unknown' | undefined {
  const [one, two] = [left.decision, right.decision];
  // Where both ask the user they are the same.
  if (one.granted === undefined && two.granted === undefined)
    return one.reason === 'prompt' && two.reason === 'prompt' ? undefined : 'unknown';
  if (one.granted === undefined || two.granted === undefined) return 'unknown';
  if (one.granted !== two.granted) return one.granted ? 'removed' : 'added';
  if (one.granted && left.how !== right.how) return 'changed';
  return left.logging === right.logging ? undefined : 'logging';
}

/**
 * Walks all strings of one or two matchers, shorter ones first, or only those that may match in the `needed` ones, and in
 * `within`; what is alike is met once. Ends early when `visit` says so. False when the budget does not cover the walk.
 */
function walk(
  left: Pick<Compared, 'matcher'>,
  right: Pick<Compared, 'matcher'> | undefined,
  allowed: Allowed,
  budget: Budget,
  visit: (at: Visit) => boolean,
  needed: 'any' | 'left' | 'both' = 'any',
  within?: Matcher,
): boolean {
  const seen = new Map<number, Set<number>[]>();
  /** What was met together with the states of `left` and `within`, as numbers: see `numberOf`. */
  const metWith = (left: State, within: State | undefined) => {
    let sets = seen.get(within?.id ?? 0);
    if (!sets) {
      sets = [];
      seen.set(within?.id ?? 0, sets);
    }
    let set = sets[left.id];
    if (!set) {
      set = new Set();
      sets[left.id] = set;
    }
    return set;
  };
  // `allowed` functions tell NUL and slash apart: no range has one of them with others, and states after them differ in what
  // may follow.
  const numberOf = (right: State | undefined, last: number) =>
    (right?.id ?? 0) * 3 + (last === 0 ? 1 : last === slash ? 2 : 0);
  const start = {
    ...{ left: left.matcher.start, right: right?.matcher.start },
    ...{ within: within?.start, string: '' },
  };
  let level: Visit[] = [start];
  metWith(start.left, start.within).add(numberOf(start.right, -1));
  while (level.length > 0) {
    const next: Visit[] = [];
    for (const at of level) {
      if (visit(at)) return true;
      const mine = left.matcher.steps(at.left, budget);
      const its = right && at.right ? right.matcher.steps(at.right, budget) : [];
      const kept = within && at.within ? within.steps(at.within, budget) : [];
      if (!mine || !its || !kept) return false;
      const before = at.string === '' ? -1 : at.string.charCodeAt(at.string.length - 1);
      let i = 0;
      let j = 0;
      let k = 0;
      let pieces = 0;
      const steps: Way[] = [];
      /** The last one over several bytes: mostly, the others of this state lead to the same. */
      let usual: Way | undefined;
      for (let low = 0, high = 0; low < 256; low = high + 1) {
        while (i < mine.length && (mine[i]?.high as number) < low) i++;
        while (j < its.length && (its[j]?.high as number) < low) j++;
        while (k < kept.length && (kept[k]?.high as number) < low) k++;
        const [one, two, stays] = [stepAt(mine[i], low), stepAt(its[j], low), stepAt(kept[k], low)];
        high = Math.min(lastOf(mine[i], low), lastOf(its[j], low), lastOf(kept[k], low));
        if (low === 0) high = 0;
        else if (low === slash) high = slash;
        else if (low < slash && slash <= high) high = slash - 1;
        pieces++;
        if (within && !stays) continue;
        const goesOn = needed === 'any' ? one || two : one && (two || needed === 'left');
        if (!goesOn || !allowed(low, before)) continue;
        const left = one ?? deadState;
        const other = right && (two ?? deadState);
        const met = metWith(left, stays);
        const number = numberOf(other, low);
        const byte = representative(low, high);
        const rank = rankOf(byte);
        if (usual?.met === met && usual.number === number) {
          if (rank < usual.rank) Object.assign(usual, { byte, rank });
          continue;
        }
        if (met.has(number)) continue;
        const way: Way = { byte, rank, left, right: other, within: stays, met, number };
        steps.push(way);
        if (high > low) usual = way;
      }
      if (!budget.spend(10 + 5 * pieces)) return false;
      // Of examples of one length, what reads best is met first.
      if (steps.length > 1) steps.sort((one, two) => one.rank - two.rank);
      for (const { byte, left, right, within, met, number } of steps) {
        if (met.has(number)) continue;
        met.add(number);
        next.push({ left, right, within, string: at.string + String.fromCharCode(byte) });
      }
    }
    level = next;
  }
  return true;
}

/** Where the next step from a byte on leads, if it is over that byte. */
const stepAt = (next: Step | undefined, byte: number) =>
  next && next.low <= byte ? next.to : undefined;

/** The last byte that has the same step, or none, as this one. */
function lastOf(next: Step | undefined, byte: number): number {
  if (!next) return 255;
  return next.low <= byte ? next.high : next.low - 1;
}
