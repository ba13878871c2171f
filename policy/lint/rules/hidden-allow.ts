import { permissionTables } from '../../model/classes/classes.ts';
import { describeRule } from '../../model/deciding-rule.ts';
import { type EffectiveRule, priority } from '../../model/effective-rule.ts';
import { capabilities } from '../../rules/capability.ts';
import { allIn, type FilePermission, filePermissions, fileRules, letters } from '../file-rules.ts';
import type { LintContext, LintedProfile, LintRule } from '../rule.ts';

export const hiddenAllow: LintRule = {
  id: 'hidden-allow',
  title: 'A deny rule hides this rule',
  severity: 'warning',
  text: 'Deny rules override allow rules of the same or a lower priority, wherever they are. If every access that a rule allows is denied, the rule has no effect and misleads its readers.',
  fires:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /etc/** w,\n  /etc/demo.conf rw,\n}\n',
  clean:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /etc/** w,\n  /etc/demo.conf r,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      hiddenFiles(context, profile);
      for (const of of classes) {
        const hidden = profile.model.hidden(of);
        if (typeof hidden === 'string') continue;
        for (const one of hidden) {
          if (one.all) reportHidden(context, one.rule, 'Everything this rule allows', one.by, true);
          else reportHidden(context, one.rule, `Its ${one.permissions.join(', ')}`, one.by, false);
        }
      }
      hiddenCapabilities(context, profile);
    }
  },
};

const names = new Set(capabilities);

type ClassName = keyof typeof permissionTables;

/** The classes in which a rule may have entries: those of mqueue are in two tables. */
const classes: readonly ClassName[][] = [
  ...Map.groupBy(Object.keys(permissionTables) as ClassName[], (name) =>
    name.endsWith('mqueue') ? 'mqueue' : name,
  ).values(),
];

function reportHidden(
  context: LintContext,
  { rule }: EffectiveRule,
  what: string,
  by: EffectiveRule | undefined,
  everything: boolean,
): void {
  const text = by && describeRule(by).text.replace(/,$/, '');
  // Its own qualifiers, or those of the block around it.
  const denies = by && 'qualifiers' in by.rule && by.rule.qualifiers.effect;
  const source = text ? ` by "${denies ? text : `deny ${text}`}"` : ' by deny rules';
  context.report(rule, `${what} is denied${source}, so it is never granted.`, {
    expected: everything
      ? 'neither rule, or a narrower deny rule'
      : 'the rule without these permissions, or a narrower deny rule',
  });
}

function hiddenFiles(context: LintContext, profile: LintedProfile): void {
  if (!profile.rules.some(({ deny }) => deny)) return;
  const rules = fileRules(context, profile);
  // A rule that an alias copies is hidden where all of its copies are.
  for (const [effective, its] of Map.groupBy(rules.all, (one) => one.effective)) {
    const [first] = its;
    if (!first || effective.deny || !effective.own || effective.rule.kind !== 'file') continue;
    const isHidden = (permission: FilePermission) =>
      first.permissions.has(permission) &&
      its.every((one) =>
        allIn(context, one.outline, rules.against(context, permission, one, one.outline)),
      );
    const hidden = filePermissions.filter(isHidden);
    const [permission] = hidden;
    if (!permission) continue;
    const everything = hidden.length === first.permissions.size;
    const by = rules
      .against(context, permission, first, first.outline)
      .find(
        (deny) => deny.effective.own && its.every((one) => allIn(context, one.outline, [deny])),
      );
    const what = everything
      ? 'Everything this rule allows'
      : `Its ${hidden.map((one) => letters[one]).join('')}`;
    reportHidden(context, effective, what, by?.effective, everything);
  }
}

function hiddenCapabilities(context: LintContext, profile: LintedProfile): void {
  for (const effective of profile.rules) {
    const { rule, deny, own } = effective;
    if (deny || !own || rule.kind !== 'capability') continue;
    for (const word of rule.words) {
      if (!names.has(word.value)) continue;
      const { decision } = profile.model.capabilityGrant(word.value);
      const by = decision.rules.find((one) => one.deny);
      if (decision.granted === false && by && priority(by) >= priority(effective))
        context.report(word, `${word.value} is also denied, so it is never granted.`, {
          expected: 'one of the two rules',
        });
    }
  }
}
