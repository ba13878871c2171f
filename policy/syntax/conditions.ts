// Conditions of rules: `name=value`, `name=(a b)`, `name in (a b)`, `peer=( … )`.
import { type Cursor, ITEM, isNameCharacter, PEER_VALUE, VALUE, type WordClass } from './cursor.ts';
import { maxDepth } from './limits.ts';
import { nearest } from './names.ts';
import type { KeywordKind } from './rules/kind.ts';
import type { Condition, KeywordRule, Word } from './tree.ts';

/** A name followed by `=`, `:=`, or `in (`. */
export function conditionAhead(cursor: Cursor): boolean {
  cursor.skip();
  let at = cursor.pos;
  while (isNameCharacter(cursor.at(at))) at++;
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
  if (!conditionAhead(cursor)) return undefined;
  const name = cursor.name('keyword') as Word;
  const operator = cursor.take(':=', 'operator') ? ':=' : cursor.take('=', 'operator') ? '=' : 'in';
  if (operator === 'in') cursor.name('operator');
  else if (single !== PEER_VALUE) cursor.refuseLineEnd(nested === undefined);
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
      if (nested && conditionAhead(cursor)) {
        const inside =
          depth < maxDepth ? parseCondition(cursor, depth + 1, undefined, PEER_VALUE) : undefined;
        if (!inside) return cursor.fail('This condition has no value.', 'a value');
        condition.conditions?.push(inside);
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
    if (single === PEER_VALUE && !value.quoted) cursor.refuseReturn(value.end, false, 'warning');
    condition.values.push(value);
  }
  condition.end = cursor.last;
  return condition;
}

/** Reports a condition that this kind of rule does not have, or not like this. */
export function checkCondition(
  cursor: Cursor,
  kind: KeywordKind,
  rule: KeywordRule,
  one: Condition,
): void {
  const report = cursor.report.bind(cursor);
  const name = one.name.value;
  if (!kind.conditions?.includes(name)) {
    if (kind.peer?.includes(name)) {
      report('condition-unknown', one.name, `${name}= is about the other end of the socket.`, {
        expected: `peer=(${name}=…)`,
      });
      return;
    }
    const suggestion = nearest(name, kind.conditions ?? []);
    report('condition-unknown', one.name, `A ${rule.keyword.value} rule has no ${name}=.`, {
      expected: kind.conditions
        ? `${kind.conditions.map((known) => `${known}=`).join(', ')}`
        : 'a comma',
      ...(suggestion && {
        suggestion,
        fix: { start: one.name.start, end: one.name.end, text: suggestion },
      }),
    });
    return;
  }
  if (
    !kind.repeatable?.includes(name) &&
    rule.conditions.some((other) => other.name.value === name)
  ) {
    report('condition-duplicate', one, `${name}= is given twice.`, { expected: 'it once' });
  }
  if (one.operator === 'in' && !kind.in?.includes(name)) {
    report('condition-value', one, `${name} takes "=", not "in".`, { expected: `${name}=…` });
  }
  if (name === 'peer' && kind.peer) {
    if (!one.list)
      report('condition-value', one, 'The conditions of the peer stand in brackets.', {
        expected: `peer=(${kind.peer[0]}=…)`,
      });
    const seen = new Set<string>();
    for (const inside of one.conditions ?? []) {
      if (!kind.peer.includes(inside.name.value)) {
        const suggestion = nearest(inside.name.value, kind.peer);
        report('condition-unknown', inside.name, `A peer has no ${inside.name.value}=.`, {
          expected: kind.peer.map((known) => `${known}=`).join(', '),
          ...(suggestion && { suggestion }),
        });
      } else if (seen.has(inside.name.value))
        report('condition-duplicate', inside, `${inside.name.value}= is given twice.`, {
          expected: 'it once',
        });
      seen.add(inside.name.value);
      checkCount(cursor, inside, false);
    }
    for (const value of one.values) {
      report('condition-unknown', value, `"${value.text}" says nothing about the peer.`, {
        expected: kind.peer.map((known) => `${known}=…`).join(' '),
      });
    }
    return;
  }
  if (kind.kind === 'signal' && name === 'peer' && one.list)
    report('condition-value', one, 'peer= of a signal rule takes no brackets.', {
      expected: 'peer=name',
    });
  if (kind.kind === 'ptrace' && one.list)
    report('condition-value', one, 'peer= of a ptrace rule takes no brackets.', {
      expected: 'peer=name',
    });
  checkCount(cursor, one, kind.lists?.includes(name) === true);
}

function checkCount(cursor: Cursor, one: Condition, many: boolean): void {
  if (one.values.length === 0) {
    cursor.report('condition-value', one, `${one.name.value}= has no value.`, {
      expected: 'a value',
    });
  } else if (!many && one.values.length > 1) {
    cursor.report('condition-value', one, `${one.name.value}= has one value.`, {
      expected: 'one value, or a pattern such as {a,b}',
    });
  }
}
