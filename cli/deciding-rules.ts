import type { DecidingRule } from '../policy/index.ts';
import { visibleLine } from './terminal/io.ts';

/** A rule with its place; `file`: the name of the profile's own file. */
export function ruleText(rule: DecidingRule, file: string): string {
  const place = `${visibleLine(rule.file ?? file)}:${rule.line}`;
  const qualifiers = `${rule.audit ? 'audit ' : ''}${rule.deny ? 'deny ' : ''}`;
  // Those of the rule itself and of the blocks around it, after the priority.
  const text = rule.text.replace(/^(priority=\S+ )?(?:audit |deny )*/, `$1${qualifiers}`);
  return `${place}: ${visibleLine(text)}`;
}

/** Rules for `--format json`: each names its file. */
export function placed(rules: readonly DecidingRule[], file: string): object[] {
  return rules.map((rule) => ({ ...rule, file: rule.file ?? file }));
}
