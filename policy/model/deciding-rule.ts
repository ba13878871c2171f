// A rule that decides, with the place where it stands.
import { printedRule } from '../syntax/printer.ts';
import { LineTable } from '../syntax/source.ts';
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
