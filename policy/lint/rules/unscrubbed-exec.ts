import { execText } from '../../rules/file.ts';
import type { LintRule } from '../rule.ts';

export const unscrubbedExec: LintRule = {
  id: 'unscrubbed-exec',
  title: 'A program changes profile with its environment unscrubbed',
  severity: 'info',
  text: 'px and cx keep variables such as LD_PRELOAD and LD_LIBRARY_PATH for a program that runs with other permissions, so the confined program can run its own code there. Px and Cx remove them, as for a setuid program.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/helper px,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /usr/bin/helper Px,\n}\n',
  check({ ownRules, report }) {
    for (const { rule } of ownRules('file')) {
      if (!rule.permissions.exec) continue;
      const { exec } = rule.permissions;
      if ((exec.mode === 'p' || exec.mode === 'c') && exec.fallback !== 'u' && !exec.safe) {
        const scrubbed = execText({ ...exec, safe: true });
        report(
          rule.mode,
          `${rule.path.text} changes profile and keeps an environment that can inject code into it.`,
          {
            expected: `${scrubbed}, unless the program needs such variables`,
            suggestion: rule.mode.text.replace(execText(exec), scrubbed),
          },
        );
      }
    }
  },
};
