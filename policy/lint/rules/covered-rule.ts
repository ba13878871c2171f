import { mayIntersect, Outlines } from '../../glob/related.ts';
import { allIn, type ExpandedFileRule, fileRules, hasPriorities } from '../file-rules.ts';
import type { LintContext, LintRule } from '../rule.ts';

export const coveredRule: LintRule = {
  id: 'covered-rule',
  title: 'Another rule already allows this',
  severity: 'info',
  text: 'Another rule matches every path of this rule and grants at least the same permissions. This rule has no effect, and readers may overlook the other one.',
  fires:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/lib/demo/** rw,\n  /var/lib/demo/cache/* r,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/lib/demo/** rw,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      if (hasPriorities(profile)) continue;
      const { all } = fileRules(context, profile);
      const outlines = new Outlines(all);
      const own = all.filter(({ effective }) => effective.own && effective.rule.kind === 'file');
      // What aliases make of a rule has to be covered too, and not by the rule itself.
      for (const [{ rule }, copies] of Map.groupBy(own, ({ effective }) => effective)) {
        const covering = copies.map((one) => coveringRule(context, outlines, one));
        const [other] = covering;
        if (!other || covering.includes(undefined)) continue;
        const by = other.effective.rule;
        const text = by.kind === 'file' ? `${by.path.text} ${by.mode.text}` : 'file';
        const where = other.effective.own ? '' : ` of ${other.effective.unit.name}`;
        context.report(
          rule,
          `The rule "${other.effective.deny ? 'deny ' : ''}${text}"${where} already covers this.`,
          { expected: 'one of the two rules' },
        );
      }
    }
  },
};

/** Another rule that covers this one. */
function coveringRule(
  context: LintContext,
  outlines: Outlines<ExpandedFileRule>,
  one: ExpandedFileRule,
): ExpandedFileRule | undefined {
  let found: ExpandedFileRule | undefined;
  outlines.someBeginning(one.outline.prefix, context.budget, (two) => {
    const covers = two.effective !== one.effective && coversRule(context, two, one);
    if (covers) found = two;
    return covers;
  });
  return found;
}

function coversRule(
  context: LintContext,
  outer: ExpandedFileRule,
  inner: ExpandedFileRule,
): boolean {
  const a = outer.effective;
  const b = inner.effective;
  if (a.deny !== b.deny || !mayIntersect(outer.outline, inner.outline)) return false;
  if (a.qualifiers.owner && a.qualifiers.owner.value !== b.qualifiers.owner?.value) return false;
  // An audit rule also logs, and a prompt rule also asks.
  if (
    a.qualifiers.audit?.value !== b.qualifiers.audit?.value ||
    a.qualifiers.effect?.value === 'prompt' ||
    b.qualifiers.effect?.value === 'prompt'
  )
    return false;
  if (b.rule.kind === 'file' && (b.rule.target || b.rule.subset)) return false;
  for (const permission of inner.permissions) {
    if (outer.permissions.has(permission)) continue;
    if (permission === 'append' && outer.permissions.has('write')) continue;
    return false;
  }
  // A rule for one file decides which transition of several patterns applies.
  if (inner.permissions.has('exec') && outer.transition !== inner.transition) return false;
  // Of two equal rules the first stays.
  if (outer.outline.pattern === inner.outline.pattern && samePermissions(outer, inner))
    return outer.order < inner.order;
  return allIn(context, inner.outline, [outer]);
}

function samePermissions(a: ExpandedFileRule, b: ExpandedFileRule): boolean {
  return (
    a.permissions.size === b.permissions.size &&
    [...a.permissions].every((one) => b.permissions.has(one))
  );
}
