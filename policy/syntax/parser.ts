// The grammar of apparmor.d(5), by recursive descent with a depth limit. It accepts preamble statements and rules
// in one grammar: a file may be included anywhere, so where a statement may stand is checked later.
import {
  BARE,
  Cursor,
  FLAG,
  ITEM,
  isLetter,
  isNameCharacter,
  OPERAND,
  PATH,
  PEER_VALUE,
  type Problem,
  VALUE,
  type WordClass,
} from './cursor.ts';
import { nearest } from './names.ts';
import { parseChangeProfile } from './rules/change_profile.ts';
import { isMode, parseFile } from './rules/file.ts';
import type { KeywordKind } from './rules/kind.ts';
import { kindByKeyword } from './rules/kinds.ts';
import { parseLink } from './rules/link.ts';
import { checkFlags, checkIdentities, checkName } from './rules/profile.ts';
import { parseRlimit } from './rules/rlimit.ts';
import type {
  Block,
  Comment,
  Condition,
  Conditional,
  ElseBlock,
  Expression,
  IncludeKind,
  KeywordRule,
  PolicyFile,
  Profile,
  Qualifiers,
  Statement,
  Word,
} from './tree.ts';

/** How deep profiles, blocks, conditionals and brackets may nest. Real profiles need 4. */
export const maxDepth = 100;

const LF = 10;
const HASH = 35;
const OPEN = 123;
const CLOSE = 125;

const qualifierOrder: Readonly<Record<string, number>> = {
  priority: 0,
  audit: 1,
  quiet: 1,
  allow: 2,
  deny: 2,
  prompt: 2,
  owner: 3,
  other: 3,
};
const ownRules = ['file', 'link', 'set', 'change_profile'];
/** Words that start a statement; used to notice a missing comma and for suggestions. */
const starters: ReadonlySet<string> = new Set([
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

/** Reads a whole file. Never throws; what cannot be read is reported and skipped. */
export function parseText(
  text: string,
  record = false,
): { file: PolicyFile; problems: Problem[]; cursor: Cursor } {
  const cursor = new Cursor(text, record);
  if (text.charCodeAt(0) === 0xfeff) {
    const range = { start: 0, end: 1 };
    cursor.report(
      'syntax',
      range,
      'The file starts with a byte order mark, which apparmor_parser does not read.',
      {
        expected: 'the file without it',
        fix: { ...range, text: '' },
      },
    );
    cursor.pos = 1;
  }
  checkCharacters(cursor);
  const parser = new Parser(cursor);
  const statements: Statement[] = [];
  while (!cursor.done) {
    parser.statements(statements, 0, true);
    if (cursor.peek() === CLOSE) {
      const start = cursor.pos++;
      cursor.report('unmatched-brace', { start, end: start + 1 }, 'This } closes nothing.', {
        expected: 'a profile or the end of the file',
      });
    }
  }
  // Comments that a broken statement left behind at the end.
  statements.push(...parser.leftComments());
  return { file: { text, statements }, problems: cursor.problems, cursor };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const suspicious = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]/;

/** Reports characters no policy should contain. */
function checkCharacters(cursor: Cursor): void {
  const { text } = cursor;
  // Nearly every text has none; the engine finds that out fastest.
  if (!suspicious.test(text)) return;
  let reported = 0;
  for (let i = 0; i < text.length && reported < 20; i++) {
    const code = text.charCodeAt(i);
    if (code >= 32 && code < 0xd800 && code !== 127) continue;
    if (code === 9 || code === LF || code === 13) continue;
    const range = { start: i, end: i + 1 };
    if (code === 0) {
      cursor.report('nul-byte', range, 'A NUL byte ends the text for apparmor_parser.', {
        expected: 'text without NUL bytes',
      });
      reported++;
    } else if (code < 32 || code === 127) {
      cursor.report(
        'control-character',
        range,
        `Control character U+${code.toString(16).toUpperCase().padStart(4, '0')}.`,
        { expected: 'printable text' },
      );
      reported++;
    } else if (code >= 0xd800 && code <= 0xdbff) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low <= 0xdfff) i++;
      else {
        cursor.report('malformed-unicode', range, 'Half of a UTF-16 surrogate pair.', {
          expected: 'well-formed Unicode',
        });
        reported++;
      }
    } else if (code >= 0xdc00 && code <= 0xdfff) {
      cursor.report('malformed-unicode', range, 'Half of a UTF-16 surrogate pair.', {
        expected: 'well-formed Unicode',
      });
      reported++;
    }
  }
}

class Parser {
  readonly cursor: Cursor;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  leftComments(): Comment[] {
    return this.cursor.comments.splice(0);
  }

  /** Reads statements up to a `}` or the end; own-line comments become statements. */
  statements(into: Statement[], depth: number, top: boolean): void {
    const { cursor } = this;
    for (;;) {
      const before = cursor.pos;
      const { newlines, blankLine } = cursor.skipToStatement();
      const code = cursor.peek();
      if (code === -1 || code === CLOSE) return;
      const previous = into.at(-1);
      if (code === HASH && !this.#includeAhead(1)) {
        const comment = cursor.comment(blankLine && previous !== undefined);
        if (
          newlines === 0 &&
          previous &&
          previous.kind !== 'comment' &&
          !previous.trailing &&
          !cursor.lineBetween(previous.end, before)
        ) {
          previous.trailing = comment;
        } else into.push(comment);
        continue;
      }
      cursor.comments = [];
      const start = cursor.pos;
      const statement = this.#statement(depth, top, blankLine && previous !== undefined);
      if (statement) {
        if (cursor.comments.length > 0) statement.inner = cursor.comments;
        into.push(statement);
      } else {
        if (cursor.pos === start) cursor.pos++;
        const end = cursor.pos;
        into.push({
          kind: 'invalid',
          start,
          end,
          text: cursor.text.slice(start, end).trimEnd(),
          blankBefore: blankLine && previous !== undefined,
        });
      }
      cursor.comments = [];
    }
  }

  /** `include` as a keyword stands at `offset` from here. */
  #includeAhead(offset: number): boolean {
    const { cursor } = this;
    const at = cursor.pos + offset;
    if (!cursor.text.startsWith('include', at)) return false;
    const after = cursor.at(at + 7);
    return after === 32 || after === 9 || after === 60 || after === 34;
  }

  #fail(
    message: string,
    expected: string,
    more?: { suggestion?: string; fix?: { start: number; end: number; text: string } },
  ): undefined {
    const { cursor } = this;
    cursor.skip();
    let end = cursor.pos;
    while (isNameCharacter(cursor.at(end))) end++;
    const range = cursor.done
      ? { start: cursor.last, end: cursor.last }
      : { start: cursor.pos, end: Math.max(end, cursor.pos + 1) };
    cursor.report('syntax', range, message, { expected, ...more });
    cursor.recover();
    return undefined;
  }

  #statement(
    depth: number,
    top: boolean,
    blankBefore: boolean,
  ): Exclude<Statement, Comment> | undefined {
    const { cursor } = this;
    const start = cursor.pos;
    const code = cursor.peek();
    if (code === HASH) {
      cursor.pos++;
      return this.#include(start, true, blankBefore);
    }
    if (code === 44) {
      cursor.pos++;
      cursor.last = cursor.pos;
      cursor.report('stray-comma', { start, end: start + 1 }, 'This comma ends no rule.', {
        expected: 'a rule before it, or no comma',
      });
      return { kind: 'invalid', start, end: cursor.pos, text: ',', blankBefore };
    }
    if (code === 36) return this.#boolean(start, blankBefore);
    if (code === 64) {
      const assignment = this.#assignment(start, blankBefore);
      if (assignment !== null) return assignment;
    }
    if (code === 94) {
      cursor.pos++;
      cursor.token('keyword', { start, end: start + 1 });
      return this.#profile(start, undefined, true, depth, blankBefore);
    }
    if (code === OPEN) return this.#block(start, { words: [] }, depth, blankBefore);
    if (code === 58 || ((code === 47 || code === 64 || code === 34) && this.#startsProfile(top))) {
      return this.#profile(start, undefined, false, depth, blankBefore);
    }
    if (code === 47 || code === 64 || code === 34) return this.#rule(start, depth, blankBefore);
    if (!isLetter(code))
      return this.#fail(
        `Nothing can start with "${cursor.text.slice(start, start + (code > 0xd7ff ? 2 : 1))}" here.`,
        top ? 'a profile, a variable, an include or a rule' : 'a rule or }',
      );

    const name = cursor.peekName();
    switch (name) {
      case 'include':
        return this.#include(start, false, blankBefore);
      case 'abi':
        return this.#abi(start, blankBefore);
      case 'alias':
        return this.#alias(start, blankBefore);
      case 'if':
        return this.#conditional(start, depth, blankBefore);
      case 'else':
        cursor.name('keyword');
        return this.#fail('"else" has no "if" before it.', 'if … { … } else { … }');
      case 'profile':
      case 'hat': {
        const keyword = cursor.name('keyword') as Word;
        return this.#profile(start, keyword, name === 'hat', depth, blankBefore);
      }
    }
    return this.#rule(start, depth, blankBefore);
  }

  /** The path at the cursor is the name of a profile and not the path of a file rule. */
  #startsProfile(top: boolean): boolean {
    const { cursor } = this;
    const { pos, last, problems, tokens } = cursor;
    const counts = [problems.length, tokens?.length ?? 0];
    const comments = cursor.comments.length;
    cursor.wordHere(PATH, 'name');
    cursor.skip();
    const code = cursor.peek();
    let answer = code === OPEN || code === 40;
    if (!answer) {
      const name = cursor.peekName();
      if (name === 'flags' || name === 'xattrs') answer = true;
      else if (top) {
        const after = cursor.at(cursor.pos + name.length);
        const mode = name !== '' && isMode(name) && (after === -1 || after === 44 || after <= 32);
        answer = !mode && (code === 47 || code === 64 || code === 34 || code === 43 || code === -1);
      }
    }
    cursor.pos = pos;
    cursor.last = last;
    cursor.comments.length = comments;
    problems.length = counts[0] as number;
    if (tokens) tokens.length = counts[1] as number;
    return answer;
  }

  // ---- preamble ----

  /** `<x>`, `"x"` or x after include and abi. */
  #file(what: string): { target: Word; path: string; place: IncludeKind } | undefined {
    const { cursor } = this;
    cursor.skipBlanks();
    const start = cursor.pos;
    let target: Word | undefined;
    let path = '';
    if (cursor.peek() === 60) {
      let end = start + 1;
      while (![-1, LF, 62].includes(cursor.at(end))) end++;
      if (cursor.at(end) !== 62) {
        return this.#fail(`The < of this ${what} is not closed on its line.`, '>');
      }
      const written = cursor.slice(start, end + 1, 'path');
      const inside = written.text.slice(1, -1).trim();
      target = written;
      path =
        inside.startsWith('"') && inside.endsWith('"') && inside.length > 1
          ? inside.slice(1, -1)
          : inside;
      if (path === '' || path.includes('"')) {
        cursor.report('syntax', target, `"${written.text}" does not name a file.`, {
          expected: '<path/below/etc/apparmor.d>',
        });
        return undefined;
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

  #include(
    start: number,
    hash: boolean,
    blankBefore: boolean,
  ): Statement extends infer S ? Extract<S, { kind: 'include' }> | undefined : never {
    const { cursor } = this;
    cursor.name('keyword');
    cursor.skipBlanks();
    let ifExists = false;
    if (cursor.text.startsWith('if', cursor.pos) && !isNameCharacter(cursor.at(cursor.pos + 2))) {
      cursor.name('keyword');
      cursor.skipBlanks();
      if (cursor.peekName() !== 'exists')
        return this.#fail('"include if" goes on with "exists".', 'include if exists <file>');
      cursor.name('keyword');
      ifExists = true;
    }
    const file = this.#file('include');
    if (!file) {
      cursor.recover();
      return undefined;
    }
    return { kind: 'include', start, end: cursor.last, hash, ifExists, ...file, blankBefore };
  }

  #abi(start: number, blankBefore: boolean) {
    const { cursor } = this;
    cursor.name('keyword');
    const file = this.#file('abi');
    if (!file) {
      cursor.recover();
      return undefined;
    }
    return this.#end({ kind: 'abi' as const, start, end: cursor.last, ...file, blankBefore });
  }

  #alias(start: number, blankBefore: boolean) {
    const { cursor } = this;
    cursor.name('keyword');
    const from = cursor.word(PATH, 'path');
    if (!from) return this.#fail('An alias names two paths.', 'alias /from -> /to,');
    if (!cursor.take('->', 'operator'))
      return this.#fail('An alias names two paths with "->" between them.', '->');
    const to = cursor.word(PATH, 'path');
    if (!to) return this.#fail('An alias names two paths.', 'the path after ->');
    for (const word of [from, to]) {
      if (!word.value.startsWith('/') && !word.value.startsWith('@{')) {
        cursor.report('syntax', word, `"${word.value}" is not an absolute path.`, {
          expected: 'a path that starts with /',
        });
      }
    }
    return this.#end({ kind: 'alias' as const, start, end: cursor.last, from, to, blankBefore });
  }

  /** `@{X} = …`; null when the variable starts something else. */
  #assignment(start: number, blankBefore: boolean) {
    const { cursor } = this;
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
    while (at < cursor.text.length && cursor.at(at) <= 32) at++;
    const operator = isAssignment(cursor, at);
    if (operator === undefined) return null;
    const nameWord = cursor.slice(start, nameEnd, 'variable');
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
      if (code === -1 || code === LF || code === HASH) break;
      if (code === 92 && this.#lineContinues()) continue;
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
          'This character cannot stand in a value.',
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

  /** A backslash at the end of a line: the value list goes on. */
  #lineContinues(): boolean {
    const { cursor } = this;
    let at = cursor.pos + 1;
    while (cursor.at(at) === 13) at++;
    if (cursor.at(at) !== LF) return false;
    cursor.pos = at + 1;
    return true;
  }

  #boolean(start: number, blankBefore: boolean) {
    const { cursor } = this;
    const nameEnd = variableEnd(cursor, start);
    if (nameEnd === undefined)
      return this.#fail('"$" starts the name of a boolean.', '$NAME = true');
    const nameWord = cursor.slice(start, nameEnd, 'variable');
    const operator =
      cursor.take('?=', 'operator') ??
      cursor.take(':=', 'operator') ??
      cursor.take('=', 'operator');
    if (!operator)
      return this.#fail('A boolean is only named here to be set.', '= true or = false');
    cursor.skipBlanks();
    const value = cursor.name('value');
    const lower = value?.value.toLowerCase();
    if (!value || (lower !== 'true' && lower !== 'false')) {
      cursor.pos = value?.start ?? cursor.pos;
      return this.#fail('A boolean is true or false.', 'true or false');
    }
    cursor.skipBlanks();
    if (!cursor.done && cursor.peek() !== LF && cursor.peek() !== HASH) {
      return this.#fail('A boolean ends with its line.', 'a new line');
    }
    return {
      kind: 'boolean' as const,
      start,
      end: cursor.last,
      name: variableName(nameWord.text),
      nameWord,
      operator: cursor.text.slice(operator.start, operator.end),
      value,
      blankBefore,
    };
  }

  // ---- profiles and blocks ----

  #tooDeep(depth: number, range: { start: number; end: number }): boolean {
    if (depth < maxDepth) return false;
    this.cursor.report('limit', range, `Blocks nest deeper than ${maxDepth} levels.`, {
      expected: 'fewer levels',
    });
    // Past the whole nest, counting braces, so that one report is enough.
    const { cursor } = this;
    let open = 0;
    do {
      const code = cursor.peek();
      if (code === OPEN) open++;
      if (code === CLOSE) open--;
      cursor.pos++;
    } while (!cursor.done && open > 0);
    cursor.last = cursor.pos;
    return true;
  }

  /** `{ … }`. Comments right after the `{` stay on its line. */
  #body(
    depth: number,
    opener: { start: number; end: number },
    what: string,
  ): { open: number; body: Statement[]; closing: Comment[]; headComment?: Comment } | undefined {
    const { cursor } = this;
    cursor.skip();
    const open = cursor.pos;
    if (cursor.peek() !== OPEN) return this.#fail(`The ${what} has no {.`, '{');
    if (this.#tooDeep(depth + 1, { start: open, end: open + 1 }))
      return { open, body: [], closing: [] };
    const inner = cursor.comments;
    cursor.take('{');
    cursor.skipBlanks();
    const headComment =
      cursor.peek() === HASH && !this.#includeAhead(1) ? cursor.comment(false) : undefined;
    const body: Statement[] = [];
    this.statements(body, depth + 1, false);
    cursor.comments = inner;
    if (!cursor.take('}')) {
      cursor.report(
        'unclosed-block',
        { start: opener.start, end: opener.end },
        `This ${what} is never closed.`,
        { expected: '}' },
      );
      cursor.last = cursor.pos;
    }
    const closing: Comment[] = [];
    while (body.at(-1)?.kind === 'comment') closing.unshift(body.pop() as Comment);
    return { open, body, closing, ...(headComment && { headComment }) };
  }

  #profile(
    start: number,
    keyword: Word | undefined,
    hat: boolean,
    depth: number,
    blankBefore: boolean,
  ): Profile | undefined {
    const { cursor } = this;
    const report = cursor.report.bind(cursor);
    const keywordEnd = cursor.pos;
    if (keyword) cursor.refuseComment();
    cursor.skip();
    const code = cursor.peek();
    const name =
      code === OPEN || (hat && !keyword && cursor.pos > start + 1)
        ? undefined
        : cursor.word(PATH, 'name');
    if (!name) return this.#fail(`The ${hat ? 'hat' : 'profile'} has no name.`, 'a name');
    if (keyword && cursor.lineBetween(keywordEnd, name.start)) {
      report('syntax', name, `The name stands on the line of ${keyword.text}.`, {
        expected: `${keyword.text} ${name.text}`,
      });
    }
    checkName(name, keyword !== undefined || hat, report);
    let attachment: Word | undefined;
    const next = cursor.next('{') ? OPEN : cursor.peek();
    const condition = next === 43 || this.#conditionAhead();
    if (next === 47 || next === 64 || next === 34 || (isLetter(next) && !condition)) {
      attachment = cursor.word(PATH, 'path');
    }
    if (attachment && !/^(\/|@)/.test(attachment.value)) {
      report(
        'attachment',
        attachment,
        `"${attachment.value}" is not a path, so nothing would ever be confined by this profile.`,
        { expected: 'a path that starts with / or a variable' },
      );
    }
    const identities: Condition[] = [];
    while (cursor.take('+', 'operator')) {
      const one = this.#conditionHere(depth, undefined);
      if (!one) return this.#fail('"+" adds identities.', 'identities=( … )');
      checkIdentities(one, report);
      identities.push(one);
    }
    let xattrs: Condition | undefined;
    let flags: Profile['flags'];
    for (;;) {
      const word = cursor.next('(') ? '(' : cursor.peekName();
      if (word === '(' || (word === 'flags' && this.#conditionAhead())) {
        const list = this.#flags();
        if (!list) return undefined;
        if (flags)
          report('profile-flags', list, 'The flags are given twice.', {
            expected: 'one list of flags',
          });
        flags = list;
        continue;
      }
      if (word === 'xattrs' && this.#conditionAhead()) {
        const one = this.#xattrs();
        if (!one) return undefined;
        if (flags || xattrs)
          report('syntax', one, 'xattrs=( … ) stands once, before the flags.', {
            expected: 'xattrs before flags',
          });
        xattrs = one;
        continue;
      }
      break;
    }
    if (!cursor.next('{')) {
      const word = cursor.peekName();
      const suggestion =
        word !== '' && this.#conditionAhead() ? nearest(word, ['flags', 'xattrs']) : undefined;
      return this.#fail(
        `Nothing like this can follow the name of a ${hat ? 'hat' : 'profile'}.`,
        '{',
        suggestion ? { suggestion: `${suggestion}=` } : {},
      );
    }
    const body = this.#body(depth, { start, end: name.end }, hat ? 'hat' : 'profile');
    if (!body) return undefined;
    return {
      kind: 'profile',
      start,
      end: cursor.last,
      ...(keyword && { keyword }),
      hat,
      name,
      ...(attachment && { attachment }),
      identities,
      ...(xattrs && { xattrs }),
      ...(flags && { flags }),
      ...body,
      blankBefore,
    };
  }

  /** `xattrs=( name name=value )`: the names have dots, and a value is optional. */
  #xattrs(): Condition | undefined {
    const { cursor } = this;
    const name = cursor.name('keyword') as Word;
    cursor.take('=', 'operator');
    if (!cursor.take('(')) return this.#fail('Extended attributes stand in brackets.', '( … )');
    const conditions: Condition[] = [];
    for (;;) {
      while (cursor.take(','));
      if (cursor.take(')')) break;
      const attribute = cursor.word(ITEM, 'keyword');
      if (!attribute) return this.#fail('This bracket is not closed.', ')');
      const values: Word[] = [];
      if (cursor.take('=', 'operator')) {
        const value = cursor.word(ITEM, 'value');
        if (!value) return this.#fail(`${attribute.text}= has no value.`, 'a value');
        values.push(value);
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

  #flags(): Profile['flags'] {
    const { cursor } = this;
    const start = cursor.pos;
    const keyword = cursor.peekName() === 'flags' ? cursor.name('keyword') : undefined;
    if (keyword && !cursor.take('=', 'operator')) return this.#fail('The flags follow "=".', '=');
    if (!cursor.take('(')) return this.#fail('Flags stand in brackets.', '( … )');
    const values: Word[] = [];
    for (;;) {
      cursor.refuseComment();
      while (cursor.take(','));
      if (cursor.take(')')) break;
      const value = cursor.word(FLAG, 'value');
      if (!value || value.text.includes('{') !== value.text.includes('}'))
        return this.#fail('The list of flags is not closed.', ')');
      values.push(value);
    }
    const range = { start, end: cursor.last };
    checkFlags(values, range, cursor.report.bind(cursor));
    return { values, ...range };
  }

  #block(
    start: number,
    qualifiers: Qualifiers,
    depth: number,
    blankBefore: boolean,
  ): Block | undefined {
    if (qualifiers.access?.value === 'deny') {
      this.cursor.report(
        'qualifier-not-allowed',
        qualifiers.access,
        'A block cannot be denied as a whole.',
        { expected: 'deny before each rule' },
      );
    }
    if (qualifiers.priority) {
      this.cursor.report('qualifier-not-allowed', qualifiers.priority, 'A block has no priority.', {
        expected: 'priority= before each rule',
      });
    }
    const body = this.#body(depth, { start, end: start + 1 }, 'block');
    return (
      body && { kind: 'block', start, end: this.cursor.last, qualifiers, ...body, blankBefore }
    );
  }

  #conditional(start: number, depth: number, blankBefore: boolean): Conditional | undefined {
    const { cursor } = this;
    const keyword = cursor.name('keyword') as Word;
    const test = this.#expression(depth);
    if (!test) return undefined;
    const body = this.#body(depth, keyword, 'if');
    if (!body) return undefined;
    let otherwise: Conditional | ElseBlock | undefined;
    const comments = cursor.comments;
    const { pos, last } = cursor;
    if (cursor.peekName() === 'else') {
      const elseWord = cursor.name('keyword') as Word;
      const name = cursor.peekName();
      if (name === 'if') {
        if (this.#tooDeep(depth + 1, elseWord)) return undefined;
        otherwise = this.#conditional(cursor.pos, depth + 1, false);
      } else if (cursor.next('{')) {
        const elseBody = this.#body(depth, elseWord, 'else');
        if (elseBody)
          otherwise = {
            kind: 'else',
            start: elseWord.start,
            end: cursor.last,
            ...elseBody,
            blankBefore: false,
          };
      } else return this.#fail('"else" goes on with a block.', '{ or if');
    } else {
      // The comments looked through belong to the next statement.
      cursor.pos = pos;
      cursor.last = last;
      cursor.comments = comments.filter((comment) => comment.end <= pos);
    }
    return {
      kind: 'conditional',
      start,
      end: cursor.last,
      test,
      ...body,
      ...(otherwise && { otherwise }),
      blankBefore,
    };
  }

  // ---- expressions ----

  #expression(depth: number): Expression | undefined {
    return this.#or(depth);
  }

  #or(depth: number): Expression | undefined {
    return this.#joined('or', () => this.#and(depth));
  }

  /** Operands with the same word between them: one node, however many there are. */
  #joined(kind: 'and' | 'or', read: () => Expression | undefined): Expression | undefined {
    const operands: Expression[] = [];
    do {
      const operand = read();
      if (!operand) return undefined;
      operands.push(operand);
    } while (this.cursor.peekName() === kind && this.cursor.name('keyword'));
    const [first] = operands as [Expression];
    return operands.length === 1
      ? first
      : { kind, operands, start: first.start, end: this.cursor.last };
  }

  #and(depth: number): Expression | undefined {
    return this.#joined('and', () => this.#operand(depth));
  }

  #operand(depth: number): Expression | undefined {
    const { cursor } = this;
    // A row of `not` is a loop, not a recursion; two of them undo each other.
    cursor.skip();
    const start = cursor.pos;
    let negated = false;
    while (cursor.peekName() === 'not') {
      cursor.name('keyword');
      negated = !negated;
    }
    const operand = this.#primary(depth);
    return operand && negated ? { kind: 'not', operand, start, end: operand.end } : operand;
  }

  #primary(depth: number): Expression | undefined {
    const { cursor } = this;
    cursor.skip();
    const start = cursor.pos;
    if (cursor.take('(')) {
      if (depth >= maxDepth)
        return this.#fail(`Brackets nest deeper than ${maxDepth} levels.`, 'fewer brackets');
      const operand = this.#or(depth + 1);
      if (!operand) return undefined;
      if (!cursor.take(')')) return this.#fail('This bracket is not closed.', ')');
      return { kind: 'group', operand, start, end: cursor.last };
    }
    if (cursor.peekName() === 'defined') {
      cursor.name('keyword');
      const variable = this.#variableWord();
      if (!variable) return this.#fail('"defined" asks for a variable.', '@{NAME} or $NAME');
      return { kind: 'defined', variable, start, end: variable.end };
    }
    if (cursor.peek() === 36) {
      const variable = this.#variableWord();
      if (!variable) return this.#fail('"$" starts the name of a boolean.', '$NAME');
      return { kind: 'boolean', variable, start, end: variable.end };
    }
    const left = this.#comparisonWord();
    if (!left)
      return this.#fail(
        'The condition is not complete.',
        'a boolean such as $NAME, defined, or a comparison',
      );
    const operator = this.#comparison();
    if (!operator) {
      const lower = left.value.toLowerCase();
      if (!left.quoted && (lower === 'true' || lower === 'false')) {
        return { kind: 'literal', value: lower === 'true', word: left, start, end: left.end };
      }
      cursor.pos = left.start;
      return this.#fail(
        `"${left.text}" is neither true nor false.`,
        'a boolean such as $NAME, or a comparison such as @{X} == y',
      );
    }
    const right = this.#comparisonWord();
    if (!right) return this.#fail('The comparison has no right side.', 'a value or a variable');
    return { kind: 'compare', operator, left, right, start, end: right.end };
  }

  #variableWord(): Word | undefined {
    const { cursor } = this;
    cursor.skip();
    if (cursor.peek() !== 64 && cursor.peek() !== 36) return undefined;
    const end = variableEnd(cursor, cursor.pos);
    return end === undefined ? undefined : cursor.slice(cursor.pos, end, 'variable');
  }

  #comparisonWord(): Word | undefined {
    const { cursor } = this;
    cursor.skip();
    if (cursor.peek() === OPEN || cursor.peek() === CLOSE) return undefined;
    return cursor.peek() === 64
      ? (this.#variableWord() ?? cursor.wordHere(OPERAND, 'value'))
      : cursor.word(OPERAND, 'value');
  }

  #comparison(): string | undefined {
    for (const operator of ['==', '!=', '>=', '<=', '>', '<'])
      if (this.cursor.take(operator, 'operator')) return operator;
    if (this.cursor.peekName() !== 'in') return undefined;
    this.cursor.name('operator');
    return 'in';
  }

  // ---- rules ----

  #qualifiers(): Qualifiers {
    const { cursor } = this;
    const found: Qualifiers = { words: [] };
    let reached = -1;
    for (;;) {
      const name = cursor.peekName();
      const order = qualifierOrder[name];
      if (order === undefined) return found;
      if (name === 'priority') {
        if (!this.#conditionAhead()) return found;
        const start = cursor.pos;
        cursor.name('qualifier');
        cursor.take('=', 'operator');
        const value = cursor.name('value', '+-');
        const word: Word = {
          start,
          end: cursor.last,
          text: cursor.text.slice(start, cursor.last),
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
        else if (order === 2) found.access = word;
        else found.owner = word;
      }
      const word = found.words.at(-1) as Word;
      if (order < reached) {
        cursor.report('qualifier-order', word, `"${name}" stands too late.`, {
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

  #rule(start: number, depth: number, blankBefore: boolean) {
    const { cursor } = this;
    const qualifiers = this.#qualifiers();
    cursor.skip();
    if (cursor.peek() === OPEN) return this.#block(start, qualifiers, depth, blankBefore);
    const name = cursor.peekName();
    const parts = { qualifiers, start, blankBefore };
    const kind = kindByKeyword.get(name);
    if (qualifiers.owner && (kind || name === 'set' || name === 'change_profile')) {
      cursor.report(
        'qualifier-not-allowed',
        qualifiers.owner,
        `A ${name} rule has no owner; only file and link rules do.`,
        {
          expected: `the rule without ${qualifiers.owner.value}`,
        },
      );
    }
    if (kind) {
      const keyword = cursor.name('keyword') as Word;
      return this.#keywordRule(kind, { ...parts, keyword });
    }
    if (name === 'link')
      return this.#end(parseLink(cursor, { ...parts, keyword: cursor.name('keyword') as Word }));
    if (name === 'change_profile') {
      const keyword = cursor.name('keyword') as Word;
      const rule = parseChangeProfile(cursor, { ...parts, keyword });
      this.#refuseComments(keyword);
      return this.#end(rule);
    }
    if (name === 'set') {
      for (const word of qualifiers.words) {
        if (word !== qualifiers.owner)
          cursor.report(
            'qualifier-not-allowed',
            word,
            'A limit is no permission, it has no qualifier.',
            { expected: 'set rlimit …' },
          );
      }
      const keyword = cursor.name('keyword') as Word;
      const rule = parseRlimit(cursor, { ...parts, keyword });
      this.#refuseComments(keyword);
      return this.#end(rule);
    }
    const file = name === 'file' ? cursor.name('keyword') : undefined;
    const exec = cursor.peekName();
    const execMode = exec === 'safe' || exec === 'unsafe' ? cursor.name('keyword') : undefined;
    const code = cursor.next('/') ? 47 : cursor.peek();
    const next = cursor.peekName();
    if (!file && !execMode && code !== 47 && code !== 64 && code !== 34 && !isMode(next))
      return this.#unknownRule(next, depth, start, qualifiers, blankBefore);
    return this.#end(
      parseFile(cursor, {
        ...parts,
        ...(file && { keyword: file }),
        ...(execMode && { execMode }),
      }),
    );
  }

  #unknownRule(
    name: string,
    depth: number,
    start: number,
    qualifiers: Qualifiers,
    blankBefore: boolean,
  ) {
    const { cursor } = this;
    if (name === '') return this.#fail('Here a rule should follow.', 'a rule');
    // `name {` or `name flags=(…) {`: a profile that lacks its keyword.
    if (qualifiers.words.length === 0) {
      const { pos } = cursor;
      let end = cursor.wordEnd(pos, PATH);
      while (cursor.at(end) === 32 || cursor.at(end) === 9) end++;
      if (
        cursor.at(end) === OPEN ||
        cursor.at(end) === 40 ||
        cursor.text.startsWith('flags', end)
      ) {
        return this.#profile(start, undefined, false, depth, blankBefore);
      }
    }
    const suggestion = nearest(name, starters);
    const range = { start: cursor.pos, end: cursor.pos + name.length };
    cursor.report('unknown-rule', range, `There is no rule "${name}".`, {
      expected:
        'a path, access modes before a path, or a rule such as capability, network, mount, signal',
      ...(suggestion && { suggestion, fix: { ...range, text: suggestion } }),
    });
    cursor.recover();
    return undefined;
  }

  /** The comma that ends a rule. */
  #end<T extends { start: number; end: number } | undefined>(rule: T): T | undefined {
    const { cursor } = this;
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
    const sameLine =
      !cursor.lineBetween(rule.end, broken) && !cursor.done && cursor.peek() !== CLOSE;
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

  /** A name followed by `=`, `:=`, or `in (`. */
  #conditionAhead(): boolean {
    const { cursor } = this;
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
  #conditionHere(
    depth: number,
    nested: readonly string[] | undefined,
    single: WordClass = VALUE,
  ): Condition | undefined {
    const { cursor } = this;
    if (!this.#conditionAhead()) return undefined;
    const name = cursor.name('keyword') as Word;
    const operator = cursor.take(':=', 'operator')
      ? ':='
      : cursor.take('=', 'operator')
        ? '='
        : 'in';
    if (operator === 'in') cursor.name('operator');
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
        if (nested && this.#conditionAhead()) {
          const inside =
            depth < maxDepth ? this.#conditionHere(depth + 1, undefined, PEER_VALUE) : undefined;
          if (!inside) return this.#fail('This condition has no value.', 'a value');
          condition.conditions?.push(inside);
          continue;
        }
        const value = cursor.word(ITEM, 'value');
        if (!value) return this.#fail('This bracket is not closed.', ')');
        condition.values.push(value);
      }
    } else {
      const value = cursor.word(single, 'value');
      if (!value) return this.#fail(`${name.value}${operator} has no value.`, 'a value');
      condition.values.push(value);
    }
    condition.end = cursor.last;
    return condition;
  }

  #keywordRule(
    kind: KeywordKind,
    parts: { qualifiers: Qualifiers; start: number; blankBefore: boolean; keyword: Word },
  ): KeywordRule | undefined {
    const { cursor } = this;
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
        if (!kind.access || !first) return this.#fail('A bracket cannot stand here.', 'a comma');
        if (!this.#access(rule)) return undefined;
      } else if (cursor.text.startsWith('->', cursor.pos)) {
        const arrow = cursor.take('->', 'operator');
        if (!kind.arrow || rule.arrow || !arrow)
          return this.#fail(`A ${parts.keyword.value} rule has no "->".`, 'a comma');
        rule.arrow = arrow;
        cursor.blankAfterArrow();
        const target = cursor.word(
          kind.kind === 'mount' ? this.#mountWord() : PATH,
          kind.kind === 'mount' ? 'path' : 'name',
        );
        if (!target)
          return this.#fail(
            'Nothing follows "->".',
            kind.kind === 'mount' ? 'the mount point' : 'the name of a profile',
          );
        rule.target = target;
      } else if (rule.target) {
        return this.#end(rule);
      } else if (this.#conditionAhead()) {
        const peer = cursor.peekName() === 'peer' ? kind.peer : undefined;
        const one = this.#conditionHere(0, peer);
        if (!one) return undefined;
        this.#checkCondition(kind, rule, one);
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
        if (this.#newStatement(rule)) return this.#end(rule);
        const ends = kind.commas ? ITEM : kind.kind === 'mount' ? this.#mountWord() : BARE;
        const word = cursor.word(ends, kind.words ? 'value' : 'keyword');
        if (!word) return this.#fail('This character cannot stand here.', 'a comma');
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
          return this.#unexpectedWord(kind, rule, word);
        }
      }
      first = false;
    }
    if (!kind.comments) this.#refuseComments(parts.keyword);
    kind.check?.(rule, report);
    return this.#end(rule);
  }

  /** The class of word at the cursor: in a path every character but a blank counts. */
  #mountWord(): WordClass {
    const { cursor } = this;
    cursor.skip();
    return cursor.peek() === 47 || cursor.peek() === 64 ? PATH : BARE;
  }

  /** In most rules apparmor_parser takes a # for the start of a word. */
  #refuseComments(keyword: Word): void {
    for (const comment of this.cursor.comments) {
      if (comment.start < keyword.end) continue;
      this.cursor.report(
        'comment-in-rule',
        comment,
        `A comment cannot stand inside a ${keyword.value} rule: apparmor_parser reads the # as part of it.`,
        { expected: 'the comment before the rule, or after its comma' },
      );
    }
  }

  /** A line end, and then a word that starts a statement: the comma before it is missing. */
  #newStatement(rule: { end: number }): boolean {
    const { cursor } = this;
    rule.end = cursor.last;
    if (!cursor.lineBetween(cursor.last, cursor.pos)) return false;
    const name = cursor.peekName();
    const after = cursor.at(cursor.pos + name.length);
    return name !== '' ? starters.has(name) && after !== 61 && after !== 58 : false;
  }

  #unexpectedWord(kind: KeywordKind, rule: KeywordRule, word: Word): undefined {
    const { cursor } = this;
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

  #access(rule: KeywordRule): boolean {
    const { cursor } = this;
    const kind = kindByKeyword.get(rule.keyword.value) as KeywordKind;
    cursor.take('(');
    rule.accessList = true;
    for (;;) {
      while (cursor.take(','));
      if (cursor.take(')')) break;
      const word = cursor.word(ITEM, 'value');
      if (!word) {
        this.#fail('This bracket is not closed.', ')');
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
      rule.access.push(word);
    }
    return true;
  }

  #checkCondition(kind: KeywordKind, rule: KeywordRule, one: Condition): void {
    const { cursor } = this;
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
        this.#checkCount(inside, false);
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
    this.#checkCount(one, kind.lists?.includes(name) === true);
  }

  #checkCount(one: Condition, many: boolean): void {
    if (one.values.length === 0) {
      this.cursor.report('condition-value', one, `${one.name.value}= has no value.`, {
        expected: 'a value',
      });
    } else if (!many && one.values.length > 1) {
      this.cursor.report('condition-value', one, `${one.name.value}= has one value.`, {
        expected: 'one value, or a pattern such as {a,b}',
      });
    }
  }
}

/** The length of an assignment operator at `at`. */
function isAssignment(cursor: Cursor, at: number): number | undefined {
  const code = cursor.at(at);
  if (code === 61) return 1;
  if ((code === 43 || code === 63 || code === 58) && cursor.at(at + 1) === 61) return 2;
  // `@{X}+/path` is neither an assignment nor a path.
  return code === 43 && cursor.at(at - 1) === CLOSE ? 1 : undefined;
}

/** Where `@{NAME}`, `@NAME`, `${NAME}` or `$NAME` at `start` ends; undefined when it is none. */
export function variableEnd(cursor: Cursor, start: number): number | undefined {
  let at = start + 1;
  const braced = cursor.at(at) === OPEN;
  if (braced) at++;
  if (!isLetter(cursor.at(at))) return undefined;
  while (isNameCharacter(cursor.at(at))) at++;
  if (!braced) return at;
  return cursor.at(at) === CLOSE ? at + 1 : undefined;
}

/** `NAME` of `@{NAME}`, `@NAME`, `${NAME}` or `$NAME`. */
export function variableName(text: string): string {
  return text.startsWith('{', 1) ? text.slice(2, -1) : text.slice(1);
}
