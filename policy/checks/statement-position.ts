import { error } from '../problem.ts';
import { defineCheck } from './check.ts';

/** Rules stand in profiles, and the preamble before the first of them. */
export const statementPosition = defineCheck({
  diagnostics: {
    'rule-outside-profile': error(
      'Rule outside a profile',
      'Before a profile stand variables, aliases, abi and includes; rules stand inside it.',
      'capability chown,\nprofile demo {\n}\n',
      'profile demo {\n  capability chown,\n}\n',
    ),
    'preamble-position': error(
      'Preamble statement in the wrong place',
      'Variables, booleans and aliases stand at the head of the file, before the first profile.',
      'profile demo {\n}\n@{DIR} = /srv\n',
      '@{DIR} = /srv\nprofile demo {\n}\n',
    ),
  },
  create: (_context, report) => ({
    statement(statement, unit, afterProfile) {
      switch (statement.kind) {
        case 'variable':
        case 'boolean':
        case 'alias':
          if (!afterProfile) break;
          report(
            unit,
            'preamble-position',
            statement,
            'Variables, booleans and aliases stand before the first profile.',
            { expected: 'a profile' },
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
            'A rule stands inside a profile, not beside it.',
            { expected: 'profile name { … } around it' },
          );
      }
    },
    profile({ rules }) {
      for (const { statement, unit } of rules.preamble) {
        report(
          unit,
          'preamble-position',
          statement,
          'This stands before the first profile, not inside one.',
          { expected: 'a rule' },
        );
      }
    },
  }),
});
