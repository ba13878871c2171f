import { type Cursor, isNameCharacter } from './cursor.ts';

const CLOSE = 125;

/** The comma that ends a rule. */
export function endOfRule<T extends { start: number; end: number } | undefined>(
  cursor: Cursor,
  rule: T,
): T | undefined {
  if (!rule) {
    cursor.recover();
    return undefined;
  }
  rule.end = cursor.last;
  const { pos } = cursor;
  const comments = cursor.comments.length;
  if (cursor.take(',')) {
    rule.end = cursor.last;
    return rule;
  }
  // The rest of the line is part of the broken rule; a new line is a new statement.
  const broken = cursor.pos;
  const sameLine = !cursor.lineBetween(rule.end, broken) && !cursor.done && cursor.peek() !== CLOSE;
  if (sameLine) {
    let end = broken;
    while (isNameCharacter(cursor.at(end))) end++;
    cursor.report(
      'syntax',
      { start: broken, end: Math.max(end, broken + 1) },
      'The rule should have ended here.',
      { expected: 'a comma' },
    );
    cursor.recover();
    return undefined;
  }
  cursor.report(
    'missing-comma',
    { start: rule.end, end: rule.end },
    'The comma that ends this rule is missing.',
    {
      expected: 'a comma',
      fix: { start: rule.end, end: rule.end, text: ',' },
    },
  );
  cursor.pos = pos;
  cursor.last = rule.end;
  cursor.comments.length = comments;
  return rule;
}
