import { isPlain } from '../../glob/aare.ts';
import { automaton, matches } from '../../glob/automaton.ts';
import { splitName } from '../../syntax/profile-head.ts';
import type { LintRule } from '../rule.ts';
import { shippedUnconfined } from '../unconfined-profiles.ts';

export const changeProfileAnywhere: LintRule = {
  id: 'change-profile-anywhere',
  title: 'The program can choose its own confinement',
  severity: 'warning',
  text: 'With a change_profile rule without a target, or with a pattern that matches unconfined, such as `**` or `{unconfined,demo}`, the program can leave its confinement. Name the profiles it may change to.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  change_profile,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  change_profile -> demo-worker,\n}\n',
  check({ profiles, expand, budget, report }) {
    for (const profile of profiles) {
      for (const { rule, deny, own } of profile.rules) {
        if (deny || !own || rule.kind !== 'change_profile') continue;
        const value = rule.target?.value;
        const target = value?.includes('@{') ? expand(value, profile) : value;
        if (rule.target && target === undefined) continue;
        const name = target === undefined ? undefined : (splitName(target)?.name ?? target);
        const matching = (label: string) => {
          if (name !== undefined && isPlain(name)) return name === label;
          const one = name === undefined ? undefined : automaton(name, budget);
          return one ? (matches(one, label, budget) ?? false) : name === undefined;
        };
        const releases = target === undefined ? undefined : shippedUnconfined(target, profiles);
        if (releases !== undefined)
          report(
            rule,
            `This allows leaving all confinement: AppArmor ${releases} ships the profile ${target} with flags=(unconfined).`,
            { expected: 'a profile that confines the program' },
          );
        if (!matching('unconfined')) continue;
        // A deny rule for it wins, unless the rule's priority is higher.
        const { granted } = profile.model.ask('change_profile', 'change_profile', 'unconfined');
        if (granted === false && target === name) continue;
        if (matching('any-other-profile'))
          report(rule, 'This allows a change to any profile, unconfined among them.', {
            expected: '-> and the profiles it may change to',
          });
        else
          report(rule, 'This allows leaving all confinement.', {
            expected: 'a profile instead of unconfined',
          });
      }
    }
  },
};
