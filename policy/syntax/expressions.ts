// The test of an `if` (apparmor.d(5), "Conditionals").
import { type Cursor, OPERAND } from './cursor.ts';
import { maxDepth } from './limits.ts';
import type { Expression, Word } from './tree.ts';
import { variableEnd } from './variables.ts';

const OPEN = 123;
const CLOSE = 125;

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
  } while (cursor.peekName() === kind && cursor.name('keyword'));
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
  while (cursor.peekName() === 'not') {
    cursor.name('keyword');
    negated = !negated;
  }
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
  if (cursor.peekName() === 'defined') {
    cursor.name('keyword');
    const variable = variableWord(cursor);
    if (!variable) return cursor.fail('"defined" asks for a variable.', '@{NAME} or $NAME');
    return { kind: 'defined', variable, start, end: variable.end };
  }
  if (cursor.peek() === 36) {
    const variable = variableWord(cursor);
    if (!variable) return cursor.fail('"$" starts the name of a boolean.', '$NAME');
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
    if (!left.quoted && (lower === 'true' || lower === 'false')) {
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
  return { kind: 'compare', operator, left, right, start, end: right.end };
}

function variableWord(cursor: Cursor): Word | undefined {
  cursor.skip();
  if (cursor.peek() !== 64 && cursor.peek() !== 36) return undefined;
  const end = variableEnd(cursor, cursor.pos);
  return end === undefined ? undefined : cursor.slice(cursor.pos, end, 'variable');
}

function comparisonWord(cursor: Cursor): Word | undefined {
  cursor.skip();
  if (cursor.peek() === OPEN || cursor.peek() === CLOSE) return undefined;
  return cursor.peek() === 64
    ? (variableWord(cursor) ?? cursor.wordHere(OPERAND, 'value'))
    : cursor.word(OPERAND, 'value');
}

function comparison(cursor: Cursor): string | undefined {
  for (const operator of ['==', '!=', '>=', '<=', '>', '<'])
    if (cursor.take(operator, 'operator')) return operator;
  if (cursor.peekName() !== 'in') return undefined;
  cursor.name('operator');
  return 'in';
}
