import { amountsToRoot, reachesHost } from '../../model/powerful-capabilities.ts';
import type { LintRule } from '../rule.ts';

export const powerfulCapability: LintRule = {
  id: 'powerful-capability',
  title: 'A capability that amounts to root',
  severity: 'warning',
  text: 'Some capabilities let a program escape all other limits: it can load kernel code, read all memory, or take over other processes. If the program does need one, accept the finding with a comment that gives the reason, after the rule or on the line before: `# lint-ignore powerful-capability: reason`.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  capability sys_module,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  capability sys_nice,\n}\n',
  check({ profiles, report }) {
    for (const { model, container } of profiles) {
      for (const { rule, own, deny } of model.rules) {
        if (!own || deny || rule.kind !== 'capability') continue;
        for (const word of rule.words) {
          const reason =
            amountsToRoot[word.value] ?? (container ? reachesHost[word.value] : undefined);
          // A deny rule may take it away.
          if (!reason || model.capabilityGrant(word.value).decision.granted === false) continue;
          report(word, `${word.value} amounts to root: ${reason}.`, {
            expected:
              'a narrower capability, or the comment "# lint-ignore powerful-capability: reason"',
          });
        }
      }
    }
  },
};
