// Rules with a keyword and conditionals: the tables in rules/ say what each kind takes.

import { checkCondition, conditionAhead, parseCondition } from '../syntax/conditions.ts';
import { BARE, type Cursor, ITEM, NAME, PATH, type WordClass } from '../syntax/cursor.ts';
import { nearest } from '../syntax/names.ts';
import { qualifierOrder } from '../syntax/qualifiers.ts';
import { endOfRule } from '../syntax/rule-end.ts';
import type { KeywordRule, Qualifiers, Word } from '../syntax/tree.ts';
import { bareWord } from './file.ts';
import type { KeywordKind } from './kind.ts';
import { kindByKeyword } from './kinds.ts';

const OPEN = 123;
const CLOSE = 125;

const ownRules = ['file', 'link', 'set', 'change_profile'];
/** Words that start a statement; used to notice a missing comma and for suggestions. */
export const starters: ReadonlySet<string> = new Set([
  ...kindByKeyword.keys(),
  ...ownRules,
  ...Object.keys(qualifierOrder),
  'profile',
  'hat',
  'include',
  'abi',
  'alias',
  'if',
]);

/** Reads the rest of a rule after its keyword, as the table of its kind says. */
export function parseKeywordRule(
  cursor: Cursor,
  kind: KeywordKind,
  parts: { qualifiers: Qualifiers; start: number; blankBefore: boolean; keyword: Word },
): KeywordRule | undefined {
  const report = cursor.report.bind(cursor);
  const rule: KeywordRule = {
    ...parts,
    kind: kind.kind,
    access: [],
    accessList: false,
    conditions: [],
    words: [],
    end: cursor.last,
  };
  let first = true;
  for (;;) {
    cursor.skip();
    const code = cursor.peek();
    if (
      code === 44 ||
      code === -1 ||
      code === CLOSE ||
      (code === OPEN && cursor.at(cursor.pos + 1) <= 32)
    )
      break;
    if (code === 40) {
      if (!kind.access || !first) return cursor.fail('A bracket cannot stand here.', 'a comma');
      if (!parseAccess(cursor, rule)) return undefined;
    } else if (cursor.text.startsWith('->', cursor.pos) && !joinedArrow(cursor, rule)) {
      const arrow = cursor.take('->', 'operator');
      if (!kind.arrow || rule.arrow || !arrow)
        return cursor.fail(`A ${parts.keyword.value} rule has no "->".`, 'a comma');
      rule.arrow = arrow;
      if (kind.joinsReturn) cursor.refuseReturn(arrow.end);
      if (kind.comments) cursor.refuseComment();
      else cursor.blankAfterArrow();
      const target = cursor.word(
        kind.kind === 'mount' ? mountWord(cursor) : PATH,
        kind.kind === 'mount' ? 'path' : 'name',
      );
      if (!target)
        return cursor.fail(
          'Nothing follows "->".',
          kind.kind === 'mount' ? 'the mount point' : 'the name of a profile',
        );
      if (kind.joinsReturn && !target.quoted) cursor.refuseReturn(target.end, true);
      rule.target = target;
    } else if (rule.target) {
      return endOfRule(cursor, rule);
    } else if (conditionAhead(cursor)) {
      const peer = cursor.peekName() === 'peer' ? kind.peer : undefined;
      const one = parseCondition(cursor, 0, peer);
      if (!one) return undefined;
      if (kind.comments) cursor.refuseCommentsIn(one);
      checkCondition(cursor, kind, rule, one);
      if (kind.peer && rule.conditions.some((before) => before.name.value === 'peer')) {
        report('condition-order', one, `${one.name.value}= stands after peer=( ).`, {
          expected: 'peer=( … ) as the last condition',
        });
      }
      if (kind.wordsLast && rule.words.some((word) => word.value !== 'detached')) {
        report('syntax', one, `${one.name.value}= stands too late.`, {
          expected: 'conditions before the path',
        });
      }
      rule.conditions.push(one);
    } else {
      if (startsStatement(cursor, rule)) return endOfRule(cursor, rule);
      if (kind.path && !standsForPath(cursor)) {
        return cursor.fail('A path should stand here.', 'a path that starts with /');
      }
      const ends = kind.commas ? NAME : kind.kind === 'mount' ? mountWord(cursor) : BARE;
      const word = cursor.word(ends, kind.words ? 'value' : 'keyword');
      if (!word) return cursor.fail('This character cannot stand here.', 'a comma');
      if (ends === BARE && kind.kind === 'mount' && !word.quoted && word.text.includes('\\=')) {
        report(
          'refused-so-far',
          word,
          'apparmor_parser takes the = for the sign of a condition, although a backslash stands before it.',
          { expected: `"${word.value.replaceAll('\\=', '=')}"`, parsers: 'refuse' },
        );
      }
      if (kind.joinsReturn && !word.quoted) cursor.refuseReturn(word.end, true);
      if (word.quoted && !kind.wordsLast) {
        report('syntax', word, 'A name takes no quotes here.', { expected: word.value });
      }
      if (
        kind.access &&
        first &&
        kind.access.includes(word.value) &&
        !(kind.kind === 'network' && rule.words.length > 0)
      ) {
        rule.access.push(word);
      } else if (
        rule.words.length < (kind.words ?? 0) &&
        !(rule.conditions.length > 0 && kind.words && !kind.wordsLast)
      ) {
        rule.words.push(word);
      } else {
        cursor.pos = word.start;
        return refuseWord(cursor, kind, rule, word);
      }
    }
    first = false;
  }
  if (!kind.comments) refuseComments(cursor, parts.keyword);
  kind.check?.(rule, report);
  return endOfRule(cursor, rule);
}

/** Whether a path is at the cursor, or a word that apparmor_parser takes for one: none of its keywords and no modes. */
function standsForPath(cursor: Cursor): boolean {
  cursor.skip();
  const code = cursor.peek();
  if (code === 47 || code === 64 || code === 34) return true;
  // apparmor_parser takes the name of a profile with its namespace too.
  return code === 58 || bareWord(cursor) !== undefined;
}

/** The class of word at the cursor: in a path every character but a blank counts. */
function mountWord(cursor: Cursor): WordClass {
  cursor.skip();
  return cursor.peek() === 47 || cursor.peek() === 64 ? PATH : BARE;
}

/** In a mount rule without a source `->/x` is the source; it is probably not meant, so it is reported. */
function joinedArrow(cursor: Cursor, rule: KeywordRule): boolean {
  const { pos } = cursor;
  const after = cursor.at(pos + 2);
  if (rule.kind !== 'mount' || rule.words.length > 0 || rule.arrow) return false;
  if (after <= 32 || [34, 44, 40, 41, 61].includes(after)) return false;
  cursor.report(
    'joined-arrow',
    { start: pos, end: pos + 2 },
    'Without a blank after it, "->" is a part of the path.',
    { expected: 'a blank', fix: { start: pos + 2, end: pos + 2, text: ' ' } },
  );
  return true;
}

/** In most rules apparmor_parser takes a # for the start of a word. */
export function refuseComments(cursor: Cursor, keyword: Word): void {
  for (const comment of cursor.comments) {
    if (comment.start < keyword.end) continue;
    cursor.report(
      'comment-in-rule',
      comment,
      `A comment cannot stand inside a ${keyword.value} rule: apparmor_parser reads the # as part of it.`,
      { expected: 'the comment before the rule, or after its comma' },
    );
  }
}

/** A line end, and then a word that starts a statement: the comma before it is missing. */
function startsStatement(cursor: Cursor, rule: { end: number }): boolean {
  rule.end = cursor.last;
  if (!cursor.lineBetween(cursor.last, cursor.pos)) return false;
  const name = cursor.peekName();
  const after = cursor.at(cursor.pos + name.length);
  return name !== '' ? starters.has(name) && after !== 61 && after !== 58 : false;
}

function refuseWord(cursor: Cursor, kind: KeywordKind, rule: KeywordRule, word: Word): undefined {
  const known = [
    ...(rule.access.length === 0 ? (kind.access ?? []) : []),
    ...(kind.conditions ?? []).map((name) => `${name}=`),
  ];
  const suggestion = nearest(word.value, known);
  cursor.report(
    rule.access.length === 0 && kind.access ? 'access-name' : 'syntax',
    word,
    `A ${rule.keyword.value} rule has no "${word.text}" here.`,
    {
      expected: known.length > 0 ? `${known.slice(0, 12).join(', ')} or a comma` : 'a comma',
      ...(suggestion && { suggestion }),
    },
  );
  cursor.recover();
  return undefined;
}

function parseAccess(cursor: Cursor, rule: KeywordRule): boolean {
  const kind = kindByKeyword.get(rule.keyword.value) as KeywordKind;
  cursor.take('(');
  rule.accessList = true;
  for (;;) {
    while (cursor.take(','));
    if (cursor.take(')')) break;
    const word = cursor.word(ITEM, 'value');
    if (!word) {
      cursor.fail('This bracket is not closed.', ')');
      return false;
    }
    if (!kind.access?.includes(word.value)) {
      const suggestion = nearest(word.value, kind.access ?? []);
      cursor.report(
        'access-name',
        word,
        `A ${rule.keyword.value} rule has no access "${word.value}".`,
        {
          expected: (kind.access ?? []).join(', '),
          ...(suggestion && {
            suggestion,
            fix: { start: word.start, end: word.end, text: suggestion },
          }),
        },
      );
    }
    if (!word.quoted) cursor.refuseReturn(word.end);
    rule.access.push(word);
  }
  return true;
}
