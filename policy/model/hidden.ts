// Rules that say nothing: deny rules take away all that they allow.
import type { Budget } from '../budget.ts';
import type { Pattern } from '../glob/aare.ts';
import { type Automaton, compile, covers } from '../glob/automaton.ts';
import { type EffectiveRule, priority } from './effective-rule.ts';
import type { TableEntry } from './table.ts';

/** An allow rule of which deny rules take away permissions wherever it grants them. */
export interface HiddenRule {
  rule: EffectiveRule;
  permissions: readonly string[];
  /** All that it allows is denied. */
  all: boolean;
  /** A deny rule that does so alone. */
  by: EffectiveRule | undefined;
}

/**
 * The automaton of what a pattern of bytes matches of the strings that a kernel looks up; undefined when it would be too
 * large.
 */
export function compileLookedUp(pattern: Pattern): Automaton | undefined {
  return compile(lookedUp(pattern));
}

/** A pattern without the byte 0xfe, which apparmor_parser writes for mounts without flags: no kernel looks it up. */
export function lookedUp(pattern: Pattern): Pattern {
  if ('ranges' in pattern)
    return { ...pattern, ranges: pattern.ranges.map((one) => Math.min(one, 255)) };
  const items = pattern.items.filter(
    (one) => !(pattern.kind === 'choice' && one.kind === 'set' && one.ranges.join() === '254,254'),
  );
  return { ...pattern, items: items.map(lookedUp) };
}

/**
 * The hidden ones among the rules of the main file; undefined when the budget does not cover finding out. A rule may have
 * entries in several tables: those of one are only denied by entries of the same.
 */
export function hiddenRules(
  tables: readonly (readonly TableEntry[])[],
  budget: Budget,
): HiddenRule[] | undefined {
  const denying = tables.map((entries) => entries.filter(({ effective }) => effective?.deny));
  if (denying.every((entries) => entries.length === 0)) return [];
  const automata = new Map<TableEntry, Automaton>();
  const automatonOf = (entry: TableEntry): Automaton | undefined => {
    const known = automata.get(entry);
    if (known) return known;
    const made = compileLookedUp(entry.pattern);
    if (!made || !budget.spend(20 * made.moves.length)) return undefined;
    automata.set(entry, made);
    return made;
  };
  const allIn = (entry: TableEntry, outer: readonly TableEntry[]): boolean | undefined => {
    if (outer.length === 0) return false;
    const inside = automatonOf(entry);
    const outside = outer.map(automatonOf);
    if (!inside || outside.includes(undefined)) return undefined;
    return covers(outside as Automaton[], inside, budget);
  };
  const granting = tables.flatMap((entries, table) =>
    entries
      .filter(({ effective, fallback }) => effective?.own && !effective.deny && !fallback)
      .map((entry) => ({ entry, table })),
  );
  const byRule = Map.groupBy(granting, ({ entry }) => entry.effective as EffectiveRule);
  const found: HiddenRule[] = [];
  for (const [rule, its] of byRule) {
    const permissions = new Set(its.flatMap(({ entry }) => [...entry.permissions]));
    const hidden: string[] = [];
    let alone: readonly (EffectiveRule | undefined)[] | undefined;
    for (const permission of permissions) {
      const against = denying.map((entries) =>
        entries.filter(
          ({ effective, permissions }) =>
            permissions.has(permission) && effective && priority(effective) >= priority(rule),
        ),
      );
      const granted = its.filter(({ entry }) => entry.permissions.has(permission));
      let all = true;
      for (const { entry, table } of granted) {
        const covered = allIn(entry, against[table] ?? []);
        if (covered === undefined) return undefined;
        all &&= covered;
      }
      if (!all) continue;
      hidden.push(permission);
      for (const { entry, table } of granted) {
        const covering = (against[table] ?? []).filter((deny) => allIn(entry, [deny]));
        const rules = covering.map(({ effective }) => effective);
        alone = alone?.filter((one) => rules.includes(one)) ?? rules;
      }
    }
    if (hidden.length === 0) continue;
    found.push({
      ...{ rule, permissions: hidden, all: hidden.length === permissions.size },
      by: alone?.[0],
    });
  }
  return found;
}
