import { checkPattern, variablesIn } from '../glob/aare.ts';
import { error } from '../raw-diagnostic.ts';
import { conditionValue, peerValue } from '../rules/keyword-rule.ts';
import type { Statement, Word } from '../syntax/tree.ts';
import { visitHeadWords } from '../syntax/words.ts';
import { type CheckedProfile, defineCheck } from './check.ts';
import { visitWords } from './summary.ts';
import { headVariables, type ProfileVariables, type Symbols } from './symbols.ts';
import type { Unit } from './unit.ts';

/**
 * Patterns whose brackets are whole, or broken, only with the values of their variables. Reading the file finds those
 * that are broken by themselves (summary.ts).
 */
export const patterns = defineCheck({
  diagnostics: {
    glob: error(
      'Broken pattern',
      'Braces need at least two alternatives, and every { [ needs its } ].',
      'profile demo {\n  /usr/bin/{a} r,\n}\n',
      'profile demo {\n  /usr/bin/{a,b} r,\n}\n',
    ),
  },
  create({ symbols }, report) {
    const check = (word: Word, unit: Unit, own: ProfileVariables) => {
      const expanded = symbols.expand(word.value, own);
      if (!expanded.ok) {
        if (expanded.reason === 'limit') report(unit, 'limit', word, ...tooLong);
        return;
      }
      const wrong = checkPattern(expanded.text);
      if (!wrong) return;
      report(
        unit,
        'glob',
        word,
        `${wrong.message.replace(/\.$/, '')} once variables are expanded.`,
        { expected: wrong.expected },
      );
    };
    const checkAddress = (word: Word, unit: Unit, own: ProfileVariables) => {
      const expanded = symbols.expand(word.value, own);
      if (!expanded.ok || !expanded.text.startsWith('{')) return;
      report(
        unit,
        'glob',
        word,
        'This address starts with a choice once variables are expanded; apparmor_parser drops its first character, which should be the @.',
        { expected: 'the @ before the variable, as in @@{NAME}, and its values without one' },
      );
    };
    return {
      profile(profile) {
        for (const word of profile.head.partial) check(word, profile.unit, headVariables);
        for (const { word, unit } of profile.rules.partial) check(word, unit, profile.variables);
        visitUnbalanced(profile, symbols, check);
        if (profile.rules.variables.size === 0) return;
        for (const { statements, unit } of profile.rules.lists) {
          visitAddresses(statements, (word) => checkAddress(word, unit, profile.variables));
        }
      },
    };
  },
});

/** What is reported of a pattern that is too long once expanded. */
export const tooLong: [message: string, more: { expected: string }] = [
  'The variables of this pattern expand to too much text.',
  { expected: 'fewer values' },
];

/** Visits patterns that are whole by themselves and have a variable with half a bracket in it. */
function visitUnbalanced(
  { profile, unit, head, rules, variables }: CheckedProfile,
  symbols: Symbols,
  visit: (word: Word, unit: Unit, own: ProfileVariables) => void,
): void {
  const all = [...head.variables.keys(), ...rules.variables.keys()];
  const names = new Set(all.filter((name) => !symbols.balanced(name)));
  if (names.size === 0) return;
  const partial = new Set([...head.partial, ...rules.partial.map(({ word }) => word)]);
  const test = (where: Unit, own: ProfileVariables) => (word: Word, pattern: boolean) => {
    if (!pattern || partial.has(word)) return;
    if (variablesIn(word.value).some((name) => names.has(name))) visit(word, where, own);
  };
  visitHeadWords(profile, test(unit, headVariables));
  for (const list of rules.lists) visitWords(list.statements, test(list.unit, variables));
}

/** Visits the addresses of unix rules that start with a variable. */
function visitAddresses(statements: readonly Statement[], visit: (word: Word) => void): void {
  for (const one of statements) {
    if (one.kind === 'block') visitAddresses(one.body, visit);
    else if (one.kind === 'unix') {
      for (const word of [conditionValue(one, 'addr'), peerValue(one, 'addr')]) {
        if (word?.value.startsWith('@{')) visit(word);
      }
    }
  }
}
