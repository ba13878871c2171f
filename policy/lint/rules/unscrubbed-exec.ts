import { execText } from '../../rules/file.ts';
import type { LintRule } from '../rule.ts';

export const unscrubbedExec: LintRule = {
  id: 'unscrubbed-exec',
  title: 'A program changes profile with its environment unscrubbed',
  severity: 'info',
  text: 'px and cx pass LD_PRELOAD, LD_LIBRARY_PATH and their like on to a program that runs under other permissions, so the confined program can make it run its own code. Px and Cx scrub them, as for a setuid program.',
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
