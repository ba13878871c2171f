// Reads a policy text left to right. What a word is depends on where it stands, so the parser asks for the
// class of word it expects (the reference does the same with lexer states). One pass, no regular expressions.

import type { RawDiagnostic } from '../raw-diagnostic.ts';
import type { Release } from '../release.ts';
import { BACKSLASH, COMMA, CR, HASH, LF, QUOTE, SPACE, TAB } from './character-codes.ts';
import type { SyntaxDiagnosticId } from './diagnostics.ts';
import { readable } from './escapes.ts';
import type { Comment, Word } from './nodes.ts';
import type { Range } from './source.ts';

export type TokenKind =
  | 'comment'
  | 'keyword'
  | 'qualifier'
  | 'name'
  | 'variable'
  | 'path'
  | 'permission'
  | 'value'
  | 'operator'
  | 'punctuation';

export interface Token extends Range {
  kind: TokenKind;
}

/** Characters that end an unquoted word, by class of word. */
export type WordClass = Uint8Array;

function wordClass(ends: string): WordClass {
  const table = new Uint8Array(128);
  for (const end of ` \t\r\n"!,${ends}`) table[end.charCodeAt(0)] = 1;
  return table;
}

/** A path, a profile name, a value of an assignment: anything up to a blank, `"`, `!` or a comma that ends it. */
export const PATH = wordClass('');
/** A word of a rule with conditionals, where `=` and brackets mean something. */
export const BARE = wordClass('=()');
/** A value after `=`. */
export const VALUE = wordClass('');
/** A value of a condition inside `peer=( )`, where every comma separates. */
export const PEER_VALUE = wordClass('()');
/** An item of a bracketed list: every comma separates. */
export const ITEM = wordClass('=()');
/** The name of a capability, which a comment may follow without a blank. */
export const NAME = wordClass('=()#');
/** The value of an extended attribute. */
export const XATTR_VALUE = wordClass('()');
/** A profile flag: an item that may itself contain `=`. */
export const FLAG = wordClass('()');
/** An operand of `if`. */
export const OPERAND = wordClass('=()<>');
/** A word of an expression since AppArmor 5.0. */
export const EXPRESSION_WORD = wordClass('=)');

const ALWAYS_ENDS = 2;
ITEM[44] = ALWAYS_ENDS;
NAME[44] = ALWAYS_ENDS;
PEER_VALUE[44] = ALWAYS_ENDS;
FLAG[44] = ALWAYS_ENDS;

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB || code === LF || code === CR;
}

export function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

export function isNameCharacter(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57) || code === 95;
}

/** What a backslash keeps inside an unquoted word although it would end it. */
function isEscapable(code: number): boolean {
  return (
    code === SPACE ||
    code === TAB ||
    code === QUOTE ||
    code === 33 ||
    code === COMMA ||
    code === 40 ||
    code === 41 ||
    code === 61
  );
}

/** Adds a range to those noted; what is read twice counts once. */
function noteRange(ranges: number[], start: number, end: number): void {
  if (start >= (ranges.at(-1) ?? 0)) ranges.push(start, end);
}

/** What an include is reported with where the statement it is in does not end. */
const includeInStatement = {
  id: 'include-in-statement' satisfies SyntaxDiagnosticId,
  message:
    'An include inside a statement: apparmor_parser would go on with the words of the included file. Here every file is read by itself, so that it means the same wherever it is included.',
  expected: 'the include before or after the statement',
};

/** How many diagnostics of one text are listed. */
export const maxDiagnostics = 1000;

/** The words that apparmor_parser takes for more than a name. */
export interface Keywords {
  /** Start a statement: at the head of a line, they end the statement before. */
  starters: ReadonlySet<string>;
  /** Cannot be the path of a file rule. */
  reserved: ReadonlySet<string>;
  /** The release that each came with, for those that not every release has. */
  since: ReadonlyMap<string, Release>;
}

export class Cursor {
  readonly text: string;
  /** The release whose keywords count; undefined: the newest. */
  readonly target: Release | undefined;
  readonly diagnostics: RawDiagnostic[] = [];
  /** Only when they are recorded. */
  readonly tokens: Token[] | undefined;
  /** The offset of the last newline in the text; -1 if none. */
  readonly lastNewline: number;
  pos = 0;
  /** End of the last thing read that was not a blank or a comment. */
  last = 0;
  /** Comments skipped since they were last taken. */
  comments: Comment[] = [];
  /** Every comment and every quoted word that was read: start, end, start, end … */
  readonly commentRanges: number[] = [];
  readonly quoteRanges: number[] = [];
  /** The first # of the last line that starts a comment or an include which no newline ends. */
  unterminated: number | undefined;
  /** Whether a backslash continues a line, as in assignments. */
  continuedLines = false;

  /** Which words the language has. */
  readonly keywords: Keywords;

  constructor(text: string, keywords: Keywords, target?: Release, record = false) {
    this.text = text;
    this.keywords = keywords;
    this.target = target;
    this.lastNewline = text.lastIndexOf('\n');
    this.tokens = record ? [] : undefined;
  }

  report(
    id: SyntaxDiagnosticId,
    range: Range,
    message: string,
    more?: Omit<RawDiagnostic, 'id' | 'message' | 'start' | 'end'>,
  ): void {
    if (this.diagnostics.length > maxDiagnostics) return;
    if (this.diagnostics.length === maxDiagnostics) {
      this.diagnostics.push({
        id: 'limit',
        start: range.start,
        end: range.end,
        message: `There are more than ${maxDiagnostics} diagnostics; the rest is not listed.`,
        expected: 'a policy',
      });
      return;
    }
    // An include stands in place of the expected words.
    const include = id !== 'final-newline' && this.includeAt(range.start) && includeInStatement;
    if (include) {
      if (this.diagnostics.at(-1)?.start === range.start) return;
      const end = range.start + (this.at(range.start) === HASH ? 8 : 7);
      this.diagnostics.push({ ...include, start: range.start, end });
      return;
    }
    this.diagnostics.push({ id, message, start: range.start, end: range.end, ...more });
  }

  /** Reports what is at the cursor and skips the rest of the statement. */
  fail(
    message: string,
    expected: string,
    more?: { suggestion?: string; fix?: { start: number; end: number; text: string } },
  ): undefined {
    this.skip();
    let end = this.pos;
    while (isNameCharacter(this.at(end))) end++;
    const range = this.done
      ? { start: this.last, end: this.last }
      : { start: this.pos, end: Math.max(end, this.pos + 1) };
    this.report('syntax', range, message, { expected, ...more });
    this.recover();
    return undefined;
  }

  token(kind: TokenKind, range: Range): void {
    if (this.tokens && range.end > range.start) {
      this.tokens.push({ kind, start: range.start, end: range.end });
    }
  }

  peek(): number {
    return this.pos < this.text.length ? this.text.charCodeAt(this.pos) : -1;
  }

  at(offset: number): number {
    return offset < this.text.length ? this.text.charCodeAt(offset) : -1;
  }

  get done(): boolean {
    return this.pos >= this.text.length;
  }

  /** Skips blanks on this line only. */
  skipBlanks(): void {
    for (;;) {
      const code = this.peek();
      if (code !== SPACE && code !== TAB && code !== CR) return;
      this.pos++;
    }
  }

  /** Reads the comment at the cursor, up to the end of the line. */
  comment(blankBefore: boolean): Comment {
    const start = this.pos;
    const newline = this.text.indexOf('\n', start);
    let end = newline < 0 ? this.text.length : newline;
    if (newline < 0) this.unterminated ??= start;
    this.pos = end;
    noteRange(this.commentRanges, start, end);
    while (end > start && isBlank(this.text.charCodeAt(end - 1))) end--;
    const comment: Comment = {
      kind: 'comment',
      start,
      end,
      text: this.text.slice(start, end),
      blankBefore,
    };
    this.token('comment', comment);
    return comment;
  }

  /**
   * Skips blanks, line ends and comments inside a statement; the comments go to `comments`. Stops at `#include`, and
   * skips the ends of lines that a backslash continues where they are known.
   */
  skip(): void {
    for (;;) {
      const code = this.peek();
      if (isBlank(code)) this.pos++;
      else if (code === BACKSLASH && this.continuedLines && this.at(this.pos + 1) === LF)
        this.pos += 2;
      else if (code === HASH && !this.text.startsWith('#include', this.pos))
        this.comments.push(this.comment(false));
      else return;
    }
  }

  /** Whether `include` or `#include`, and what it includes, are at `offset`. */
  includeAt(offset: number): boolean {
    const at = this.at(offset) === HASH ? offset + 1 : offset;
    if (!this.text.startsWith('include', at)) return false;
    const after = this.at(at + 7);
    return after === SPACE || after === TAB || after === 60 || after === QUOTE;
  }

  /** Skips to the next statement; returns the first `#` that starts a comment, or stops before `#include`. */
  skipToStatement(): { newlines: number; blankLine: boolean } {
    let newlines = 0;
    for (;;) {
      const code = this.peek();
      if (code === -1 || !isBlank(code)) return { newlines, blankLine: newlines > 1 };
      if (code === LF) newlines++;
      this.pos++;
    }
  }

  /** Where apparmor_parser takes a # for the start of a word: reports a comment that comes next. */
  refuseComment(): void {
    let at = this.pos;
    while (isBlank(this.at(at))) at++;
    if (this.at(at) !== HASH) return;
    const range = { start: at, end: at + 1 };
    this.report(
      'comment-in-rule',
      range,
      'A comment is not allowed here: apparmor_parser reads the # as part of a word.',
      {
        expected: 'the comment on a line of its own, or at the end of the statement',
      },
    );
  }

  /**
   * Reports a carriage return that apparmor_parser takes for a part of the word that ends at `end`; with `comma`, one
   * after the comma that ends the word too. `severity`: a warning where it compiles the rule all the same, with that word.
   */
  refuseReturn(end: number, comma = false, severity?: RawDiagnostic['severity']): void {
    const at = comma && this.at(end) === COMMA ? end + 1 : end;
    if (this.at(at) !== CR || this.at(at + 1) !== LF) return;
    this.report(
      'carriage-return',
      { start: at, end: at + 1 },
      'apparmor_parser takes the carriage return here for a part of the word before it.',
      {
        expected: 'LF at the end of the line',
        fix: { start: at, end: at + 1, text: '' },
        ...(severity && { severity }),
      },
    );
  }

  /**
   * Reports a line end right after the `=` of a condition: apparmor_parser expects the value on the same line. Only the
   * bracket of a plain list (`list`) may be on the next, and then after LF.
   */
  refuseLineEnd(list: boolean): void {
    const from = this.pos;
    let at = from;
    let returns = false;
    while (isBlank(this.at(at))) returns = this.at(at++) === CR || returns;
    if (!this.lineBetween(from, at)) return;
    if (list && !returns && this.at(at) === 40) return;
    this.report(
      'syntax',
      { start: from - 1, end: from },
      'The value must be on the line of the "=".',
      { expected: 'the value right after =', fix: { start: from, end: at, text: '' } },
    );
  }

  /** Reports the comments that were read inside a list or a condition, where a # starts a word. */
  refuseCommentsIn(range: Range): void {
    for (let at = this.comments.length - 1; at >= 0; at--) {
      const comment = this.comments[at] as Comment;
      if (comment.start < range.start) return;
      if (comment.start >= range.end) continue;
      this.report(
        'comment-in-rule',
        comment,
        'A comment is not allowed here: apparmor_parser reads the # as part of a word.',
        { expected: 'the comment on a line of its own, or at the end of the statement' },
      );
    }
  }

  /** In rules that take bare words, `->x` is one of them. */
  blankAfterArrow(): void {
    const code = this.peek();
    if (code === -1 || isBlank(code) || code === QUOTE || code === COMMA) return;
    this.report(
      'syntax',
      { start: this.pos, end: this.pos + 1 },
      'A blank is missing after "->".',
      {
        expected: 'a blank',
        fix: { start: this.pos, end: this.pos, text: ' ' },
      },
    );
  }

  /** Takes one character if it is next, after blanks and comments. */
  take(character: string, kind: TokenKind = 'punctuation'): Range | undefined {
    this.skip();
    if (!this.text.startsWith(character, this.pos)) return undefined;
    const range = { start: this.pos, end: this.pos + character.length };
    this.pos = this.last = range.end;
    this.token(kind, range);
    return range;
  }

  /** True when `character` is next after blanks and comments; reads nothing but those. */
  next(character: string): boolean {
    this.skip();
    return this.text.startsWith(character, this.pos);
  }

  /** Where an unquoted word of this class that starts at `from` ends. */
  wordEnd(from: number, ends: WordClass): number {
    const { text } = this;
    const length = text.length;
    let at = from;
    while (at < length) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH) {
        at += at + 1 < length && isEscapable(text.charCodeAt(at + 1)) ? 2 : 1;
      } else if (code === COMMA && ends[COMMA] !== ALWAYS_ENDS) {
        // A comma belongs to the word when more of the word follows it.
        const after = at + 1 < length ? text.charCodeAt(at + 1) : -1;
        if (after === -1 || after === COMMA || (after < 128 && ends[after] !== 0)) return at;
        at += 1;
      } else if (code < 128 && ends[code] !== 0) {
        return at;
      } else at++;
    }
    return at;
  }

  /** Reads a word, quoted or not; undefined when none is here. */
  word(ends: WordClass, kind: TokenKind): Word | undefined {
    this.skip();
    // What was not skipped as a comment is an include.
    return this.peek() === HASH ? undefined : this.wordHere(ends, kind);
  }

  wordHere(ends: WordClass, kind: TokenKind): Word | undefined {
    const start = this.pos;
    if (this.peek() === QUOTE) return this.quoted(kind);
    // Elsewhere a word may start with a comma that more of it follows.
    if (this.peek() === COMMA && ends === BARE) return undefined;
    const end = this.wordEnd(start, ends);
    if (end === start) return undefined;
    return this.slice(start, end, kind);
  }

  slice(start: number, end: number, kind: TokenKind): Word {
    const text = this.text.slice(start, end);
    this.pos = this.last = end;
    const word = { start, end, text, value: readable(text), quoted: false };
    this.token(kind, word);
    return word;
  }

  /** Reads a quoted word; one that is not closed ends with its line. */
  quoted(kind: TokenKind): Word {
    const start = this.pos;
    let at = start + 1;
    let escaped = -1;
    for (;;) {
      const code = this.at(at);
      if (code === QUOTE) break;
      if (code === -1 && escaped >= 0) {
        // The last `\"` of an otherwise open word closes it: the backslash was part of the word.
        at = escaped;
        break;
      }
      if (code === -1) {
        const newline = this.text.indexOf('\n', start);
        const end = newline < 0 ? this.text.length : newline;
        this.report('unclosed-quote', { start, end: start + 1 }, 'This quote is never closed.', {
          expected: 'a closing "',
        });
        this.pos = this.last = end;
        const text = this.text.slice(start, end);
        return { start, end, text: `${text}"`, value: text.slice(1), quoted: true };
      }
      if (code === BACKSLASH && this.at(at + 1) === QUOTE) {
        escaped = at + 1;
        at += 2;
      } else at++;
    }
    const end = at + 1;
    this.pos = this.last = end;
    noteRange(this.quoteRanges, start, end);
    const word = {
      start,
      end,
      text: this.text.slice(start, end),
      value: readable(this.text.slice(start + 1, at)),
      quoted: true,
    };
    this.token(kind, word);
    return word;
  }

  /** Reads letters, digits and `_`; `more` names further characters. */
  name(kind: TokenKind, more = ''): Word | undefined {
    this.skip();
    const start = this.pos;
    let end = start;
    for (;;) {
      const code = this.at(end);
      if (
        !isNameCharacter(code) &&
        !(code > 0 && more !== '' && more.includes(String.fromCharCode(code)))
      )
        break;
      end++;
    }
    return end === start ? undefined : this.slice(start, end, kind);
  }

  /** The letters at the cursor without reading them (after blanks and comments). */
  peekName(): string {
    this.skip();
    let end = this.pos;
    while (isNameCharacter(this.at(end))) end++;
    return this.text.slice(this.pos, end);
  }

  /** True if there is a line end between two offsets. */
  lineBetween(from: number, to: number): boolean {
    for (let at = from; at < to; at++) if (this.at(at) === LF) return true;
    return false;
  }

  /** A cursor at the same place that reads on without reporting or keeping anything. */
  ahead(): Cursor {
    const ahead = new Cursor(this.text, this.keywords, this.target);
    ahead.pos = this.pos;
    ahead.last = this.last;
    return ahead;
  }

  /** Skips the rest of a broken statement: past its comma, or to the end of its line, or before a brace. */
  recover(): void {
    for (;;) {
      const code = this.peek();
      if (code === -1 || code === LF) break;
      if (code === COMMA) {
        const after = this.at(this.pos + 1);
        this.pos++;
        if (after === -1 || isBlank(after) || after === HASH) break;
        continue;
      }
      if (code === 123 || code === 125) {
        const before = this.at(this.pos - 1);
        if (this.pos === 0 || isBlank(before)) break;
      }
      this.pos++;
    }
    this.last = this.pos;
  }
}
