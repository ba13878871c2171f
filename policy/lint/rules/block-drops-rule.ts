import { keptInBlocks } from '../../model/effective-rule.ts';
import { isRule, type Statement } from '../../syntax/tree.ts';
import type { LintRule } from '../rule.ts';

const kept: readonly Statement['kind'][] = keptInBlocks;

export const blockDropsRule: LintRule = {
  id: 'block-drops-rule',
  title: 'A rule in a qualifier block has no effect',
  severity: 'warning',
  text: 'apparmor_parser only uses the file, link and change_profile rules of a block such as `audit { … }`; it parses other rules and silently drops them (observed with 3.0.8, 4.1.0 and 5.0.2: the compiled policy is the same without them). Since AppArmor 4.0 it also ignores `deny` in a block, so the rule allows (observed with 4.1.0 and 5.0.2). Put the qualifier before each rule.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  audit {\n    capability chown,\n  }\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  audit capability chown,\n}\n',
  check({ profiles, report }) {
    const visit = (statements: readonly Statement[], inBlock: boolean): void => {
      for (const one of statements) {
        if (one.kind === 'block') visit(one.body, true);
        else if (
          inBlock &&
          one.kind !== 'comment' &&
          one.kind !== 'include' &&
          one.kind !== 'invalid' &&
          !kept.includes(one.kind)
        ) {
          report(
            one,
            'apparmor_parser drops this rule: in a block with qualifiers only rules of file, link and change_profile count.',
            { expected: 'the rule outside the block, with the qualifier before it' },
          );
        } else if (inBlock && isRule(one) && one.qualifiers.effect?.value === 'deny') {
          report(
            one,
            'Since AppArmor 4.0, apparmor_parser ignores "deny" in a block, so this rule allows.',
            { expected: 'the rule outside the block' },
          );
        }
      }
    };
    for (const { report: one } of profiles) visit(one.profile.body, false);
  },
};
