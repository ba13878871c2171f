// Pairs of rules in a profile that give the same program two different profiles.
import type { Budget } from '../budget.ts';
import { pathsOf, wildcardOf } from '../glob/aare.ts';
import { patternTextsIntersect } from '../glob/automaton.ts';
import { type Outline, Outlines, outline } from '../glob/related.ts';
import { type BareFileRule, execText, type FileRule } from '../rules/file.ts';
import type { ExecTransition } from '../syntax/file-modes.ts';
import type { PolicyFile } from '../syntax/tree.ts';

/** A rule that lets programs run, its path expanded. */
export interface ExecRule {
  rule: FileRule | BareFileRule;
  owner: string | undefined;
  priority: number;
  file: PolicyFile;
  path: string;
}

/** An {@link ExecRule} that may conflict with another. */
export interface PreparedExecRule extends ExecRule {
  /** What decides the transition; rules with the same never conflict. */
  transition: string;
  shown: string;
  wildcard: ReturnType<typeof wildcardOf>;
  outline: Outline;
  /** Its place among the rules of the profile. */
  order: number;
}

/** Of one pattern, however many rules it has. */
interface Group {
  outline: Outline;
  wildcard: ReturnType<typeof wildcardOf>;
  rules: Map<string, PreparedExecRule>;
}

const ix: ExecTransition = { mode: 'i', safe: true };

const execOf = ({ rule }: ExecRule) => (rule.kind === 'file' && rule.permissions.exec) || ix;

/** The target of a rule that also links is the target of the link. */
const targetOf = ({ rule }: ExecRule) =>
  (rule.kind === 'file' && !(rule.leading && rule.permissions.link) && rule.target?.value) || '';

function transitionOf(one: ExecRule): string {
  const { mode, fallback = '', safe } = execOf(one);
  return `${mode}${fallback}${safe} ${targetOf(one)}`;
}

function prepare(one: ExecRule, order: number, { outline, wildcard }: Group): PreparedExecRule {
  const target = targetOf(one);
  const shown = execText(execOf(one)) + (target ? ` -> ${target}` : '');
  return { ...one, transition: transitionOf(one), shown, wildcard, outline, order };
}

/** The rules of a profile that may conflict, of those that are alike the first: none if all have the same transition. */
export function prepareExecRules(rules: readonly ExecRule[]): PreparedExecRule[] {
  if (new Set(rules.map(transitionOf)).size < 2) return [];
  const groups = new Map<string, Group>();
  for (const [order, one] of rules.entries()) {
    let group = groups.get(one.path);
    if (!group) {
      group = { outline: outline(one.path), wildcard: wildcardOf(one.path), rules: new Map() };
      groups.set(one.path, group);
    }
    const prepared = prepare(one, order, group);
    const key = `${prepared.transition}\0${one.owner ?? ''}\0${one.priority}`;
    if (!group.rules.has(key)) group.rules.set(key, prepared);
  }
  const all = [...groups.values()].flatMap((group) => [...group.rules.values()]);
  return all.sort((a, b) => a.order - b.order);
}

const maxPaths = 1000;
/** How many conflicts of one profile are listed. */
const maxConflicts = 100;

export interface Conflict {
  first: PreparedExecRule;
  second: PreparedExecRule;
}

/**
 * Which pairs of overlapping paths conflict: those that count alike. Exact paths win over patterns. A path without
 * wildcards is exact for every release, one whose only wildcards are character classes for some.
 */
export type Exactness =
  | 'classes are exact'
  | 'classes are patterns'
  /** Only the pairs that conflict where classes are patterns, and not where they are exact. */
  | 'classes against patterns';

/**
 * Pairs of rules that match a common path with different transitions. Rules of
 * different priorities do not conflict; `owner` and `other` do not either. When the budget is exhausted, some were not
 * compared.
 */
export function execConflicts(
  all: readonly PreparedExecRule[],
  budget: Budget,
  exactness: Exactness,
): Conflict[] {
  const conflicts: Conflict[] = [];
  if (all.length === 0) return conflicts;
  const add = (a: PreparedExecRule, b: PreparedExecRule) => {
    conflicts.push(a.order <= b.order ? { first: a, second: b } : { first: b, second: a });
  };
  const of = (...wildcards: PreparedExecRule['wildcard'][]) =>
    all.filter(({ wildcard }) => wildcards.includes(wildcard));
  if (exactness === 'classes against patterns') {
    if (of('class').length > 0) {
      const unlike = (a: PreparedExecRule, b: PreparedExecRule) => a.wildcard !== b.wildcard;
      patternConflicts(of('class', 'any'), budget, add, unlike);
    }
    return sorted(conflicts);
  }
  const fixed = of('none');
  const exact = exactness === 'classes are exact' ? of('none', 'class') : fixed;
  const listed = fixedConflicts(fixed, budget, add);
  if (!listed || exact.length > fixed.length) {
    // Those that are listed have been compared with each other.
    const left = (a: PreparedExecRule, b: PreparedExecRule) =>
      !listed || a.wildcard !== 'none' || b.wildcard !== 'none';
    patternConflicts(exact, budget, add, left);
  }
  patternConflicts(exact === fixed ? of('class', 'any') : of('any'), budget, add, () => true);
  return sorted(conflicts);
}

function sorted(conflicts: Conflict[]): Conflict[] {
  return conflicts.sort((a, b) => a.second.order - b.second.order).slice(0, maxConflicts);
}

/** Paths without wildcards intersect when they are equal. False when some rule names too many to list. */
function fixedConflicts(
  rules: readonly PreparedExecRule[],
  budget: Budget,
  add: (a: PreparedExecRule, b: PreparedExecRule) => void,
): boolean {
  const byPath = new Map<string, PreparedExecRule[]>();
  const reported = new Set<string>();
  let listed = true;
  for (const rule of rules) {
    const paths = pathsOf(rule.path, maxPaths, budget);
    if (!paths) listed = false;
    for (const path of paths ?? []) {
      const others = byPath.get(path) ?? [];
      byPath.set(path, others);
      // Each path is stored and compared with the others.
      if (!budget.spend(10 + others.length)) return true;
      // A rule that agrees with a listed one has the same conflicts.
      const other = others.find((one) => contradict(one, rule));
      if (other) {
        const key = `${other.order} ${rule.order}`;
        if (!reported.has(key) && reported.size < maxConflicts) add(other, rule);
        reported.add(key);
      }
      if (
        !others.some(
          (one) =>
            one.transition === rule.transition &&
            one.owner === rule.owner &&
            one.priority === rule.priority,
        )
      )
        others.push(rule);
    }
  }
  return listed;
}

/** Whether two rules that match a common path contradict each other. */
function contradict(a: PreparedExecRule, b: PreparedExecRule): boolean {
  return (
    a.transition !== b.transition &&
    a.priority === b.priority &&
    !(a.owner && b.owner && a.owner !== b.owner)
  );
}

/** Compares patterns with those that can have a path in common with them, pair by pair, as far as `wanted`. */
function patternConflicts(
  rules: readonly PreparedExecRule[],
  budget: Budget,
  add: (a: PreparedExecRule, b: PreparedExecRule) => void,
  wanted: (a: PreparedExecRule, b: PreparedExecRule) => boolean,
): void {
  const outlines = new Outlines(rules);
  let found = 0;
  for (const a of rules) {
    const ended = outlines.someIntersecting(a.outline, budget, (b) => {
      if (b.order <= a.order || !contradict(a, b) || !wanted(a, b)) return false;
      const common = patternTextsIntersect(a.path, b.path, budget);
      if (!common) return common === undefined;
      add(a, b);
      return ++found >= maxConflicts;
    });
    if (ended) return;
  }
}
