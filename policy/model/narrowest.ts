// The rule that allows an access and as little else as AppArmor's language can say.
import { escaped } from '../glob/literal.ts';
import { type Access, kindByKeyword, kindOfAccess, kinds, type Rule } from '../rules/kinds.ts';

/**
 * The narrowest rule that allows an access, in canonical form. `pattern` makes the pattern for a path, name or label;
 * else it is what matches that alone. `undefined` when a word of the access is not in the language (a log can hold
 * anything): no rule can say it.
 */
export function narrowestRule(
  access: Access,
  pattern: (text: string) => string = escaped,
): string | undefined {
  const words = kindOfAccess(access).narrowest(access, pattern);
  return words && `${words.join(' ')},`;
}

/** What the narrowest rule for an access permits, as the end of the sentence "The profile's processes may …". */
export function describeAccess(access: Access): string {
  return kindOfAccess(access).describe(access);
}

/** Whether a rule is of the kind that an access has. */
export function isRuleFor(access: Access, rule: Pick<Rule, 'kind'>): boolean {
  return kindOfAccess(access).nodes.includes(rule.kind);
}

/** The kind of rule that a keyword starts, by the name that the tree has for it; a file's without one. */
export function kindOfKeyword(keyword: string): Rule['kind'] {
  return kindByKeyword.get(keyword)?.nodes[0] ?? 'file';
}

/** The keywords of rules in the order in which rules of a new profile stand; file rules come last. */
export const ruleKeywords: readonly string[] = kinds
  .filter((kind) => kind.class !== 'file')
  .flatMap(({ keywords }) => keywords);
