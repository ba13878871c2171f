// Which rules of a profile decide about an access (apparmor.d(5): the highest priority counts, and deny wins there).

import { printedRule } from '../syntax/printer.ts';
import { LineTable } from '../syntax/source.ts';
import { type Access, partsOf } from './access.ts';
import type { EffectiveProfile } from './effective-profile.ts';
import type { SeenRule } from './effective-rule.ts';
import { speaksOf } from './matching.ts';

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
 * - `denied`: `rules` deny some of it by name; nothing that is added allows it while they stand.
 * - `unmatched`: no rule allows `missing`.
 * - `allowed`: `rules` allow all of it.
 */
export interface Judgement {
  outcome: 'denied' | 'unmatched' | 'allowed';
  rules: DecidingRule[];
  /** The parts of the access (see `partsOf`) that no rule allows, also when others are denied. */
  missing: string[];
  /** A rule was left out of account: what its patterns or conditions mean is not known here. */
  unsure: boolean;
}

/** What a profile says to an access, part by part. */
export function judge(profile: EffectiveProfile, access: Access): Judgement {
  const deciding = new Map<SeenRule, boolean>();
  const missing: string[] = [];
  let unsure = false;
  for (const part of partsOf(access)) {
    let found: SeenRule[] = [];
    for (const seen of profile.rules) {
      const answer = speaksOf(profile, seen, access, part);
      if (answer === undefined) unsure = true;
      if (answer) found.push(seen);
    }
    const highest = Math.max(...found.map(priority));
    found = found.filter((one) => priority(one) === highest);
    // A limit says how much is allowed: to go beyond it is denied.
    const denying = found.filter(({ deny, rule }) => deny || rule.kind === 'rlimit');
    for (const one of denying) deciding.set(one, true);
    if (denying.length > 0) continue;
    if (found.length === 0 && access.kind !== 'rlimit') missing.push(part);
    for (const one of found) deciding.set(one, deciding.get(one) ?? false);
  }
  const denies = [...deciding.values()].includes(true);
  return {
    outcome: denies ? 'denied' : missing.length > 0 ? 'unmatched' : 'allowed',
    rules: [...deciding].flatMap(([seen, deny]) => (deny === denies ? [described(seen)] : [])),
    missing,
    unsure,
  };
}

function priority({ qualifiers }: SeenRule): number {
  return Number(qualifiers.priority?.value ?? 0);
}

const lineTables = new WeakMap<object, LineTable>();

function described({ rule, unit, deny, qualifiers }: SeenRule): DecidingRule {
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
