// Rules of one shape: a keyword, permissions, conditions, words and `-> target`. A kind's grammar says what it takes.

import type { Release } from '../release.ts';
import { bareWord, labelAhead, refuseColon } from '../syntax/bare-words.ts';
import { CLOSE_BRACE, COMMA, OPEN_BRACE } from '../syntax/character-codes.ts';
import { condition, conditionAhead, conditionText, parseCondition } from '../syntax/conditions.ts';
import { BARE, type Cursor, ITEM, NAME, PATH, type WordClass } from '../syntax/cursor.ts';
import { unescaped } from '../syntax/escapes.ts';
import { nearest } from '../syntax/names.ts';
import type { Condition, RuleBase, Word, WordVisitor } from '../syntax/nodes.ts';
import type { Report } from '../syntax/report.ts';
import { endOfRule } from '../syntax/rule-end.ts';
import type { Range } from '../syntax/source.ts';
import type { RuleHead, RuleSyntax } from './kind.ts';

/** A rule of this shape. */
export interface KeywordRule<Kind extends string = string> extends RuleBase {
  kind: Kind;
  keyword: Word;
  permissions: Word[];
  /** The permissions are in brackets. */
  permissionList: boolean;
  conditions: Condition[];
  words: Word[];
  arrow?: Range;
  target?: Word;
}

/** What the rules of a kind may have. */
export interface Grammar<Kind extends string> {
  kind: Kind;
  /** By default, the kind's name. */
  keywords?: readonly string[];
  /** The release the keywords came with, where not in every release. */
  since?: Release;
  /** Names of permissions; absent: the rule has none. */
  permissions?: readonly string[];
  /** It has one permission, which takes no brackets. */
  onePermission?: boolean;
  /** Permissions come before all other words. */
  permissionsFirst?: boolean;
  /** Condition names outside and inside `peer=( )`; absent: none. */
  conditions?: readonly string[];
  peer?: readonly string[];
  /** Conditions that take `in ( )`. */
  in?: readonly string[];
  /** Conditions inside `peer=( )` that also take `:=`. */
  assigned?: readonly string[];
  /** Conditions that may be given more than once. */
  repeatable?: readonly string[];
  /** Conditions whose value is a list. */
  lists?: readonly string[];
  /** Conditions whose values are names or numbers: neither patterns nor words with variables. */
  plain?: readonly string[];
  /** The number of plain words it takes, and whether they follow the conditions. */
  words?: number;
  wordsLast?: boolean;
  /** Its words are names of the language, not patterns. */
  names?: boolean;
  /** Names may be in quotes. */
  quotedNames?: boolean;
  /** Its words are paths, so that none of them is a keyword or a file permission. */
  path?: boolean;
  /** Its words and its target are paths or plain words. */
  paths?: boolean;
  /** Every comma ends a word. */
  commas?: boolean;
  /** A carriage return right after an unquoted word, or after its comma, becomes a part of the word. */
  joinsReturn?: boolean;
  /** Comments may occur inside the rule. */
  comments?: boolean;
  /** Takes `-> target`. */
  arrow?: boolean;
  /** Names that its words may be, and values of conditions, for editors; the tables above need not repeat them. */
  known?: { words?: readonly string[]; values?: Readonly<Record<string, readonly string[]>> };
  /** What the tables cannot say. */
  check?(rule: KeywordRule<Kind>, report: Report): void;
}

/** The syntax of a kind of rule from its grammar. */
export function keywordRule<Kind extends string>(
  grammar: Grammar<Kind>,
): RuleSyntax<KeywordRule<Kind>> {
  const { kind, keywords = [kind], since, known = {} } = grammar;
  return {
    nodes: [kind],
    keywords,
    vocabulary: {
      words: [...(grammar.permissions ?? []), ...(known.words ?? [])],
      conditions: grammar.conditions ?? [],
      peer: grammar.peer ?? [],
      values: known.values ?? {},
    },
    ...(since && { since }),
    parse: (cursor, head) => parseKeywordRule(cursor, grammar, head),
    print: printKeywordRule,
    visitWords(rule, visit) {
      for (const one of rule.conditions) visitCondition(one, grammar.plain ?? [], visit);
      if (!grammar.names) for (const word of rule.words) visit(word, true);
      if (rule.target) visit(rule.target, grammar.paths === true);
    },
  };
}

/** The permissions of a rule in their longest names; one that names none has all. */
export function permissionsOf(
  rule: KeywordRule,
  all: readonly string[],
  synonyms: Readonly<Record<string, readonly string[]>> = {},
): readonly string[] {
  const words = rule.permissions.length === 0 ? all : rule.permissions.map((one) => one.value);
  return [...new Set(words.flatMap((word) => synonyms[word] ?? [word]))];
}

/** The permissions that requests are in: those that are no short or older names of others. */
export function requestPermissions(
  all: readonly string[],
  synonyms: Readonly<Record<string, readonly string[]>>,
): readonly string[] {
  return all.filter((one) => !Object.hasOwn(synonyms, one));
}

/** Short and older names of permissions to send and receive. */
export const messagePermissions: Readonly<Record<string, readonly string[]>> = {
  ...{ w: ['send'], write: ['send'], r: ['receive'], read: ['receive'], rw: ['send', 'receive'] },
};

/** The value of a rule's condition. */
export function conditionValue(rule: KeywordRule, name: string): Word | undefined {
  return condition(rule.conditions, name)?.values[0];
}

/** The value of a condition inside `peer=( )`. */
export function peerValue(rule: KeywordRule, name: string): Word | undefined {
  const peer = condition(rule.conditions, 'peer');
  return condition(peer?.conditions ?? [], name)?.values[0];
}

function visitCondition(one: Condition, plain: readonly string[], visit: WordVisitor): void {
  if (one.conditions) for (const inside of one.conditions) visitCondition(inside, plain, visit);
  else if (!plain.includes(one.name.value)) for (const value of one.values) visit(value, true);
}

function printKeywordRule(rule: KeywordRule): string[] {
  const permissions = rule.permissions.map((word) => word.text);
  const conditions = rule.conditions.map(conditionText);
  const words = rule.words.map((word) => word.text);
  const wordsFirst = (rule.words[0]?.start ?? 0) < (rule.conditions[0]?.start ?? 0);
  return [
    rule.keyword.text,
    ...(rule.permissionList ? [`(${permissions.join(', ')})`] : permissions),
    ...(wordsFirst ? [...words, ...conditions] : [...conditions, ...words]),
    ...(rule.target ? [`-> ${rule.target.text}`] : []),
  ];
}

/** Reads the rest of a rule after its keyword, as its grammar says. */
function parseKeywordRule<Kind extends string>(
  cursor: Cursor,
  kind: Grammar<Kind>,
  parts: RuleHead,
): KeywordRule<Kind> | undefined {
  const report = cursor.report.bind(cursor);
  const rule: KeywordRule<Kind> = {
    ...parts,
    kind: kind.kind,
    permissions: [],
    permissionList: false,
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
      code === CLOSE_BRACE ||
      (code === OPEN_BRACE && cursor.at(cursor.pos + 1) <= 32)
    )
      break;
    if (code === 40) {
      if (!kind.permissions || kind.onePermission || !first)
        return cursor.fail('A bracket is not allowed here.', 'a comma');
      if (!parsePermissions(cursor, kind, rule)) return undefined;
    } else if (
      cursor.text.startsWith('->', cursor.pos) &&
      !(kind.paths && joinedArrow(cursor, rule))
    ) {
      const arrow = cursor.take('->', 'operator');
      if (!kind.arrow || rule.arrow || !arrow)
        return cursor.fail(`A ${parts.keyword.value} rule has no "->".`, 'a comma');
      rule.arrow = arrow;
      if (kind.joinsReturn) cursor.refuseReturn(arrow.end);
      if (kind.comments) cursor.refuseComment();
      else cursor.blankAfterArrow();
      const second = kind.paths && cursor.next('->') && !joinsArrow(cursor, cursor.pos);
      if (second) return cursor.fail('A second "->" follows the first.', 'the mount point');
      const target = cursor.word(
        kind.paths ? pathOrBare(cursor) : PATH,
        kind.paths ? 'path' : 'name',
      );
      if (!target)
        return cursor.fail(
          'Nothing follows "->".',
          kind.paths ? 'the mount point' : 'the name of a profile',
        );
      if (kind.joinsReturn && !target.quoted) cursor.refuseReturn(target.end, true);
      if (kind.paths) refuseColon(cursor, target);
      rule.target = target;
    } else if (rule.target) {
      return endOfRule(cursor, rule);
    } else if (conditionAhead(cursor)) {
      const peer = cursor.peekName() === 'peer' ? kind.peer : undefined;
      const one = parseCondition(cursor, 0, peer);
      if (!one) return undefined;
      if (kind.comments) cursor.refuseCommentsIn(one);
      if (kind.plain?.includes(one.name.value))
        for (const value of one.values) value.value = unescaped(value.value);
      checkCondition(cursor, kind, rule, one);
      if (kind.peer && rule.conditions.some((before) => before.name.value === 'peer')) {
        report('condition-order', one, `${one.name.value}= comes after peer=( ).`, {
          expected: 'peer=( … ) as the last condition',
        });
      }
      if (kind.wordsLast && rule.words.some((word) => word.value !== 'detached')) {
        report('syntax', one, `${one.name.value}= must come earlier.`, {
          expected: 'conditions before the path',
        });
      }
      rule.conditions.push(one);
    } else {
      if (startsStatement(cursor, rule)) return endOfRule(cursor, rule);
      if (kind.path && !standsForPath(cursor)) {
        return cursor.fail('A path is expected here.', 'a path that starts with /');
      }
      const ends = kind.commas ? NAME : kind.paths ? pathOrBare(cursor) : BARE;
      const word = cursor.word(ends, kind.words ? 'value' : 'keyword');
      if (!word) return cursor.fail('This character is not allowed here.', 'a comma');
      if (ends === BARE && kind.paths && !word.quoted && word.text.includes('\\=')) {
        report(
          'refused-so-far',
          word,
          'apparmor_parser reads the = as that of a condition, although a backslash comes before it.',
          { expected: `"${word.value.replaceAll('\\=', '=')}"`, parsers: 'refuse' },
        );
      }
      if (kind.joinsReturn && !word.quoted) cursor.refuseReturn(word.end, true);
      if (kind.path || kind.paths) refuseColon(cursor, word);
      if (word.quoted && !kind.wordsLast && !kind.quotedNames) {
        report('syntax', word, 'A name takes no quotes here.', { expected: word.value });
      }
      if (
        kind.permissions &&
        first &&
        // Outside of brackets, only the name itself is a permission.
        kind.permissions.includes(word.text) &&
        !(kind.permissionsFirst && rule.words.length > 0)
      ) {
        rule.permissions.push(word);
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
  return labelAhead(cursor) || bareWord(cursor) !== undefined;
}

/** The class of word at the cursor, a path or not: in a path every character but a blank counts. */
function pathOrBare(cursor: Cursor): WordClass {
  cursor.skip();
  return cursor.peek() === 47 || cursor.peek() === 64 ? PATH : BARE;
}

/** In a mount rule without a source, `->/x` is the source, which is reported as a probable mistake. */
function joinedArrow(cursor: Cursor, rule: KeywordRule): boolean {
  const { pos } = cursor;
  if (rule.words.length > 0 || rule.arrow || !joinsArrow(cursor, pos)) return false;
  cursor.report(
    'joined-arrow',
    { start: pos, end: pos + 2 },
    'Without a blank after it, "->" is a part of the path.',
    { expected: 'a blank', fix: { start: pos + 2, end: pos + 2, text: ' ' } },
  );
  return true;
}

/** Whether the `->` at `arrow` goes on as a word; after a comma too. */
function joinsArrow(cursor: Cursor, arrow: number): boolean {
  const next = cursor.at(arrow + 2);
  const code = next === COMMA ? cursor.at(arrow + 3) : next;
  return code > 32 && ![33, 34, 40, 41, COMMA, 61].includes(code);
}

/** In most rules apparmor_parser takes a # for the start of a word. */
export function refuseComments(cursor: Cursor, keyword: Word): void {
  for (const comment of cursor.comments) {
    if (comment.start < keyword.end) continue;
    cursor.report(
      'comment-in-rule',
      comment,
      `A comment is not allowed inside a ${keyword.value} rule: apparmor_parser reads the # as part of it.`,
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
  return name !== '' ? cursor.keywords.starters.has(name) && after !== 61 && after !== 58 : false;
}

function refuseWord(
  cursor: Cursor,
  kind: Grammar<string>,
  rule: KeywordRule,
  word: Word,
): undefined {
  const known = [
    ...(rule.permissions.length === 0 ? (kind.permissions ?? []) : []),
    ...(kind.conditions ?? []).map((name) => `${name}=`),
  ];
  const suggestion = nearest(word.value, known);
  cursor.report(
    rule.permissions.length === 0 && kind.permissions ? 'access-name' : 'syntax',
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

function parsePermissions(cursor: Cursor, kind: Grammar<string>, rule: KeywordRule): boolean {
  cursor.take('(');
  rule.permissionList = true;
  for (;;) {
    while (cursor.take(','));
    if (cursor.take(')')) break;
    const word = cursor.word(ITEM, 'value');
    if (!word) {
      cursor.fail('This bracket is not closed.', ')');
      return false;
    }
    if (!kind.permissions?.includes(word.value)) {
      const suggestion = nearest(word.value, kind.permissions ?? []);
      cursor.report(
        'access-name',
        word,
        `A ${rule.keyword.value} rule has no permission "${word.value}".`,
        {
          expected: (kind.permissions ?? []).join(', '),
          ...(suggestion && {
            suggestion,
            fix: { start: word.start, end: word.end, text: suggestion },
          }),
        },
      );
    }
    if (!word.quoted) cursor.refuseReturn(word.end);
    rule.permissions.push(word);
  }
  return true;
}

/** Reports a condition that this kind of rule does not have, or not like this. */
function checkCondition(
  cursor: Cursor,
  kind: Grammar<string>,
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
  if (one.operator === ':=') refuseAssignment(cursor, one);
  if (name === 'peer' && kind.peer) {
    if (!one.list)
      report('condition-value', one, 'The conditions of the peer must be in brackets.', {
        expected: `peer=(${kind.peer[0]}=…)`,
      });
    const known = new Set<string>();
    for (const inside of one.conditions ?? []) {
      if (!kind.peer.includes(inside.name.value)) {
        const suggestion = nearest(inside.name.value, kind.peer);
        report('condition-unknown', inside.name, `A peer has no ${inside.name.value}=.`, {
          expected: kind.peer.map((known) => `${known}=`).join(', '),
          ...(suggestion && { suggestion }),
        });
      } else if (known.has(inside.name.value))
        report('condition-duplicate', inside, `${inside.name.value}= is given twice.`, {
          expected: 'it once',
        });
      known.add(inside.name.value);
      if (inside.operator === 'in')
        report('condition-value', inside, `${inside.name.value} takes "=" here, not "in".`, {
          expected: `${inside.name.value}=…`,
        });
      if (inside.operator === ':=' && !kind.assigned?.includes(inside.name.value))
        refuseAssignment(cursor, inside);
      checkCount(cursor, inside, false);
    }
    for (const value of one.values) {
      report('condition-unknown', value, `"${value.text}" says nothing about the peer.`, {
        expected: kind.peer.map((known) => `${known}=…`).join(' '),
      });
    }
    return;
  }
  if (name === 'peer' && one.list)
    report('condition-value', one, `peer= of a ${kind.kind} rule takes no brackets.`, {
      expected: 'peer=name',
    });
  checkCount(cursor, one, kind.lists?.includes(name) === true);
}

function refuseAssignment(cursor: Cursor, one: Condition): void {
  const name = one.name.value;
  cursor.report('condition-value', one, `${name} cannot be set with :=.`, {
    expected: `${name}=…`,
  });
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
