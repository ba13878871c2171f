import { error } from '../raw-diagnostic.ts';
import type { Rule, Statement } from '../syntax/tree.ts';
import { defineCheck } from './check.ts';

/** Rules in qualifier blocks that start programs with no more than `x`: apparmor_parser misses the qualifier of exec there. */
export const blockExec = defineCheck({
  diagnostics: {
    'block-exec': error(
      'A change_profile rule for a program in a qualifier block',
      'apparmor_parser refuses a change_profile rule for a program in a block such as `audit { … }`, unless it is unsafe: it takes the rule for an exec rule without a transition. With `deny`, older releases than AppArmor 4.0 refuse it if it is unsafe; newer ones, which ignore `deny` in a block, if it is not, and refuse `deny` file rules with `x` (observed with 3.0.8, 4.1.0 and 5.0.2). Put the qualifier before the rule.',
      'profile demo {\n  audit {\n    change_profile /usr/bin/a -> b,\n  }\n}\n',
      'profile demo {\n  audit change_profile /usr/bin/a -> b,\n}\n',
    ),
  },
  create(context, report) {
    const ignoresDeny = context.target && context.dialect.ignoresDenyInBlocks;
    return {
      profile({ rules }) {
        for (const { statements, unit, place } of rules.lists) {
          if (!context.budget.spend(statements.length)) return;
          const visit = (list: readonly Statement[], inBlock: boolean): void => {
            for (const one of list) {
              if (one.kind === 'block') visit(one.body, true);
              else if (inBlock && isRefused(one, ignoresDeny)) {
                const message = 'apparmor_parser refuses this rule in a block with qualifiers.';
                const expected = 'the rule outside the block, with the qualifier before it';
                report(unit, 'block-exec', one, message, { expected });
              }
            }
          };
          visit(statements, place.blocks.length > 0);
        }
      },
    };
  },
});

/**
 * Whether the parser, for which a rule is a deny rule or not, finds the wrong kind of `x` in it.
 *
 * @param ignoresDeny of the parser, if it is known
 */
function isRefused(one: Statement, ignoresDeny: boolean | undefined): boolean {
  if (one.kind === 'change_profile') {
    const isUnsafe = one.execMode?.value === 'unsafe';
    if (!one.exec) return false;
    return isDeny(one) && !ignoresDeny ? isUnsafe && ignoresDeny === false : !isUnsafe;
  }
  if (one.kind !== 'file' || !ignoresDeny) return false;
  return isDeny(one) && one.permissions.exec?.mode === 'x';
}

const isDeny = ({ qualifiers }: Rule) => qualifiers.effect?.value === 'deny';
