import { error } from '../raw-diagnostic.ts';
import { defineCheck } from './check.ts';

/** Two change_profile rules for the same program agree on safe or unsafe. */
export const changeProfileConflict = defineCheck({
  diagnostics: {
    'change-profile-conflict': error(
      'Conflicting change_profile rules',
      'Two change_profile rules for the same program differ in safe and unsafe.',
      'profile demo {\n  change_profile safe /bin/a -> b,\n  change_profile unsafe /bin/a -> b,\n}\n',
    ),
  },
  create: (_context, report) => ({
    profile({ rules }) {
      const modes = new Map<string, 'safe' | 'unsafe'>();
      for (const { rule, unit } of rules.changeProfile) {
        const mode = rule.execMode?.value === 'unsafe' ? 'unsafe' : 'safe';
        const key = `${rule.exec?.value} -> ${rule.target?.value ?? ''}`;
        const before = modes.get(key);
        if (before && before !== mode) {
          report(
            unit,
            'change-profile-conflict',
            rule.exec ?? rule,
            `Another rule starts ${rule.exec?.text} ${before}, this one ${mode}.`,
            { expected: `${before} in both` },
          );
        } else modes.set(key, mode);
      }
    },
  }),
});
