// Do two rules of a profile give the same program two different profiles?
import { isExact, literalPrefix } from '../glob/aare.ts';
import { type Automaton, automaton, intersects } from '../glob/automaton.ts';
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
}

function prepare(one: ExecRule): Prepared {
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
  };
}

const maxPairs = 200_000;

/**
 * Pairs of rules that match a common path with different transitions, each with what is shown for it.
 * Paths without wildcards win over patterns; different priorities do not meet; `owner` and `other` do not either.
 */
export function execConflicts(rules: readonly ExecRule[]): { first: Prepared; second: Prepared }[] {
  const unique = new Map<string, Prepared>();
  for (const one of rules) {
    const prepared = prepare(one);
    const key = `${prepared.transition}\0${one.owner ?? ''}\0${one.priority}\0${one.path}`;
    if (!unique.has(key)) unique.set(key, prepared);
  }
  const all = [...unique.values()];
  if (new Set(all.map((one) => one.transition)).size < 2) return [];
  all.sort((a, b) => (a.prefix < b.prefix ? -1 : a.prefix > b.prefix ? 1 : 0));
  const automata = new Map<string, Automaton | undefined>();
  const automatonOf = (path: string) => {
    if (!automata.has(path)) automata.set(path, automaton(path));
    return automata.get(path);
  };
  const conflicts: { first: Prepared; second: Prepared }[] = [];
  let pairs = 0;
  for (let i = 0; i < all.length; i++) {
    const a = all[i] as Prepared;
    for (let j = i + 1; j < all.length; j++) {
      const b = all[j] as Prepared;
      // Sorted by prefix: once b's no longer starts with a's, no later one does.
      if (!b.prefix.startsWith(a.prefix)) break;
      if (a.transition === b.transition || a.exact !== b.exact || a.priority !== b.priority)
        continue;
      if (a.owner && b.owner && a.owner !== b.owner) continue;
      if (++pairs > maxPairs) return conflicts;
      const common = a.path === b.path ? true : bothMatch(automatonOf(a.path), automatonOf(b.path));
      if (common)
        conflicts.push(
          a.rule.start <= b.rule.start ? { first: a, second: b } : { first: b, second: a },
        );
    }
  }
  return conflicts;
}

function bothMatch(a: Automaton | undefined, b: Automaton | undefined): boolean {
  return a !== undefined && b !== undefined && intersects(a, b) === true;
}
