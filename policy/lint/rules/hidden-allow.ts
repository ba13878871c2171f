import { allIn, filePermissions, fileRules, hasPriorities, letters } from '../file-rules.ts';
import type { LintedProfile, LintRule } from '../rule.ts';

export const hiddenAllow: LintRule = {
  id: 'hidden-allow',
  title: 'A deny rule hides this rule',
  severity: 'warning',
  text: 'Deny rules win over allow rules, wherever they stand. A permission whose every path is denied is never granted, so the rule says something that is not so.',
  fires:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /etc/** w,\n  /etc/demo.conf rw,\n}\n',
  clean:
    'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  deny /etc/** w,\n  /etc/demo.conf r,\n}\n',
  check(context) {
    for (const profile of context.profiles) {
      if (hasPriorities(profile)) continue;
      const rules = fileRules(context, profile);
      for (const one of rules.all) {
        if (one.effective.deny || !one.effective.own || one.effective.rule.kind !== 'file')
          continue;
        const hidden = filePermissions.filter(
          (permission) =>
            one.permissions.has(permission) &&
            allIn(context, one.outline, rules.against(context, permission, one.outline)),
        );
        if (hidden.length === 0) continue;
        const everything = hidden.length === one.permissions.size;
        const by = rules
          .against(context, hidden[0] ?? 'write', one.outline)
          .find((deny) => deny.effective.own && allIn(context, one.outline, [deny]));
        const rule = by?.effective.rule;
        const source =
          rule?.kind === 'file'
            ? ` by "deny ${rule.path.text} ${rule.mode.text}"`
            : ' by deny rules';
        context.report(
          one.effective.rule,
          `${everything ? 'All this allows' : `Its ${hidden.map((permission) => letters[permission]).join('')}`} is denied${source}, so it is never granted.`,
          {
            expected: everything
              ? 'neither rule, or a narrower deny rule'
              : 'the rule without it, or a narrower deny rule',
          },
        );
      }
      hiddenCapabilities(profile, context.report);
    }
  },
};

function hiddenCapabilities(
  profile: LintedProfile,
  report: Parameters<LintRule['check']>[0]['report'],
): void {
  const denied = new Set<string>();
  for (const { rule, deny } of profile.rules) {
    if (deny && rule.kind === 'capability') for (const word of rule.words) denied.add(word.value);
  }
  if (denied.size === 0) return;
  for (const { rule, deny, own } of profile.rules) {
    if (deny || !own || rule.kind !== 'capability') continue;
    for (const word of rule.words) {
      if (denied.has(word.value))
        report(word, `${word.value} is also denied, so it is never granted.`, {
          expected: 'one of the two rules',
        });
    }
  }
}
