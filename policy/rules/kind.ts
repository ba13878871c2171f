// What every rule with a keyword says about itself. The parser, the printer and the checks read these tables.

import type { Problem } from '../problem.ts';
import type { Release } from '../release.ts';
import type { SyntaxDiagnosticId } from '../syntax/diagnostics.ts';
import type { Range } from '../syntax/source.ts';
import type { Condition, KeywordRule, KeywordRuleKind, Word } from '../syntax/tree.ts';

export type Report = (
  id: SyntaxDiagnosticId,
  range: Range,
  message: string,
  more?: Omit<Problem, 'id' | 'message' | 'start' | 'end'>,
) => void;

export interface KeywordKind {
  kind: KeywordRuleKind;
  keywords: readonly string[];
  /** The section of apparmor.d(5) that defines the rule. */
  section: string;
  /** Access names; absent: the rule has none. */
  access?: readonly string[];
  /** Condition names outside and inside `peer=( )`; absent: none. */
  conditions?: readonly string[];
  peer?: readonly string[];
  /** Conditions that take `in ( )`. */
  in?: readonly string[];
  /** Conditions that may be given more than once. */
  repeatable?: readonly string[];
  /** Conditions whose value is a list. */
  lists?: readonly string[];
  /** How many plain words it takes, and whether they stand after the conditions. */
  words?: number;
  wordsLast?: boolean;
  /** Its words stand for paths, so that none of them is a keyword or access modes. */
  path?: boolean;
  /** Every comma ends a word. */
  commas?: boolean;
  /** A carriage return right after an unquoted word, or after its comma, becomes a part of the word. */
  joinsReturn?: boolean;
  /** Comments may stand inside the rule. */
  comments?: boolean;
  /** Takes `-> target`. */
  arrow?: boolean;
  /** The release the keyword came with, where not in every release. */
  since?: Release;
  /** What the tables cannot say. */
  check?(rule: KeywordRule, report: Report): void;
  /** Constructs inside the rule that came later. */
  needs?(
    rule: KeywordRule,
    need: (
      release: Release,
      what: string,
      range: Range,
      more?: { backported?: readonly Release[] },
    ) => void,
  ): void;
}

/** The first condition of this name. */
export function condition(rule: KeywordRule, name: string): Condition | undefined {
  return rule.conditions.find((one) => one.name.value === name);
}

/** Every word of a rule that is a glob or may hold variables. */
export function valuesOf(conditions: readonly Condition[]): Word[] {
  return conditions.flatMap((one) => (one.conditions ? valuesOf(one.conditions) : one.values));
}
