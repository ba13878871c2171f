// The test of an `if` (apparmor.d(5), "Conditionals").

import type { Severity } from '../raw-diagnostic.ts';
import { dialectOf, newestRelease } from '../release.ts';
import {
  AMPERSAND,
  AT,
  CLOSE_BRACE,
  COLON,
  DOLLAR,
  OPEN_BRACE,
  QUOTE,
  SLASH,
} from './character-codes.ts';
import { type Cursor, EXPRESSION_WORD, OPERAND, PATH, type TokenKind } from './cursor.ts';
import { maxDepth } from './limits.ts';
import type { Expression, Word } from './tree.ts';
import { variableEnd } from './variables.ts';

/** Reads the test of an `if`; undefined, with a report, when it is not complete. */
export function parseExpression(cursor: Cursor, depth: number): Expression | undefined {
  return joined(cursor, 'or', () => conjunction(cursor, depth));
}

/** Operands with the same word between them: one node, however many there are. */
function joined(
  cursor: Cursor,
  kind: 'and' | 'or',
  read: () => Expression | undefined,
): Expression | undefined {
  const operands: Expression[] = [];
  do {
    const operand = read();
    if (!operand) return undefined;
    operands.push(operand);
  } while (takeWord(cursor, kind));
  const [first] = operands as [Expression];
  return operands.length === 1 ? first : { kind, operands, start: first.start, end: cursor.last };
}

function conjunction(cursor: Cursor, depth: number): Expression | undefined {
  return joined(cursor, 'and', () => operand(cursor, depth));
}

function operand(cursor: Cursor, depth: number): Expression | undefined {
  // A row of `not` is a loop, not a recursion; two of them undo each other.
  cursor.skip();
  const start = cursor.pos;
  let negated = false;
  while (takeWord(cursor, 'not')) negated = !negated;
  const operand = primary(cursor, depth);
  return operand && negated ? { kind: 'not', operand, start, end: operand.end } : operand;
}

function primary(cursor: Cursor, depth: number): Expression | undefined {
  cursor.skip();
  const start = cursor.pos;
  if (cursor.take('(')) {
    if (depth >= maxDepth)
      return cursor.fail(`Brackets nest deeper than ${maxDepth} levels.`, 'fewer brackets');
    const operand = parseExpression(cursor, depth + 1);
    if (!operand) return undefined;
    if (!cursor.take(')')) return cursor.fail('This bracket is not closed.', ')');
    return { kind: 'group', operand, start, end: cursor.last };
  }
  if (takeWord(cursor, 'defined')) {
    const variable = variableWord(cursor);
    if (!variable) return cursor.fail('"defined" asks for a variable.', '@{NAME} or $NAME');
    if (variable.text.startsWith('@') || wholeWords(cursor)) cursor.refuseReturn(variable.end);
    return { kind: 'defined', variable, start, end: variable.end };
  }
  if (cursor.peek() === DOLLAR) {
    const variable = variableWord(cursor);
    if (!variable)
      return cursor.fail('"$" starts the name of a boolean.', '$NAME, with blanks around it');
    refuseReturn(cursor, variable.end);
    return { kind: 'boolean', variable, start, end: variable.end };
  }
  const left = comparisonWord(cursor);
  if (!left)
    return cursor.fail(
      'The condition is not complete.',
      'a boolean such as $NAME, defined, or a comparison',
    );
  const operator = comparison(cursor);
  if (!operator) {
    const lower = left.value.toLowerCase();
    if (lower === 'true' || lower === 'false') {
      if (!left.quoted) refuseReturn(cursor, left.end);
      return { kind: 'literal', value: lower === 'true', word: left, start, end: left.end };
    }
    cursor.pos = left.start;
    return cursor.fail(
      `"${left.text}" is neither true nor false.`,
      'a boolean such as $NAME, or a comparison such as @{X} == y',
    );
  }
  const right = comparisonWord(cursor);
  if (!right) return cursor.fail('The comparison has no right side.', 'a value or a variable');
  if (!right.quoted && right.value[0] !== '/') refuseReturn(cursor, right.end, 'warning');
  return { kind: 'compare', operator, left, right, start, end: right.end };
}

function variableWord(cursor: Cursor): Word | undefined {
  cursor.skip();
  if (cursor.peek() !== AT && cursor.peek() !== DOLLAR) return undefined;
  const end = variableEnd(cursor, cursor.pos);
  if (end === undefined) return undefined;
  // Older releases know where the name of a boolean ends.
  const whole = wholeWords(cursor)
    ? wordEnd(cursor)
    : cursor.peek() === AT
      ? cursor.wordEnd(end, PATH)
      : end;
  if (end !== whole) return undefined;
  return cursor.slice(cursor.pos, end, 'variable');
}

function comparisonWord(cursor: Cursor): Word | undefined {
  cursor.skip();
  const code = cursor.peek();
  if (code === OPEN_BRACE || code === CLOSE_BRACE) return undefined;
  if (code === AT) {
    const variable = variableWord(cursor);
    if (variable) return variable;
  }
  if (code === QUOTE || !wholeWords(cursor)) return cursor.wordHere(OPERAND, 'value');
  const end = wordEnd(cursor);
  if (end === cursor.pos || keywords.has(cursor.text.slice(cursor.pos, end))) return undefined;
  return cursor.slice(cursor.pos, end, 'value');
}

function comparison(cursor: Cursor): string | undefined {
  cursor.skip();
  for (const operator of ['==', '!=', '>=', '<=', '>', '<']) {
    if (wholeWords(cursor) && wordEnd(cursor) > cursor.pos + operator.length) continue;
    if (cursor.take(operator, 'operator')) return operator;
  }
  return takeWord(cursor, 'in', 'operator')?.text;
}

const keywords: ReadonlySet<string> = new Set(['and', 'or', 'not', 'defined', 'in']);

/** Whether words end only at blanks and a few signs, as since AppArmor 5.0: `not$X` is one word there. */
function wholeWords(cursor: Cursor): boolean {
  return dialectOf(cursor.target ?? newestRelease).booleanExpressions;
}

/** Since AppArmor 5.0, what follows the `{` of an `if` without a blank makes a word of it. */
export function checkBrace(cursor: Cursor): void {
  if (!wholeWords(cursor) || !cursor.next('{')) return;
  const { pos } = cursor;
  const end = pos + 1;
  if (cursor.wordEnd(pos, EXPRESSION_WORD) === end) {
    cursor.refuseReturn(end);
    return;
  }
  cursor.report(
    'syntax',
    { start: pos, end },
    'AppArmor 5.0 and newer take this { and what follows it for one word.',
    { expected: 'a blank after {', fix: { start: end, end, text: ' ' } },
  );
}

/** Takes a keyword if it is the next word. */
function takeWord(cursor: Cursor, keyword: string, kind: TokenKind = 'keyword'): Word | undefined {
  cursor.skip();
  const whole = wholeWords(cursor)
    ? cursor.text.slice(cursor.pos, wordEnd(cursor))
    : cursor.peekName();
  if (whole !== keyword) return undefined;
  refuseReturn(cursor, cursor.pos + keyword.length);
  return cursor.name(kind);
}

/** Where the unquoted word at the cursor ends. A path and a label go on where other words end. */
function wordEnd(cursor: Cursor): number {
  const { pos } = cursor;
  const first = cursor.peek();
  if (first === SLASH || first === AMPERSAND || first === COLON) return cursor.wordEnd(pos, PATH);
  const end = cursor.wordEnd(pos, EXPRESSION_WORD);
  const after = first === AT ? variableEnd(cursor, pos) : undefined;
  return after !== undefined && after < end ? cursor.wordEnd(after, PATH) : end;
}

/** Since AppArmor 5.0, a carriage return is part of the word that it ends. */
function refuseReturn(cursor: Cursor, end: number, severity?: Severity): void {
  if (wholeWords(cursor)) cursor.refuseReturn(end, false, severity);
}
