// Conditions of rules and profiles: `name=value`, `name=(a b)`, `name in (a b)`, `peer=( … )`.

import { type Cursor, ITEM, isNameCharacter, PEER_VALUE, VALUE, type WordClass } from './cursor.ts';
import { maxDepth } from './limits.ts';
import type { Condition, Word } from './nodes.ts';

const BACKSLASH = 92;

/** A name followed by `=`, `:=`, or `in (`; inside of brackets, apparmor_parser reads names with their escapes. */
export function conditionAhead(cursor: Cursor, inside = false): boolean {
  cursor.skip();
  let at = cursor.pos;
  while (isNameCharacter(cursor.at(at)) || (inside && cursor.at(at) === BACKSLASH)) at++;
  if (at === cursor.pos) return false;
  const blank = at;
  while (cursor.at(at) === 32 || cursor.at(at) === 9) at++;
  if (cursor.at(at) === 61) return true;
  if (cursor.at(at) === 58 && cursor.at(at + 1) === 61) return true;
  if (at > blank && cursor.text.startsWith('in', at)) {
    at += 2;
    while (cursor.at(at) === 32 || cursor.at(at) === 9) at++;
    return cursor.at(at) === 40;
  }
  return false;
}

/** Reads one condition. `nested`: names allowed inside its brackets; undefined: a plain list. */
export function parseCondition(
  cursor: Cursor,
  depth: number,
  nested: readonly string[] | undefined,
  single: WordClass = VALUE,
): Condition | undefined {
  const inside = single === PEER_VALUE;
  if (!conditionAhead(cursor, inside)) return undefined;
  const name = cursor.name('keyword', inside ? '\\' : '') as Word;
  const operator = cursor.take(':=', 'operator') ? ':=' : cursor.take('=', 'operator') ? '=' : 'in';
  if (operator === 'in') cursor.name('operator');
  else if (!inside) cursor.refuseLineEnd(nested === undefined);
  const condition: Condition = {
    name,
    operator,
    list: false,
    values: [],
    start: name.start,
    end: name.end,
  };
  if (cursor.take('(')) {
    condition.list = true;
    if (nested) condition.conditions = [];
    for (;;) {
      while (cursor.take(','));
      if (cursor.take(')')) break;
      if (nested && conditionAhead(cursor, true)) {
        const one =
          depth < maxDepth ? parseCondition(cursor, depth + 1, undefined, PEER_VALUE) : undefined;
        if (!one) return cursor.fail('This condition has no value.', 'a value');
        condition.conditions?.push(one);
        continue;
      }
      const value = cursor.word(ITEM, 'value');
      if (!value) return cursor.fail('This bracket is not closed.', ')');
      if (!value.quoted) cursor.refuseReturn(value.end);
      condition.values.push(value);
    }
  } else {
    const value = cursor.word(single, 'value');
    if (!value) return cursor.fail(`${name.value}${operator} has no value.`, 'a value');
    if (inside && !value.quoted) cursor.refuseReturn(value.end, false, 'warning');
    condition.values.push(value);
  }
  condition.end = cursor.last;
  return condition;
}

/** The first condition of this name. */
export function condition(conditions: readonly Condition[], name: string): Condition | undefined {
  return conditions.find((one) => one.name.value === name);
}

/** A condition in canonical form. */
export function conditionText(one: Condition): string {
  const operator = one.operator === 'in' ? ' in ' : one.operator;
  if (one.conditions) {
    const inside = [...one.conditions.map(conditionText), ...one.values.map((word) => word.text)];
    return `${one.name.text}${operator}(${inside.join(', ')})`;
  }
  return `${one.name.text}${operator}${one.list ? `(${wordList(one.values)})` : wordList(one.values)}`;
}

/** Words of a list in canonical form, without its brackets. */
export function wordList(words: readonly Word[]): string {
  return words.map((word) => word.text).join(', ');
}
