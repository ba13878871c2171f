// Do two rules of a profile give the same program two different profiles?
import { isExact, literalPrefix, pathsOf } from '../glob/aare.ts';
import { type Automaton, automaton, type Effort, intersects } from '../glob/automaton.ts';
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
  prefix: string;
  /** Its place among the rules of the profile. */
  order: number;
}

function prepare(one: ExecRule, order: number): Prepared {
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
    exact: isExact(one.path),
    prefix: literalPrefix(one.path),
    order,
  };
}

const maxPairs = 100_000;
/** Of all questions about one profile, in steps of the automata: well under a second. */
const maxSteps = 5_000_000;
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
 * `complete` is false when there were too many patterns to compare them all.
 */
export function execConflicts(rules: readonly ExecRule[]): {
  conflicts: Conflict[];
  complete: boolean;
} {
  const unique = new Map<string, Prepared>();
  for (const [order, one] of rules.entries()) {
    const prepared = prepare(one, order);
    const key = `${prepared.transition}\0${one.owner ?? ''}\0${one.priority}\0${one.path}`;
    if (!unique.has(key)) unique.set(key, prepared);
  }
  const all = [...unique.values()];
  const conflicts: Conflict[] = [];
  if (new Set(all.map((one) => one.transition)).size < 2) return { conflicts, complete: true };
  const add = (a: Prepared, b: Prepared) => {
    conflicts.push(a.order <= b.order ? { first: a, second: b } : { first: b, second: a });
  };
  const large = exactConflicts(
    all.filter((one) => one.exact),
    add,
  );
  const patterns = all.filter((one) => !one.exact);
  const effort = { steps: maxSteps };
  const complete = patternConflicts(patterns, effort, add) && patternConflicts(large, effort, add);
  const sorted = conflicts.sort((a, b) => a.second.order - b.second.order);
  return { conflicts: sorted.slice(0, maxConflicts), complete };
}

/** Plain paths meet when they are the same. Returns rules that name too many paths to list. */
function exactConflicts(
  rules: readonly Prepared[],
  add: (a: Prepared, b: Prepared) => void,
): Prepared[] {
  const byPath = new Map<string, Prepared[]>();
  const reported = new Set<string>();
  const large: Prepared[] = [];
  for (const rule of rules) {
    const paths = pathsOf(rule.path, maxPaths);
    if (!paths) large.push(rule);
    for (const path of paths ?? []) {
      const others = byPath.get(path) ?? [];
      byPath.set(path, others);
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

/** Compares patterns pair by pair; false when there were too many. */
function patternConflicts(
  rules: readonly Prepared[],
  effort: Effort,
  add: (a: Prepared, b: Prepared) => void,
): boolean {
  const sorted = [...rules].sort((a, b) =>
    a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0,
  );
  const automata = new Map<string, Automaton | undefined>();
  const automatonOf = (path: string) => {
    if (!automata.has(path)) automata.set(path, automaton(path));
    return automata.get(path);
  };
  let pairs = 0;
  let found = 0;
  for (let i = 0; i < sorted.length; i++) {
    const a = sorted[i] as Prepared;
    for (let j = i + 1; j < sorted.length; j++) {
      const b = sorted[j] as Prepared;
      // Sorted by prefix: once b's no longer starts with a's, no later one does.
      if (!b.prefix.startsWith(a.prefix)) break;
      if (!apart(a, b)) continue;
      if (++pairs > maxPairs) return false;
      if (a.path !== b.path) {
        const left = automatonOf(a.path);
        const right = automatonOf(b.path);
        const common = left && right ? intersects(left, right, effort) : undefined;
        if (common === undefined) return false;
        if (!common) continue;
      }
      add(a, b);
      if (++found >= maxConflicts) return true;
    }
  }
  return true;
}
