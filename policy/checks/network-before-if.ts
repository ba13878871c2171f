import { upTo } from '../release.ts';
import type { Statement } from '../syntax/tree.ts';
import { defineCheck, type Report } from './check.ts';
import { takenBlock } from './conditional.ts';
import type { Context } from './context.ts';
import { included } from './includes.ts';
import type { Unit } from './unit.ts';

/** A network rule before an `if` whose block has none, which parsers up to 3.1 do not survive. */
export const networkBeforeIf = defineCheck({
  diagnostics: {
    'network-before-if': {
      title: 'Network rule before an if',
      severity: 'warning',
      text: 'The apparmor_parser of AppArmor 3.1 and older crashes when a network rule comes before an `if` in the same list and the selected block has no network rule, so a host with it loads nothing. Rules of included files count at the place of the include. AppArmor 4.0 and later read it, and the profile needs them. Network rules after the last `if` avoid it.',
      example:
        '$DEBUG = true\nprofile demo {\n  network inet,\n  if $DEBUG {\n    /tmp/demo w,\n  }\n}\n',
      corrected:
        '$DEBUG = true\nprofile demo {\n  if $DEBUG {\n    /tmp/demo w,\n  }\n  network inet,\n}\n',
    },
  },
  create(context, report) {
    const applies = !(context.target && context.dialect.networkBeforeIf);
    return {
      profile({ profile, unit, rules }) {
        if (applies && rules.conditions)
          walk(profile.body, unit, { network: false, passed: new Set() }, context, report);
      },
    };
  },
});

/** Reads as the old parsers do: includes in place, each block by itself. */
function walk(
  statements: readonly Statement[],
  unit: Unit,
  place: { network: boolean; passed: Set<Unit> },
  context: Context,
  report: Report<'network-before-if'>,
): void {
  if (!context.budget.spend(statements.length)) return;
  for (const one of statements) {
    if (one.kind === 'network') place.network = true;
    else if (one.kind === 'block')
      walk(one.body, unit, { network: false, passed: place.passed }, context, report);
    else if (one.kind === 'include') {
      for (const next of included(one, unit, context)) {
        if (place.passed.has(next)) continue;
        place.passed.add(next);
        walk(next.file.statements, next, place, context, report);
      }
    } else if (one.kind === 'conditional') {
      const taken = takenBlock(one, context.symbols, []);
      if (!taken) continue;
      const inside = { network: false, passed: place.passed };
      walk(taken.body, unit, inside, context, report);
      if (!place.network || inside.network) continue;
      context.differsBefore('networkBeforeIf');
      report(
        unit,
        'network-before-if',
        { start: one.start, end: one.start + 2 },
        `A network rule comes before this "if", whose block has none: the apparmor_parser of ${upTo('networkBeforeIf')} crashes here, and nothing is loaded.`,
        { expected: 'network rules after every "if"', parsers: 'refuse' },
      );
    }
  }
}
