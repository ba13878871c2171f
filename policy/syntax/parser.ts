// The grammar of apparmor.d(5), by recursive descent with a depth limit. It accepts preamble statements and rules
// in one grammar: a file may be included anywhere, so where a statement may stand is checked later.

import type { RawDiagnostic } from '../raw-diagnostic.ts';
import type { Release } from '../release.ts';
import { fileRuleAhead, parseFile } from '../rules/file.ts';
import { keywords } from '../rules/keywords.ts';
import { kindByKeyword } from '../rules/kinds.ts';
import { bareWordRule, laterBareWord } from './bare-words.ts';
import { CLOSE_BRACE, HASH, OPEN_BRACE } from './character-codes.ts';
import { checkCharacters } from './characters.ts';
import { conditionAhead, parseCondition } from './conditions.ts';
import { Cursor, isLetter, PATH } from './cursor.ts';
import { writtenStart } from './escapes.ts';
import { checkBrace, parseExpression } from './expressions.ts';
import { isMode } from './file-modes.ts';
import { parseFlags, parseXattrs } from './head.ts';
import { maxBlocks, maxDepth, maxStatements } from './limits.ts';
import { nearest } from './names.ts';
import { parseAbi, parseAlias, parseAssignment, parseBoolean, parseInclude } from './preamble.ts';
import { checkIdentities, checkName } from './profile-head.ts';
import { parseQualifiers } from './qualifiers.ts';
import type {
  Block,
  Comment,
  Condition,
  Conditional,
  ElseBlock,
  PolicyFile,
  Profile,
  Qualifiers,
  Statement,
  Word,
} from './tree.ts';

export interface ParseOptions {
  /** The release whose keywords count: what became one later may be a bare word. Without one, the newest. */
  target?: Release | undefined;
  /** Lone surrogates from U+DC80 to U+DCFF stand for bytes that are not UTF-8. */
  rawBytes?: boolean | undefined;
  /** Keep the tokens. */
  record?: boolean;
}

/** Reads a whole file. Never throws; what cannot be read is reported and skipped. */
export function parseText(
  text: string,
  { target, rawBytes, record }: ParseOptions = {},
): { file: PolicyFile; diagnostics: RawDiagnostic[]; cursor: Cursor } {
  const cursor = new Cursor(text, keywords, target, record);
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
  const parser = new Parser(cursor);
  const statements: Statement[] = [];
  while (!cursor.done) {
    run(parser.statements(statements, 0, true));
    if (cursor.peek() === CLOSE_BRACE) {
      const start = cursor.pos++;
      cursor.report('unmatched-brace', { start, end: start + 1 }, 'This } closes nothing.', {
        expected: 'a profile or the end of the file',
      });
    }
  }
  // Comments that a broken statement left behind at the end.
  statements.push(...parser.leftComments());
  checkCharacters(cursor, rawBytes === true);
  checkLastLine(cursor);
  return { file: { text, statements }, diagnostics: cursor.diagnostics, cursor };
}

/** apparmor_parser knows a comment only by the newline at its end, and `#include` too. */
function checkLastLine(cursor: Cursor): void {
  const { text, unterminated } = cursor;
  if (unterminated === undefined) return;
  cursor.report(
    'final-newline',
    { start: unterminated, end: text.trimEnd().length },
    'No newline ends this line, so apparmor_parser does not take the # for a comment or an include, and refuses the file.',
    {
      expected: 'a newline at the end of the file',
      fix: { start: text.length, end: text.length, text: '\n' },
    },
  );
}

/** What is read bit by bit: it yields what it has to wait for, see {@link run}. */
type Steps<Result> = Generator<Steps<unknown>, Result, unknown>;

type Read = Exclude<Statement, Comment> | undefined;

/** The statements between braces. */
interface Body {
  open: number;
  body: Statement[];
  closing: Comment[];
  headComment?: Comment;
}

/**
 * Runs steps, with those that they wait for on the heap: how deep a text nests is up to its author, and the call
 * stack is small in some runtimes.
 */
function run(first: Steps<unknown>): void {
  const waiting = [first];
  let result: unknown;
  for (let last = waiting.at(-1); last; last = waiting.at(-1)) {
    const { done, value } = last.next(result);
    result = done ? value : undefined;
    if (done) waiting.pop();
    else waiting.push(value);
  }
}

/** The result of other steps, once they are done. */
function* after<Result>(steps: Steps<Result>): Steps<Result> {
  return (yield steps) as Result;
}

class Parser {
  readonly cursor: Cursor;
  /** How many profiles are open. */
  #profiles = 0;
  #statements = 0;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  leftComments(): Comment[] {
    return this.cursor.comments.splice(0);
  }

  /** Reads statements up to a `}` or the end; own-line comments become statements. */
  *statements(into: Statement[], depth: number, top: boolean): Steps<void> {
    const { cursor } = this;
    for (;;) {
      const before = cursor.pos;
      const { newlines, blankLine } = cursor.skipToStatement();
      const code = cursor.peek();
      if (code === -1 || code === CLOSE_BRACE || this.#tooMany()) return;
      const previous = into.at(-1);
      // In the line of an assignment, a # starts a value for some releases, a comment for others, and never an include.
      const assigned =
        newlines === 0 &&
        (previous?.kind === 'variable' || previous?.kind === 'boolean') &&
        !previous.trailing;
      if (code === HASH && (assigned || !cursor.includeAt(cursor.pos))) {
        const { unterminated } = cursor;
        const comment = cursor.comment(blankLine && previous !== undefined);
        if (assigned) cursor.unterminated = unterminated;
        else if (comment.text.startsWith('#include')) {
          cursor.report('syntax', comment, 'apparmor_parser takes this comment for an include.', {
            expected: 'a blank between # and include',
            fix: { start: comment.start + 1, end: comment.start + 1, text: ' ' },
          });
        }
        if (
          newlines === 0 &&
          previous &&
          previous.kind !== 'comment' &&
          !previous.trailing &&
          (assigned || !cursor.lineBetween(previous.end, before))
        ) {
          previous.trailing = comment;
        } else into.push(comment);
        continue;
      }
      cursor.comments = [];
      const start = cursor.pos;
      const read = this.#statement(depth, top, blankLine && previous !== undefined);
      const statement = read && 'next' in read ? yield* after(read) : read;
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

  #statement(depth: number, top: boolean, blankBefore: boolean): Read | Steps<Read> {
    const { cursor } = this;
    const start = cursor.pos;
    const code = cursor.peek();
    if (code === HASH) {
      cursor.pos++;
      return parseInclude(cursor, start, true, blankBefore);
    }
    if (code === 44) {
      cursor.pos++;
      cursor.last = cursor.pos;
      cursor.report('stray-comma', { start, end: start + 1 }, 'This comma ends no rule.', {
        expected: 'a rule before it, or no comma',
      });
      return { kind: 'invalid', start, end: cursor.pos, text: ',', blankBefore };
    }
    if (code === 36) return parseBoolean(cursor, start, blankBefore);
    if (code === 64) {
      const assignment = parseAssignment(cursor, start, blankBefore);
      if (assignment !== null) return assignment;
    }
    if (code === 94) {
      cursor.pos++;
      cursor.token('keyword', { start, end: start + 1 });
      return this.#profile(start, undefined, true, depth, blankBefore);
    }
    if (code === OPEN_BRACE) return this.#block(start, { words: [] }, depth, blankBefore);
    if (
      (code === 58 && !bareWordRule(cursor)) ||
      ((code === 47 || code === 64 || code === 34) && this.#startsProfile(top))
    ) {
      return this.#profile(start, undefined, false, depth, blankBefore);
    }
    if ([34, 38, 47, 58, 64].includes(code)) return this.#rule(start, depth, blankBefore);
    if (!isLetter(code))
      return cursor.fail(
        `Nothing can start with "${cursor.text.slice(start, start + (code > 0xd7ff ? 2 : 1))}" here.`,
        top ? 'a profile, a variable, an include or a rule' : 'a rule or }',
      );

    const name = cursor.peekName();
    switch (name) {
      case 'include':
        return parseInclude(cursor, start, false, blankBefore);
      case 'abi':
        return parseAbi(cursor, start, blankBefore);
      case 'alias':
      case 'rewrite':
        return parseAlias(cursor, start, blankBefore);
      case 'if':
        return this.#conditional(start, depth, blankBefore);
      case 'else':
        cursor.name('keyword');
        return cursor.fail('"else" has no "if" before it.', 'if … { … } else { … }');
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
    const { pos, last, diagnostics, tokens } = cursor;
    const counts = [diagnostics.length, tokens?.length ?? 0];
    const comments = cursor.comments.length;
    cursor.wordHere(PATH, 'name');
    cursor.skip();
    const code = cursor.peek();
    let isHead = code === OPEN_BRACE || code === 40;
    if (!isHead) {
      const name = cursor.peekName();
      if (name === 'flags' || name === 'xattrs') isHead = true;
      else if (top) {
        const after = cursor.at(cursor.pos + name.length);
        const mode = name !== '' && isMode(name) && (after === -1 || after === 44 || after <= 32);
        isHead = !mode && (code === 47 || code === 64 || code === 34 || code === 43 || code === -1);
      }
    }
    cursor.pos = pos;
    cursor.last = last;
    cursor.comments.length = comments;
    diagnostics.length = counts[0] as number;
    if (tokens) tokens.length = counts[1] as number;
    return isHead;
  }

  /** Counts a statement. Past the maximum, the file ends at the cursor. */
  #tooMany(): boolean {
    if (++this.#statements <= maxStatements) return false;
    const { cursor } = this;
    if (this.#statements === maxStatements + 1) {
      const range = { start: cursor.pos, end: cursor.pos + 1 };
      cursor.report('limit', range, `The file has more than ${maxStatements} statements.`, {
        expected: 'fewer statements, or several files',
      });
    }
    cursor.pos = cursor.text.length;
    return true;
  }

  #tooDeep(depth: number, range: { start: number; end: number }): boolean {
    const what =
      this.#profiles > maxDepth
        ? `Profiles nest deeper than ${maxDepth}`
        : depth >= maxBlocks && `Blocks nest deeper than ${maxBlocks}`;
    if (!what) return false;
    const { cursor } = this;
    cursor.report('limit', range, `${what} levels.`, { expected: 'fewer levels' });
    // Past the whole nest, counting braces, so that one report is enough.
    do {
      while (!cursor.done && cursor.peek() !== OPEN_BRACE) cursor.pos++;
      let open = 0;
      do {
        const code = cursor.peek();
        if (code === OPEN_BRACE) open++;
        if (code === CLOSE_BRACE) open--;
        cursor.pos++;
      } while (!cursor.done && open > 0);
      cursor.last = cursor.pos;
    } while (cursor.peekName() === 'else');
    return true;
  }

  /** `{ … }`. Comments right after the `{` stay on its line. */
  *#body(
    depth: number,
    opener: { start: number; end: number },
    what: string,
  ): Steps<Body | undefined> {
    const { cursor } = this;
    cursor.skip();
    const open = cursor.pos;
    if (cursor.peek() !== OPEN_BRACE) return cursor.fail(`The ${what} has no {.`, '{');
    if (this.#tooDeep(depth + 1, { start: open, end: open + 1 }))
      return { open, body: [], closing: [] };
    const inner = cursor.comments;
    cursor.take('{');
    cursor.skipBlanks();
    const headComment =
      cursor.peek() === HASH && !cursor.includeAt(cursor.pos) ? cursor.comment(false) : undefined;
    const body: Statement[] = [];
    yield* after(this.statements(body, depth + 1, false));
    cursor.comments = inner;
    if (!cursor.take('}') && this.#statements <= maxStatements) {
      cursor.report(
        'unclosed-block',
        { start: opener.start, end: opener.end },
        `This ${what} is never closed.`,
        { expected: '}' },
      );
      cursor.last = cursor.pos;
    }
    const last = body.findLastIndex((one) => one.kind !== 'comment');
    const closing = body.splice(last + 1) as Comment[];
    return { open, body, closing, ...(headComment && { headComment }) };
  }

  *#profile(
    start: number,
    keyword: Word | undefined,
    hat: boolean,
    depth: number,
    blankBefore: boolean,
  ): Steps<Profile | undefined> {
    const { cursor } = this;
    const report = cursor.report.bind(cursor);
    const keywordEnd = cursor.pos;
    if (keyword) cursor.refuseComment();
    cursor.skip();
    const code = cursor.peek();
    const name =
      code === OPEN_BRACE || (hat && !keyword && cursor.pos > start + 1)
        ? undefined
        : cursor.word(PATH, 'name');
    if (!name) return cursor.fail(`The ${hat ? 'hat' : 'profile'} has no name.`, 'a name');
    if (keyword && cursor.lineBetween(keywordEnd, name.start)) {
      report('syntax', name, `The name must be on the line of ${keyword.text}.`, {
        expected: `${keyword.text} ${name.text}`,
      });
    }
    checkName(name, keyword !== undefined || hat, report);
    let attachment: Word | undefined;
    const next = cursor.next('{') ? OPEN_BRACE : cursor.peek();
    const condition = next === 43 || conditionAhead(cursor);
    if (next === 47 || next === 64 || next === 34 || (isLetter(next) && !condition)) {
      attachment = cursor.word(PATH, 'path');
    }
    if (attachment && !/^[/@]/.test(writtenStart(attachment))) {
      report(
        'attachment',
        attachment,
        `"${attachment.value}" is not a path, so nothing would ever be confined by this profile.`,
        { expected: 'a path that starts with / or a variable' },
      );
    }
    const identities: Condition[] = [];
    while (cursor.take('+', 'operator')) {
      const one = parseCondition(cursor, 0, undefined);
      if (!one) return cursor.fail('"+" adds identities.', 'identities=( … )');
      checkIdentities(one, report);
      identities.push(one);
    }
    let xattrs: Condition | undefined;
    let flags: Profile['flags'];
    for (;;) {
      const word = cursor.next('(') ? '(' : cursor.peekName();
      if (word === '(' || (word === 'flags' && conditionAhead(cursor))) {
        const list = parseFlags(cursor);
        if (!list) return undefined;
        if (flags)
          report('profile-flags', list, 'The flags are given twice.', {
            expected: 'one list of flags',
          });
        flags = list;
        continue;
      }
      if (word === 'xattrs' && conditionAhead(cursor)) {
        const one = parseXattrs(cursor);
        if (!one) return undefined;
        if (flags || xattrs)
          report('syntax', one, 'xattrs=( … ) may occur once, before the flags.', {
            expected: 'xattrs before flags',
          });
        xattrs = one;
        continue;
      }
      break;
    }
    if (hat && xattrs) {
      report('syntax', xattrs, 'A hat runs no program, so it has no extended attributes.', {
        expected: 'flags, or {',
      });
    }
    if (!cursor.next('{')) {
      const word = cursor.peekName();
      const suggestion =
        word !== '' && conditionAhead(cursor) ? nearest(word, ['flags', 'xattrs']) : undefined;
      return cursor.fail(
        `Nothing like this can follow the name of a ${hat ? 'hat' : 'profile'}.`,
        '{',
        suggestion ? { suggestion: `${suggestion}=` } : {},
      );
    }
    this.#profiles++;
    const body = yield* this.#body(depth, { start, end: name.end }, hat ? 'hat' : 'profile');
    this.#profiles--;
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

  *#block(
    start: number,
    qualifiers: Qualifiers,
    depth: number,
    blankBefore: boolean,
  ): Steps<Block | undefined> {
    const { cursor } = this;
    if (qualifiers.effect?.value === 'deny') {
      cursor.report(
        'qualifier-not-allowed',
        qualifiers.effect,
        'A block cannot be denied as a whole.',
        { expected: 'deny before each rule' },
      );
    }
    if (qualifiers.priority) {
      cursor.report('qualifier-not-allowed', qualifiers.priority, 'A block has no priority.', {
        expected: 'priority= before each rule',
      });
    }
    const body = yield* this.#body(depth, { start, end: start + 1 }, 'block');
    return body && { kind: 'block', start, end: cursor.last, qualifiers, ...body, blankBefore };
  }

  *#conditional(
    start: number,
    depth: number,
    blankBefore: boolean,
  ): Steps<Conditional | undefined> {
    const { cursor } = this;
    const keyword = cursor.name('keyword') as Word;
    const test = parseExpression(cursor, 0);
    if (!test) return undefined;
    checkBrace(cursor);
    const body = yield* this.#body(depth, keyword, 'if');
    if (!body) return undefined;
    let otherwise: Conditional | ElseBlock | undefined;
    const comments = cursor.comments;
    const { pos, last } = cursor;
    if (cursor.peekName() === 'else') {
      const elseWord = cursor.name('keyword') as Word;
      const name = cursor.peekName();
      if (name === 'if') {
        if (!this.#tooDeep(depth + 1, elseWord))
          otherwise = yield* after(this.#conditional(cursor.pos, depth + 1, false));
      } else if (cursor.next('{')) {
        const elseBody = yield* this.#body(depth, elseWord, 'else');
        if (elseBody)
          otherwise = {
            kind: 'else',
            start: elseWord.start,
            end: cursor.last,
            ...elseBody,
            blankBefore: false,
          };
      } else return cursor.fail('"else" goes on with a block.', '{ or if');
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

  #rule(start: number, depth: number, blankBefore: boolean): Read | Steps<Read> {
    const { cursor } = this;
    const qualifiers = parseQualifiers(cursor);
    cursor.skip();
    if (cursor.peek() === OPEN_BRACE) return this.#block(start, qualifiers, depth, blankBefore);
    const name = cursor.peekName();
    const head = { qualifiers, start, blankBefore };
    const kind = laterBareWord(cursor) ? undefined : kindByKeyword.get(name);
    if (kind) {
      if (qualifiers.owner && !kind.owned) {
        cursor.report(
          'qualifier-not-allowed',
          qualifiers.owner,
          `A ${name} rule has no owner; only file and link rules do.`,
          { expected: `the rule without ${qualifiers.owner.value}` },
        );
      }
      return kind.parse(cursor, { ...head, keyword: cursor.name('keyword') as Word });
    }
    if (fileRuleAhead(cursor)) return parseFile(cursor, head);
    return this.#unknownRule(cursor.peekName(), depth, start, qualifiers, blankBefore);
  }

  #unknownRule(
    name: string,
    depth: number,
    start: number,
    qualifiers: Qualifiers,
    blankBefore: boolean,
  ) {
    const { cursor } = this;
    if (name === '') return cursor.fail('Here a rule should follow.', 'a rule');
    // `name {` or `name flags=(…) {`: a profile that lacks its keyword.
    if (qualifiers.words.length === 0) {
      const { pos } = cursor;
      let end = cursor.wordEnd(pos, PATH);
      while (cursor.at(end) === 32 || cursor.at(end) === 9) end++;
      if (
        cursor.at(end) === OPEN_BRACE ||
        cursor.at(end) === 40 ||
        cursor.text.startsWith('flags', end)
      ) {
        return this.#profile(start, undefined, false, depth, blankBefore);
      }
    }
    const suggestion = nearest(name, cursor.keywords.starters);
    const range = { start: cursor.pos, end: cursor.pos + name.length };
    cursor.report('unknown-rule', range, `Unknown rule "${name}".`, {
      expected:
        'a path, access modes before a path, or a rule such as capability, network, mount, signal',
      ...(suggestion && { suggestion, fix: { ...range, text: suggestion } }),
    });
    cursor.recover();
    return undefined;
  }
}
