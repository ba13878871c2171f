// What may precede a rule (apparmor.d(5), "Qualifiers").

import { laterBareWord } from './bare-words.ts';
import { conditionAhead } from './conditions.ts';
import type { Cursor } from './cursor.ts';
import type { Qualifiers, Word } from './nodes.ts';

/** Their order: a qualifier may not follow one of a higher or the same number. */
export const qualifierOrder: Readonly<Record<string, number>> = {
  priority: 0,
  audit: 1,
  quiet: 1,
  allow: 2,
  deny: 2,
  prompt: 2,
  owner: 3,
  user: 3,
  other: 3,
};

/** Reads the qualifiers before a rule or block and reports those in the wrong order. */
export function parseQualifiers(cursor: Cursor): Qualifiers {
  const found: Qualifiers = { words: [] };
  let reached = -1;
  for (;;) {
    const name = cursor.peekName();
    const order = qualifierOrder[name];
    if (order === undefined || laterBareWord(cursor)) return found;
    if (name === 'priority') {
      if (!conditionAhead(cursor)) return found;
      const start = cursor.pos;
      cursor.name('qualifier');
      cursor.take('=', 'operator');
      const value = cursor.name('value', '+-');
      const word: Word = {
        start,
        end: cursor.last,
        text: `priority=${value?.text ?? ''}`,
        value: value?.value ?? '',
        quoted: false,
      };
      if (!value || !/^[+-]?\d{1,4}$/.test(value.value) || Math.abs(Number(value.value)) > 1000) {
        cursor.report('qualifier-value', word, 'A priority is a number from -1000 to 1000.', {
          expected: 'priority=1',
        });
      }
      found.priority = word;
      found.words.push(word);
    } else {
      const word = cursor.name('qualifier') as Word;
      found.words.push(word);
      if (order === 1) found.audit = word;
      else if (order === 2) found.effect = word;
      else {
        // Another name for the same.
        if (word.value === 'user') word.value = 'owner';
        found.owner = word;
      }
    }
    const word = found.words.at(-1) as Word;
    if (order < reached) {
      cursor.report('qualifier-order', word, `"${name}" must come earlier.`, {
        expected: 'this order: priority= audit allow|deny owner',
      });
    } else if (order === reached) {
      cursor.report(
        'qualifier-order',
        word,
        `"${name}" repeats or contradicts the qualifier before it.`,
        { expected: 'one of each kind' },
      );
    }
    reached = Math.max(reached, order);
  }
}
