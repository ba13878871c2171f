import type { DecidingRule } from '../policy/index.ts';
import { visibleLine } from './terminal/io.ts';

/** A rule with its place; `file`: the name of the profile's own file. */
export function ruleText(rule: DecidingRule, file: string): string {
  const place = `${visibleLine(rule.file ?? file)}:${rule.line}`;
  const qualifiers = `${rule.audit ? 'audit ' : ''}${rule.deny ? 'deny ' : ''}`;
  return `${place}: ${qualifiers}${visibleLine(rule.text.replace(/^(audit |deny )+/, ''))}`;
}

/** Rules for `--format json`: each names its file. */
export function placed(rules: readonly DecidingRule[], file: string): object[] {
  return rules.map((rule) => ({ ...rule, file: rule.file ?? file }));
}

/** Permissions in a list; `owner r` and `others r` are `r`. */
export function joined(permissions: readonly string[]): string {
  const words = permissions.flatMap((one) => {
    const [side, permission] = one.split(' ');
    if (permission === undefined) return [one];
    const other = `${side === 'owner' ? 'others' : 'owner'} ${permission}`;
    if (!permissions.includes(other)) return [one];
    return side === 'owner' ? [permission] : [];
  });
  return words.join(', ');
}
