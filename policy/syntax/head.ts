// The lists in the head of a profile: flags and extended attributes (apparmor.d(5), "Profile Head").
import { CLOSE_PARENTHESIS, COMMA, EQUALS, OPEN_PARENTHESIS } from './character-codes.ts';
import { type Cursor, FLAG, ITEM, XATTR_VALUE } from './cursor.ts';
import { checkFlags } from './profile-head.ts';
import type { Condition, Profile, Word } from './tree.ts';

/** Reports a word that is probably a misplaced comment: apparmor_parser compiles it as an attribute or a value. */
function warnOfHash(cursor: Cursor, word: Word): void {
  if (!word.text.startsWith('#')) return;
  cursor.report(
    'comment-in-rule',
    word,
    'This is no comment: apparmor_parser reads the # as part of an attribute that the program must have.',
    { expected: 'the comment on a line of its own, before the profile', severity: 'warning' },
  );
}

/** `xattrs=( name name=value )`: the names have dots, and a value is optional. */
export function parseXattrs(cursor: Cursor): Condition | undefined {
  const name = cursor.name('keyword') as Word;
  cursor.take('=', 'operator');
  cursor.refuseLineEnd(false);
  if (!cursor.take('(')) return cursor.fail('Extended attributes must be in brackets.', '( … )');
  cursor.refuseCommentsIn({ start: name.start, end: cursor.last });
  const conditions: Condition[] = [];
  for (;;) {
    // A # starts a word here, and no comment.
    cursor.skipToStatement();
    if (cursor.peek() === COMMA) {
      cursor.take(',');
      continue;
    }
    if (cursor.peek() === CLOSE_PARENTHESIS) {
      cursor.take(')');
      break;
    }
    const attribute = cursor.wordHere(ITEM, 'keyword');
    if (!attribute) return cursor.fail('This bracket is not closed.', ')');
    if (!attribute.quoted) cursor.refuseReturn(attribute.end);
    else {
      cursor.report('syntax', attribute, 'The name of an attribute takes no quotes.', {
        expected: 'a name such as user.tag',
      });
    }
    warnOfHash(cursor, attribute);
    const values: Word[] = [];
    cursor.skipToStatement();
    if (cursor.peek() === EQUALS && cursor.take('=', 'operator')) {
      cursor.skipToStatement();
      // A value may stand in brackets of its own.
      const bracket = cursor.peek() === OPEN_PARENTHESIS && cursor.take('(') !== undefined;
      if (bracket) cursor.skipToStatement();
      const value = cursor.wordHere(XATTR_VALUE, 'value');
      if (!value) return cursor.fail(`${attribute.text}= has no value.`, 'a value');
      if (!value.quoted) cursor.refuseReturn(value.end);
      warnOfHash(cursor, value);
      values.push(value);
      if (bracket && !cursor.take(')'))
        return cursor.fail(`The bracket of ${attribute.text}= is not closed.`, ')');
    }
    conditions.push({
      name: attribute,
      operator: '=',
      list: false,
      values,
      start: attribute.start,
      end: cursor.last,
    });
  }
  return {
    name,
    operator: '=',
    list: true,
    values: [],
    conditions,
    start: name.start,
    end: cursor.last,
  };
}

/** `flags=( … )`, or the brackets alone. */
export function parseFlags(cursor: Cursor): Profile['flags'] {
  const start = cursor.pos;
  const keyword = cursor.peekName() === 'flags' ? cursor.name('keyword') : undefined;
  if (keyword && !cursor.take('=', 'operator')) return cursor.fail('The flags follow "=".', '=');
  if (keyword) cursor.refuseLineEnd(true);
  if (!cursor.take('(')) return cursor.fail('Flags must be in brackets.', '( … )');
  const values: Word[] = [];
  for (;;) {
    while (cursor.take(','));
    if (cursor.take(')')) break;
    const value = cursor.word(FLAG, 'value');
    if (!value || value.text.includes('{') !== value.text.includes('}'))
      return cursor.fail('The list of flags is not closed.', ')');
    if (!value.quoted) cursor.refuseReturn(value.end);
    values.push(value);
  }
  const range = { start, end: cursor.last };
  cursor.refuseCommentsIn(range);
  checkFlags(values, range, cursor.report.bind(cursor));
  return { values, ...range };
}
