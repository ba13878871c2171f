// The statements before the profiles: include, abi, alias, variables and booleans (apparmor.d(5), PREAMBLE).

import { dialectOf, newestRelease } from '../release.ts';
import { bareWord } from './bare-words.ts';
import { BACKSLASH, HASH, LF, QUOTE } from './character-codes.ts';
import { type Cursor, isNameCharacter, PATH } from './cursor.ts';
import { readable, writtenStart } from './escapes.ts';
import { parseExpression } from './expressions.ts';
import { endOfRule } from './rule-end.ts';
import type { Range } from './source.ts';
import type { Expression, Include, IncludeKind, Word } from './tree.ts';
import { isAssignment, variableEnd, variableName } from './variables.ts';

/** `<x>`, `"x"` or x after include and abi. */
function fileName(
  cursor: Cursor,
  what: string,
): { target: Word; path: string; place: IncludeKind } | undefined {
  // The name may stand in a later line; only one in brackets or quotes is taken for meant.
  const { pos } = cursor;
  cursor.skipToStatement();
  if (cursor.peek() !== 60 && cursor.peek() !== 34) {
    cursor.pos = pos;
    cursor.skipBlanks();
  }
  const start = cursor.pos;
  let target: Word | undefined;
  let path = '';
  if (cursor.peek() === 60) {
    let end = start + 1;
    while (![-1, LF, 62].includes(cursor.at(end))) end++;
    if (cursor.at(end) !== 62) {
      return cursor.fail(`The < of this ${what} is not closed on its line.`, '>');
    }
    const written = cursor.slice(start, end + 1, 'path');
    const inside = written.text.slice(1, -1).trim();
    target = written;
    path =
      inside.startsWith('"') && inside.endsWith('"') && inside.length > 1
        ? inside.slice(1, -1)
        : inside;
    path = readable(path);
    if (path === '' || path.includes('"')) {
      cursor.report('syntax', target, `"${written.text}" does not name a file.`, {
        expected: '<path/below/etc/apparmor.d>',
      });
      return undefined;
    }
    const quoted = path !== inside;
    if (quoted && written.text !== `<${inside}>`) {
      const message = `apparmor_parser reads no blank between the brackets and the quotes of this ${what}.`;
      const expected = `<${inside}>`;
      if (what === 'abi') {
        cursor.report('refused-so-far', target, message, { expected, parsers: 'refuse' });
      } else {
        const fix = { start: target.start, end: target.end, text: expected };
        cursor.report('syntax', target, message, { expected, fix });
      }
    }
    return { target: { ...written, text: `<${inside}>`, value: path }, path, place: 'magic' };
  }
  target = cursor.wordHere(PATH, 'path');
  path = target?.value ?? '';
  if (!target || path === '' || path.endsWith('>')) {
    const range = target ?? { start: cursor.last, end: cursor.last };
    cursor.report('syntax', range, `This ${what} names no file.`, {
      expected: '<file> or "file"',
    });
    return undefined;
  }
  return { target, path, place: path.startsWith('/') ? 'absolute' : 'relative' };
}

/** A line end or a comment comes next. */
function lineEnds(cursor: Cursor): boolean {
  const code = cursor.peek();
  return code === LF || code === HASH || (code === 13 && cursor.at(cursor.pos + 1) === LF);
}

/** Reports an include that ends with its line. */
function nameless(cursor: Cursor): undefined {
  const range = { start: cursor.last, end: cursor.last };
  cursor.report('syntax', range, 'This include names no file.', { expected: '<file> or "file"' });
  cursor.recover();
}

/** `include`, `#include` and `include if exists`; the cursor is before the keyword. */
export function parseInclude(
  cursor: Cursor,
  start: number,
  hash: boolean,
  blankBefore: boolean,
): Include | undefined {
  if (hash && start > cursor.lastNewline) cursor.unterminated ??= start;
  cursor.name('keyword');
  if (!hash && lineEnds(cursor)) return nameless(cursor);
  cursor.skipBlanks();
  let ifExists = false;
  if (cursor.text.startsWith('if', cursor.pos) && !isNameCharacter(cursor.at(cursor.pos + 2))) {
    cursor.name('keyword');
    cursor.skipBlanks();
    if (lineEnds(cursor) || cursor.peekName() !== 'exists')
      return cursor.fail('"include if" goes on with "exists".', 'include if exists <file>');
    cursor.name('keyword');
    if (lineEnds(cursor)) return nameless(cursor);
    ifExists = true;
  }
  const file = fileName(cursor, 'include');
  if (!file) {
    cursor.recover();
    return undefined;
  }
  return { kind: 'include', start, end: cursor.last, hash, ifExists, ...file, blankBefore };
}

/** `abi <file>,` */
export function parseAbi(cursor: Cursor, start: number, blankBefore: boolean) {
  const keyword = cursor.name('keyword') as Word;
  const file = fileName(cursor, 'abi');
  if (!file) {
    cursor.recover();
    return undefined;
  }
  if (cursor.next(',')) cursor.refuseCommentsIn({ start: keyword.end, end: cursor.pos });
  return endOfRule(cursor, { kind: 'abi' as const, start, end: cursor.last, ...file, blankBefore });
}

/** `alias /from -> /to,` */
export function parseAlias(cursor: Cursor, start: number, blankBefore: boolean) {
  cursor.name('keyword');
  const bare = bareWord(cursor) !== undefined;
  const from = bare ? cursor.name('path') : cursor.word(PATH, 'path');
  if (!from) return cursor.fail('An alias names two paths.', 'alias /from -> /to,');
  if (!cursor.take('->', 'operator'))
    return cursor.fail('An alias names two paths with "->" between them.', '->');
  cursor.refuseComment();
  const to = cursor.word(PATH, 'path');
  if (!to) return cursor.fail('An alias names two paths.', 'the path after ->');
  for (const word of [from, to]) {
    // The start of the first path is not read in its escapes.
    const start = word === from ? writtenStart(word) : word.value;
    if (!start.startsWith('/') && !start.startsWith('@{')) {
      // apparmor_parser takes a bare word for the path before the arrow, and anything after it.
      cursor.report(
        bare || word === to ? 'bare-word-path' : 'syntax',
        word,
        `"${word.value}" is not an absolute path.`,
        {
          expected: 'a path that starts with /',
        },
      );
    }
  }
  return endOfRule(cursor, {
    kind: 'alias' as const,
    start,
    end: cursor.last,
    from,
    to,
    blankBefore,
  });
}

/** `@{X} = …`; null when the variable starts something else. */
export function parseAssignment(cursor: Cursor, start: number, blankBefore: boolean) {
  const nameEnd = variableEnd(cursor, start);
  if (nameEnd === undefined) {
    // `@{1x} = …` is an assignment with a bad name, `@{…` anything else a word.
    const close = cursor.text.slice(start, start + 200).search(/[}\s]/);
    let at = start + close + 1;
    while (cursor.at(at) === 32 || cursor.at(at) === 9) at++;
    if (close > 0 && isAssignment(cursor, at) !== undefined) {
      cursor.pos = start;
      cursor.report(
        'variable-name',
        { start, end: start + close + 1 },
        `"${cursor.text.slice(start, start + close + 1).trim()}" is not the name of a variable.`,
        {
          expected: '@{NAME}: a letter, then letters, digits or _',
        },
      );
      const newline = cursor.text.indexOf('\n', start);
      cursor.pos = cursor.last = newline < 0 ? cursor.text.length : newline;
      return undefined;
    }
    return null;
  }
  let at = nameEnd;
  // A comment is permitted between the name and the operator.
  while (
    at < cursor.text.length &&
    (cursor.at(at) <= 32 || (cursor.at(at) === HASH && at > nameEnd))
  )
    at = cursor.at(at) === HASH ? lineEnd(cursor, at) : at + 1;
  const operator = isAssignment(cursor, at);
  if (operator === undefined) return null;
  const nameWord = cursor.slice(start, nameEnd, 'variable');
  cursor.refuseReturn(nameEnd);
  cursor.skip();
  const operatorWord = cursor.slice(at, at + operator, 'operator');
  if (operatorWord.text === '+') {
    cursor.report(
      'syntax',
      operatorWord,
      '"+" after a variable is neither a path nor an assignment.',
      { expected: '+= to add values, or quotes around a path' },
    );
  }
  const values: Word[] = [];
  for (;;) {
    cursor.skipBlanks();
    const code = cursor.peek();
    if (code === -1 || code === LF || (code === HASH && commentAfterValues(cursor))) break;
    if (code === BACKSLASH && lineContinues(cursor)) continue;
    if (code === 44) {
      cursor.report(
        'stray-comma',
        { start: cursor.pos, end: cursor.pos + 1 },
        'Values are separated by blanks and end with the line; a comma does not belong here.',
        {
          expected: 'a blank, or quotes around a value with a comma',
          fix: { start: cursor.pos, end: cursor.pos + 1, text: '' },
        },
      );
      cursor.pos++;
      continue;
    }
    const value = cursor.wordHere(PATH, 'value');
    if (!value) {
      cursor.report(
        'syntax',
        { start: cursor.pos, end: cursor.pos + 1 },
        'This character is not allowed in a value.',
        { expected: 'quotes around the whole value' },
      );
      const newline = cursor.text.indexOf('\n', cursor.pos);
      cursor.pos = newline < 0 ? cursor.text.length : newline;
      break;
    }
    values.push(value);
  }
  if (values.length === 0) {
    cursor.report(
      'empty-variable',
      { start, end: operatorWord.end },
      `${nameWord.text} gets no value.`,
      { expected: 'a value; "" for an empty one' },
    );
  }
  return {
    kind: 'variable' as const,
    start,
    end: cursor.last,
    name: variableName(nameWord.text),
    nameWord,
    operator: operatorWord,
    values,
    blankBefore,
  };
}

/**
 * Whether the # at the cursor, which is after the values of a variable, starts a comment for the target. Without a
 * newline at its end it never does: there it starts a value, as every # does before AppArmor 4.0.
 */
function commentAfterValues(cursor: Cursor): boolean {
  if (cursor.target === undefined) return true;
  return dialectOf(cursor.target).commentsAfterValues && cursor.pos < cursor.lastNewline;
}

function lineEnd(cursor: Cursor, at: number): number {
  const newline = cursor.text.indexOf('\n', at);
  return newline < 0 ? cursor.text.length : newline;
}

/** A backslash at the end of a line: the value list goes on. */
function lineContinues(cursor: Cursor): boolean {
  let at = cursor.pos + 1;
  while (cursor.at(at) === 13) at++;
  if (cursor.at(at) !== LF) return false;
  cursor.refuseReturn(at - 1);
  cursor.pos = at + 1;
  return true;
}

/** Skips blanks, and line ends after a backslash. */
function skipContinuations(cursor: Cursor): void {
  do cursor.skipBlanks();
  while (cursor.peek() === BACKSLASH && lineContinues(cursor));
}

/** `$NAME = true`, and since AppArmor 5.0 the test of an `if` in place of the value. */
export function parseBoolean(cursor: Cursor, start: number, blankBefore: boolean) {
  const nameEnd = variableEnd(cursor, start);
  if (nameEnd === undefined)
    return cursor.fail('"$" starts the name of a boolean.', '$NAME = true');
  const nameWord = cursor.slice(start, nameEnd, 'variable');
  const operator =
    cursor.take('?=', 'operator') ?? cursor.take(':=', 'operator') ?? cursor.take('=', 'operator');
  if (!operator) return cursor.fail('A boolean is only named here to be set.', '= true or = false');
  skipContinuations(cursor);
  const valueInNextLine = lineEnds(cursor);
  if (valueInNextLine) cursor.skip();
  const dialect = dialectOf(cursor.target ?? newestRelease);
  if (
    cursor.target !== undefined &&
    dialect.booleanValueInNextLine &&
    !valueInNextLine &&
    cursor.lineBetween(nameEnd, operator.start)
  ) {
    cursor.report(
      'syntax',
      operator,
      'AppArmor 5.0 and newer take no line end between a boolean and its operator.',
      { expected: 'the operator in the line of the name' },
    );
  }
  const value = dialect.booleanExpressions
    ? booleanExpression(cursor, operator.end)
    : booleanLiteral(cursor);
  if (!value) return undefined;
  skipContinuations(cursor);
  const comment = cursor.peek() === HASH && (cursor.pos > value.end || !endsInWord(value));
  if (!comment && !cursor.done && cursor.peek() !== LF) {
    return cursor.fail('A boolean ends with its line.', 'a new line');
  }
  return {
    kind: 'boolean' as const,
    start,
    end: cursor.last,
    name: variableName(nameWord.text),
    nameWord,
    operator: cursor.text.slice(operator.start, operator.end),
    value,
    ...(valueInNextLine && { valueInNextLine }),
    blankBefore,
  };
}

function booleanLiteral(cursor: Cursor): Expression | undefined {
  const word = cursor.wordHere(PATH, 'value');
  const lower = word?.value.toLowerCase();
  if (!word || (lower !== 'true' && lower !== 'false')) {
    cursor.pos = word?.start ?? cursor.pos;
    return cursor.fail('A boolean is true or false.', 'true or false');
  }
  return { kind: 'literal', value: lower === 'true', word, start: word.start, end: word.end };
}

/** The value of a boolean since AppArmor 5.0, after the operator that ends at `from`. */
function booleanExpression(cursor: Cursor, from: number): Expression | undefined {
  cursor.continuedLines = true;
  const value = parseExpression(cursor, 0);
  cursor.continuedLines = false;
  if (!value) return undefined;
  // What was looked through for an "and" or "or" belongs to the next statement.
  cursor.pos = cursor.last = value.end;
  cursor.comments = cursor.comments.filter(({ end }) => end <= value.end);
  // In the lines after the first, apparmor_parser knows no brackets and no comparisons.
  const broken = firstBroken(cursor, value, from);
  if (broken) {
    cursor.report('syntax', broken, 'A line ends before this bracket or comparison.', {
      expected: 'the value in one line; a backslash at its end continues it',
    });
  }
  return value;
}

/** The first bracket or comparison of an expression that a line end precedes. */
function firstBroken(cursor: Cursor, value: Expression, from: number): Range | undefined {
  const ends = (start: number, end: number): boolean => {
    let quoted = false;
    for (let at = start; at < end; at++) {
      if (cursor.at(at) === QUOTE) quoted = !quoted;
      if (cursor.at(at) === LF && cursor.at(at - 1) !== BACKSLASH && !quoted) return true;
    }
    return false;
  };
  switch (value.kind) {
    case 'not':
      return firstBroken(cursor, value.operand, from);
    case 'and':
    case 'or':
      for (const one of value.operands) {
        const broken = firstBroken(cursor, one, from);
        if (broken) return broken;
      }
      return undefined;
    case 'group':
    case 'compare':
      return ends(from, value.end) ? value : undefined;
    default:
      return undefined;
  }
}

/** Whether a # after an expression is one more character of its last word. */
function endsInWord(value: Expression): boolean {
  switch (value.kind) {
    case 'not':
      return endsInWord(value.operand);
    case 'and':
    case 'or':
      return endsInWord(value.operands.at(-1) as Expression);
    case 'group':
      return false;
    case 'literal':
      return !value.word.quoted;
    case 'compare':
      return !value.right.quoted;
    default:
      return true;
  }
}
