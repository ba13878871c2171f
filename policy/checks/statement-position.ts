import { error } from '../raw-diagnostic.ts';
import { defineCheck } from './check.ts';
import type { Unit } from './unit.ts';

/** Rules must be inside profiles, and the preamble before the first of them. */
export const statementPosition = defineCheck({
  diagnostics: {
    'rule-outside-profile': error(
      'Rule outside a profile',
      'Variables, aliases, abi rules and includes come before the profile; rules go inside it.',
      'capability chown,\nprofile demo {\n}\n',
      'profile demo {\n  capability chown,\n}\n',
    ),
    'preamble-position': error(
      'Preamble statement in the wrong place',
      'Variables, booleans and aliases must come at the start of the file, before the first profile.',
      'profile demo {\n}\n@{DIR} = /srv\n',
      '@{DIR} = /srv\nprofile demo {\n}\n',
    ),
  },
  create: (context, report) => {
    /** Reports at the include of the main file that brought a statement into the wrong place, once. */
    const reportInclude = (unit: Unit, unlessIncluded: () => void) => {
      const range = unit === context.main ? undefined : context.includedAt.get(unit);
      if (!range) return unlessIncluded();
      report(
        context.main,
        'preamble-position',
        range,
        'The included file declares variables, booleans or aliases, which must come before the first profile.',
        { expected: 'this include before the first profile' },
      );
    };
    return {
      statement(statement, unit, afterProfile) {
        switch (statement.kind) {
          case 'variable':
          case 'boolean':
          case 'alias':
            if (!afterProfile) break;
            reportInclude(unit, () =>
              report(
                unit,
                'preamble-position',
                statement,
                'Variables, booleans and aliases must come before the first profile.',
                { expected: 'a profile' },
              ),
            );
            break;
          case 'include':
          case 'abi':
          case 'profile':
          case 'comment':
          case 'invalid':
            break;
          default:
            report(
              unit,
              'rule-outside-profile',
              { start: statement.start, end: Math.min(statement.end, statement.start + 80) },
              'A rule must be inside a profile.',
              { expected: 'profile name { … } around it' },
            );
        }
      },
      profile({ rules }) {
        for (const { statement, unit } of rules.preamble) {
          reportInclude(unit, () =>
            report(
              unit,
              'preamble-position',
              statement,
              'This must come before the first profile.',
              { expected: 'a rule' },
            ),
          );
        }
      },
    };
  },
});
