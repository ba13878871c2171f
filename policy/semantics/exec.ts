// Do two rules of a profile give the same program two different profiles?
import type { Budget } from '../budget.ts';
import { isExact, pathsOf } from '../glob/aare.ts';
import { automaton, intersects } from '../glob/automaton.ts';
import { type Outline, Outlines, outline } from '../glob/related.ts';
import { execText } from '../syntax/rules/file.ts';
import type { BareFileRule, FileRule, PolicyFile } from '../syntax/tree.ts';

/** A rule that lets programs run, its path expanded. */
export interface ExecRule {
  rule: FileRule | BareFileRule;
  owner: string | undefined;
  priority: number;
  file: PolicyFile;
  path: string;
}

interface Prepared extends ExecRule {
  /** What decides the transition; rules with the same never conflict. */
  transition: string;
  shown: string;
  exact: boolean;
  outline: Outline;
  /** Its place among the rules of the profile. */
  order: number;
}

/** Of one pattern, however many rules it has. */
interface Group {
  outline: Outline;
  exact: boolean;
  rules: Map<string, Prepared>;
}

function prepare(one: ExecRule, order: number, { outline, exact }: Group): Prepared {
  const { rule } = one;
  const exec =
    rule.kind === 'file' && rule.permissions.exec
      ? rule.permissions.exec
      : { mode: 'i' as const, safe: true };
  // The target of a rule that also links is the target of the link.
  const target =
    rule.kind === 'file' && rule.target && !(rule.leading && rule.permissions.link)
      ? rule.target.value
      : '';
  const shown = execText(exec) + (target ? ` -> ${target}` : '');
  return {
    ...one,
    transition: `${exec.mode}${exec.fallback ?? ''}${exec.safe} ${target}`,
    shown,
    exact,
    outline,
    order,
  };
}

const maxPaths = 1000;
/** One profile with more conflicts than this is not a slip. */
const maxConflicts = 100;

export interface Conflict {
  first: Prepared;
  second: Prepared;
}

/**
 * Pairs of rules that match a common path with different transitions, each with what is shown for it.
 * Paths without wildcards win over patterns; different priorities do not meet; `owner` and `other` do not either.
 * When the budget is exhausted, some were not compared.
 */
export function execConflicts(rules: readonly ExecRule[], budget: Budget): Conflict[] {
  const groups = new Map<string, Group>();
  for (const [order, one] of rules.entries()) {
    let group = groups.get(one.path);
    if (!group) {
      group = { outline: outline(one.path), exact: isExact(one.path), rules: new Map() };
      groups.set(one.path, group);
    }
    const prepared = prepare(one, order, group);
    const key = `${prepared.transition}\0${one.owner ?? ''}\0${one.priority}`;
    if (!group.rules.has(key)) group.rules.set(key, prepared);
  }
  const all = [...groups.values()].flatMap((group) => [...group.rules.values()]);
  all.sort((a, b) => a.order - b.order);
  const conflicts: Conflict[] = [];
  if (new Set(all.map((one) => one.transition)).size < 2) return conflicts;
  const add = (a: Prepared, b: Prepared) => {
    conflicts.push(a.order <= b.order ? { first: a, second: b } : { first: b, second: a });
  };
  const large = exactConflicts(
    all.filter((one) => one.exact),
    budget,
    add,
  );
  const patterns = all.filter((one) => !one.exact);
  patternConflicts(patterns, budget, add);
  patternConflicts(large, budget, add);
  return conflicts.sort((a, b) => a.second.order - b.second.order).slice(0, maxConflicts);
}

/** Plain paths meet when they are the same. Returns rules that name too many paths to list. */
function exactConflicts(
  rules: readonly Prepared[],
  budget: Budget,
  add: (a: Prepared, b: Prepared) => void,
): Prepared[] {
  const byPath = new Map<string, Prepared[]>();
  const reported = new Set<string>();
  const large: Prepared[] = [];
  for (const rule of rules) {
    const paths = pathsOf(rule.path, maxPaths, budget);
    if (!paths) large.push(rule);
    for (const path of paths ?? []) {
      const others = byPath.get(path) ?? [];
      byPath.set(path, others);
      // Each path is kept, and looked up among the others.
      if (!budget.spend(10 + others.length)) return [];
      // Rules that agree with one that is noted already meet the same others.
      const other = others.find((one) => apart(one, rule));
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
  return large.length > 0 ? [...rules] : [];
}

/** Whether two rules that match a common path contradict each other. */
function apart(a: Prepared, b: Prepared): boolean {
  return (
    a.transition !== b.transition &&
    a.priority === b.priority &&
    !(a.owner && b.owner && a.owner !== b.owner)
  );
}

/** Compares patterns with those that can have a path in common with them, pair by pair. */
function patternConflicts(
  rules: readonly Prepared[],
  budget: Budget,
  add: (a: Prepared, b: Prepared) => void,
): void {
  const outlines = new Outlines(rules);
  let found = 0;
  for (const a of rules) {
    for (const b of outlines.meeting(a.outline, budget)) {
      if (b.order <= a.order || !apart(a, b)) continue;
      if (a.path !== b.path) {
        const left = automaton(a.path, budget);
        const right = automaton(b.path, budget);
        const common = left && right ? intersects(left, right, budget) : undefined;
        if (common === undefined) {
          budget.exhaust();
          return;
        }
        if (!common) continue;
      }
      add(a, b);
      if (++found >= maxConflicts) return;
    }
  }
}
