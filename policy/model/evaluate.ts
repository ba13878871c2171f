// Which rules of a profile decide an access (apparmor.d(5): the highest priority counts, and deny wins there).

import { type Access, kindOf, kindOfAccess } from '../rules/kinds.ts';
import { printedRule } from '../syntax/printer.ts';
import { LineTable } from '../syntax/source.ts';
import { partsOf, ruleApplies } from './access.ts';
import type { EffectiveProfile } from './effective-profile.ts';
import type { EffectiveRule } from './effective-rule.ts';

/** A rule that decided, and where it stands. */
export interface DecidingRule {
  /** In canonical form, on one line. */
  text: string;
  /** From 1. */
  line: number;
  /** The included file it stands in; absent: the profile's own. */
  file?: string;
  deny: boolean;
  /** Its use is logged. */
  audit: boolean;
}

/**
 * - `denied`: `rules` deny some of it explicitly; a deny rule overrides any allow rule.
 * - `unmatched`: no rule allows `missing`.
 * - `allowed`: `rules` allow all of it.
 */
export interface Evaluation {
  outcome: 'denied' | 'unmatched' | 'allowed';
  rules: DecidingRule[];
  /** The parts of the access (see `partsOf`) that no rule allows, also when others are denied. */
  missing: string[];
  /** A rule was ignored, since the meaning of its patterns or conditions is not known here. */
  unsure: boolean;
}

/** Evaluates an access against the rules of a profile, part by part. */
export function evaluate(profile: EffectiveProfile, access: Access): Evaluation {
  const deciding = new Map<EffectiveRule, boolean>();
  const missing: string[] = [];
  let unsure = false;
  for (const part of partsOf(access)) {
    let found: EffectiveRule[] = [];
    for (const effective of profile.rules) {
      const applies = ruleApplies(profile, effective, access, part);
      if (applies === undefined) unsure = true;
      if (applies) found.push(effective);
    }
    const highest = Math.max(...found.map(priority));
    found = found.filter((one) => priority(one) === highest);
    // A limit says how much is allowed; more is denied.
    const denying = found.filter(({ deny, rule }) => deny || kindOf(rule).limits);
    for (const one of denying) deciding.set(one, true);
    if (denying.length > 0) continue;
    if (found.length === 0 && !kindOfAccess(access).limits) missing.push(part);
    for (const one of found) deciding.set(one, deciding.get(one) ?? false);
  }
  const denies = [...deciding.values()].includes(true);
  return {
    outcome: denies ? 'denied' : missing.length > 0 ? 'unmatched' : 'allowed',
    rules: [...deciding].flatMap(([effective, deny]) =>
      deny === denies ? [describeRule(effective)] : [],
    ),
    missing,
    unsure,
  };
}

/** The priority of a rule; 0 where it has none. That of a capability rule has no effect (measured with 4.1.0 and 5.0.2). */
export function priority({ rule, qualifiers }: EffectiveRule): number {
  return rule.kind === 'capability' ? 0 : Number(qualifiers.priority?.value ?? 0);
}

const lineTables = new WeakMap<object, LineTable>();

/** A rule with the place where it stands. */
export function describeRule({ rule, unit, deny, qualifiers }: EffectiveRule): DecidingRule {
  const lines = lineTables.get(unit.file) ?? new LineTable(unit.file.text);
  lineTables.set(unit.file, lines);
  return {
    text: printedRule(rule),
    line: lines.position(rule.start).line,
    ...(unit.name !== undefined && { file: unit.name }),
    deny,
    audit: qualifiers.audit?.value === 'audit',
  };
}
