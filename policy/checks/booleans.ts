import { error } from '../raw-diagnostic.ts';
import { defineCheck } from './check.ts';
import { evaluate } from './conditional.ts';

/** Declares the booleans of the preamble. */
export const booleans = defineCheck({
  diagnostics: {
    'duplicate-boolean': error(
      'Boolean set twice',
      'A boolean is set once.',
      '$X = true\n$X = false\n',
    ),
  },
  create: ({ symbols }, report) => ({
    statement(statement, unit) {
      if (statement.kind !== 'boolean') return;
      const { name, nameWord, operator, value } = statement;
      // It is worked out also where the boolean keeps what it was set to before.
      const result = evaluate(value, symbols, unit.diagnostics);
      const known = symbols.booleans.has(name);
      if (operator === '=' && known) {
        report(unit, 'duplicate-boolean', nameWord, `${nameWord.text} is already set.`, {
          expected: 'one assignment',
        });
      } else if (operator !== '?=' || !known) {
        symbols.booleans.set(name, result);
      }
    },
  }),
});
