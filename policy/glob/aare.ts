// AppArmor's patterns (AARE, apparmor.d(5) "Globbing"): reading them into a small tree.
import type { Budget } from '../budget.ts';

/** A set of UTF-16 units as sorted, disjoint, inclusive ranges: [low, high, low, high, …]. */
export type Ranges = readonly number[];

export type Pattern =
  | { kind: 'set'; ranges: Ranges }
  | { kind: 'repeat'; ranges: Ranges }
  | { kind: 'sequence'; items: Pattern[] }
  | { kind: 'choice'; items: Pattern[] };

export type PatternError = { at: number; message: string; expected: string };

const maxUnit = 0xffff;
const slash = 47;

/** How deep braces may nest: as in apparmor_parser, which counts the values of a variable as a level (3.0.8 to 5.0.2). */
const maxDepth = 49;

/** Where the variable reference `@{NAME}` at `at` ends, or -1. */
export function variableEndAt(text: string, at: number): number {
  if (text.charCodeAt(at) !== 64 || text.charCodeAt(at + 1) !== 123) return -1;
  let end = at + 2;
  for (; ; end++) {
    const code = text.charCodeAt(end);
    const letter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
    const more = (code >= 48 && code <= 57) || code === 95;
    if (!letter && !(more && end > at + 2)) break;
  }
  return end > at + 2 && text.charCodeAt(end) === 125 ? end + 1 : -1;
}

/** The names of the variables a text mentions, in order. */
export function variablesIn(text: string): string[] {
  const names: string[] = [];
  for (let at = text.indexOf('@{'); at >= 0; at = text.indexOf('@{', at + 2)) {
    const end = variableEndAt(text, at);
    if (end > 0) names.push(text.slice(at + 2, end - 1));
  }
  return names;
}

/**
 * Checks the brackets of a pattern without building it; variables count as one opaque piece.
 * Returns what is wrong, or undefined.
 */
export function checkPattern(text: string): PatternError | undefined {
  const open: { at: number; commas: number }[] = [];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 92) {
      i++;
      if (i === text.length) {
        return {
          at: i - 1,
          message: 'This \\ escapes nothing.',
          expected: 'a character after it, or \\\\',
        };
      }
    } else if (c === 64) {
      const end = variableEndAt(text, i);
      if (end > 0) i = end - 1;
    } else if (c === 91) {
      const close = classEnd(text, i);
      if (close < 0) return { at: i, message: 'This [ is never closed.', expected: ']' };
      for (let open = i; open >= 0; open = classInside(text, open, close)) {
        const wrong = checkClass(text, open, close);
        if (wrong) return wrong;
      }
      i = close;
    } else if (c === 93)
      return { at: i, message: 'This ] closes nothing.', expected: 'a [ before it, or \\]' };
    else if (c === 123) {
      if (open.length >= maxDepth)
        return {
          at: i,
          message: `Braces nest deeper than ${maxDepth} levels.`,
          expected: 'fewer levels',
        };
      open.push({ at: i, commas: 0 });
    } else if (c === 44) {
      const last = open.at(-1);
      if (last) last.commas++;
    } else if (c === 125) {
      const last = open.pop();
      if (!last)
        return { at: i, message: 'This } closes nothing.', expected: 'a { before it, or \\}' };
      if (last.commas === 0) {
        return {
          at: last.at,
          message: 'Braces are a choice and need at least two alternatives.',
          expected: '{one,other}',
        };
      }
    }
  }
  const last = open.at(-1);
  return last && { at: last.at, message: 'This { is never closed.', expected: '}' };
}

/** What is wrong with the characters of a class. */
function checkClass(text: string, open: number, close: number): PatternError | undefined {
  const start = isNegated(text, open + 1) ? text.indexOf('^', open) + 1 : open + 1;
  if (start === close) {
    return {
      at: open,
      message: 'This class has no characters.',
      expected: 'characters between [ and ]',
    };
  }
  const dash = strayDash(text, open + 1, close);
  if (dash < 0) return undefined;
  return {
    at: dash,
    message: 'This - neither makes a range nor comes first.',
    expected: 'a - first in the class: [-a-z]',
  };
}

/**
 * Where another class begins inside of one, else -1: apparmor_parser writes out a wildcard as a class of its own, which
 * ends the one around it, so that a `[` after it begins the next.
 */
function classInside(text: string, open: number, close: number): number {
  const wildcard = wildcardIn(text, open + 1, close);
  if (wildcard < 0) return -1;
  for (let at = wildcard + 1; at < close; at++) {
    const c = text.charCodeAt(at);
    if (c === 92) at++;
    else if (c === 91) return at;
  }
  return -1;
}

function classEnd(text: string, open: number): number {
  for (let i = open + 1; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 92) i++;
    else if (c === 93) return i;
  }
  return -1;
}

/** The position of an unescaped `*` or `?` inside a class, else -1. */
function wildcardIn(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) {
    const c = text.charCodeAt(at);
    if (c === 92) at++;
    else if (c === 42 || c === 63) return at;
  }
  return -1;
}

/**
 * Where a `-` stands in a class that is neither first nor between two characters, else -1. A backslash before a `-`
 * changes nothing.
 */
function strayDash(text: string, open: number, close: number): number {
  const wildcard = wildcardIn(text, open, close);
  const end = wildcard < 0 ? close : wildcard;
  const isDash = (at: number) => text.charCodeAt(at) === 45 || text.startsWith('\\-', at);
  const next = (at: number) => (text.charCodeAt(at) === 92 ? at + 2 : at + 1);
  let at = isNegated(text, open) ? text.indexOf('^', open) + 1 : open;
  for (let first = true; at < end; first = false) {
    if (!first && isDash(at)) return at;
    at = next(at);
    if (at >= end || !isDash(at)) continue;
    const high = next(at);
    // Before a wildcard it makes a range with the class that the wildcard stands for.
    if (high >= end) return wildcard < 0 ? at : -1;
    if (isDash(high)) return at;
    at = next(high);
  }
  return -1;
}

/**
 * The widest wildcard of a pattern: `none` when braces alone name a fixed set of paths, `class` when it has nothing
 * wider than `[…]`, `any` with `*`, `?` or `[^…]`.
 */
export function wildcardOf(text: string): 'none' | 'class' | 'any' {
  let widest: 'none' | 'class' = 'none';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 92) i++;
    else if (c === 42 || c === 63) return 'any';
    else if (c === 91) {
      if (isNegated(text, i + 1)) return 'any';
      widest = 'class';
      const close = classEnd(text, i);
      if (text[wildcardIn(text, i + 1, close)] === '*') return 'any';
      if (close > 0) i = close;
    }
  }
  return widest;
}

/** The literal start of a pattern, up to its first special character. */
export function literalPrefix(text: string): string {
  const special = text.search(/[*?[{\\@]/);
  return special < 0 ? text : text.slice(0, special);
}

/** The literal end of a pattern, after its last special character. */
export function literalSuffix(text: string): string {
  let from = text.length;
  while (from > 0 && !'*?]}{,\\@'.includes(text[from - 1] as string)) from--;
  // What a backslash begins may be four characters long, as in \d065.
  return text.slice(text[from - 1] === '\\' ? from + 4 : from);
}

/** True for a pattern that matches one path and no other: itself. */
export function isPlain(text: string): boolean {
  return !/[*?[\]{}\\@]/.test(text);
}

/** The character of an escape, and where the escape ends. */
function escaped(text: string, at: number): { code: number; end: number } {
  const c = text[at + 1];
  const number = (
    from: number,
    maxDigits: number,
    base: number,
  ): { code: number; end: number } | undefined => {
    let end = from;
    while (end < from + maxDigits && Number.parseInt(text[end] ?? '', base) >= 0) end++;
    return end === from
      ? undefined
      : { code: Number.parseInt(text.slice(from, end), base) & 0xff, end };
  };
  switch (c) {
    case undefined:
      return { code: 92, end: at + 1 };
    case 'x':
      return number(at + 2, 2, 16) ?? { code: 120, end: at + 2 };
    case 'd':
      return number(at + 2, 3, 10) ?? { code: 100, end: at + 2 };
    case 'a':
      return { code: 7, end: at + 2 };
    case 'b':
      return { code: 8, end: at + 2 };
    case 'e':
      return { code: 27, end: at + 2 };
    case 'f':
      return { code: 12, end: at + 2 };
    case 'n':
      return { code: 10, end: at + 2 };
    case 'r':
      return { code: 13, end: at + 2 };
    case 't':
      return { code: 9, end: at + 2 };
  }
  return number(at + 1, 3, 8) ?? { code: text.charCodeAt(at + 1), end: at + 2 };
}

const literalOf = (code: number): Pattern => ({ kind: 'set', ranges: [code, code] });

/** The characters that most patterns are made of: each of them once. */
const literals: readonly Pattern[] = Array.from({ length: 128 }, (_, code) => literalOf(code));

/** A sequence without the spare room of an array that grew: the values of variables make many short ones. */
const sequenceOf = (items: readonly Pattern[]): Pattern => ({
  kind: 'sequence',
  items: items.slice(),
});

/** The UTF-16 units that an escape stands for; of bytes that are a character of UTF-8 together, those of that. */
function escapedCharacter(
  text: string,
  at: number,
  bytes: boolean,
): { codes: number[]; end: number } {
  const first = escaped(text, at);
  const { code } = first;
  if (bytes) return { codes: [code], end: first.end };
  const more = code < 0xc2 || code > 0xf4 ? 0 : code < 0xe0 ? 1 : code < 0xf0 ? 2 : 3;
  let { end } = first;
  let point = code & (0x3f >> more);
  for (let read = 0; read < more; read++) {
    const next = text[end] === '\\' ? escaped(text, end) : undefined;
    if (!next || next.code < 0x80 || next.code > 0xbf) return { codes: [code], end: first.end };
    point = (point << 6) | (next.code & 0x3f);
    end = next.end;
  }
  const min = [0, 0x80, 0x800, 0x10000][more] ?? 0;
  const isSurrogate = point >= 0xd800 && point <= 0xdfff;
  if (more === 0 || point < min || point > 0x10ffff || isSurrogate) {
    return { codes: [code], end: first.end };
  }
  const character = String.fromCodePoint(point);
  return { codes: Array.from(character.split(''), (unit) => unit.charCodeAt(0)), end };
}

/**
 * How a pattern is matched: on characters; or on bytes as the kernel does, each unit of the text one of them. Wildcards
 * leave out NUL, which separates the parts of what the kernel asks for, but for those of `bytes with NUL`.
 */
export type Units = 'characters' | 'bytes' | 'bytes with NUL';

/**
 * Reads a pattern without variables. Call `checkPattern` first: what is broken is read as literal text. On characters,
 * escapes for the bytes of a character stand for that.
 */
export function parsePattern(text: string, units: Units = 'characters'): Pattern {
  const bytes = units !== 'characters';
  const low = units === 'bytes with NUL' ? 0 : 1;
  const notSlash: Ranges = [low, slash - 1, slash + 1, maxUnit];
  const anything: Ranges = [low, maxUnit];
  // Each open brace: the alternatives so far and the items of the current one.
  const stack: { choices: Pattern[]; items: Pattern[] }[] = [{ choices: [], items: [] }];
  const top = () => stack.at(-1) as { choices: Pattern[]; items: Pattern[] };
  const literal = (code: number) => top().items.push(literals[code] ?? literalOf(code));
  // The values of one variable have the same classes many times.
  const classes = new Map<string, Pattern>();
  // Up to here, braces and commas are literal.
  let classUntil = -1;
  let i = 0;
  while (i < text.length) {
    const c = text.charCodeAt(i);
    if (c === 92) {
      const { codes, end } = escapedCharacter(text, i, bytes);
      for (const code of codes) literal(code);
      i = end;
    } else if (c === 63) {
      top().items.push({ kind: 'set', ranges: notSlash });
      i++;
    } else if (c === 42) {
      let end = i;
      while (text.charCodeAt(end) === 42) end++;
      // A whole path component, `/*/` or `/**` at the end, is never empty.
      const whole =
        text.charCodeAt(i - 1) === slash && (end === text.length || text.charCodeAt(end) === slash);
      if (whole) top().items.push({ kind: 'set', ranges: notSlash });
      top().items.push({ kind: 'repeat', ranges: end - i > 1 ? anything : notSlash });
      i = end;
    } else if (c === 91) {
      const end = classEnd(text, i);
      const wildcard = wildcardIn(text, i + 1, end);
      if (end < 0) {
        literal(c);
        i++;
      } else if (wildcard >= 0) {
        // apparmor_parser writes out a wildcard inside a class too, as `[^/\0]*`, and the class ends with that `]`.
        const isDouble = text.startsWith('**', wildcard);
        const inside = `${text.slice(i + 1, wildcard)}${isDouble ? '[^' : '[^/'}`;
        const ranges = classRanges(inside, 0, inside.length, bytes);
        top().items.push({ kind: text[wildcard] === '*' ? 'repeat' : 'set', ranges });
        classUntil = end;
        i = wildcard + (isDouble ? 2 : 1);
      } else {
        const inside = text.slice(i, end);
        const known = classes.get(inside) ?? {
          kind: 'set',
          ranges: classRanges(text, i + 1, end, bytes),
        };
        classes.set(inside, known);
        top().items.push(known);
        i = end + 1;
      }
    } else if (c === 123 && i > classUntil && stack.length < maxDepth) {
      stack.push({ choices: [], items: [] });
      i++;
    } else if (c === 44 && i > classUntil && stack.length > 1) {
      const open = top();
      open.choices.push(sequenceOf(open.items));
      open.items = [];
      i++;
    } else if (c === 125 && i > classUntil && stack.length > 1) {
      const closed = stack.pop() as { choices: Pattern[]; items: Pattern[] };
      closed.choices.push(sequenceOf(closed.items));
      top().items.push({ kind: 'choice', items: closed.choices });
      i++;
    } else {
      literal(c);
      i++;
    }
  }
  while (stack.length > 1) {
    const left = stack.pop() as { choices: Pattern[]; items: Pattern[] };
    left.choices.push(sequenceOf(left.items));
    top().items.push({ kind: 'choice', items: left.choices });
  }
  return sequenceOf(top().items);
}

/** A class that starts at `from` is negated. A backslash does not keep apparmor_parser from it. */
function isNegated(text: string, from: number): boolean {
  return text[from] === '^' || text.startsWith('\\^', from);
}

/** A negated class of bytes has NUL: apparmor_parser leaves it out of wildcards only. */
function classRanges(text: string, from: number, to: number, bytes: boolean): Ranges {
  const negated = isNegated(text, from);
  const ranges: [number, number][] = [];
  let i = negated ? text.indexOf('^', from) + 1 : from;
  while (i < to) {
    let low = text.charCodeAt(i);
    let end = i + 1;
    if (low === 92) ({ code: low, end } = escaped(text, i));
    i = end;
    let high = low;
    // Here too a backslash before the - changes nothing.
    if (text.startsWith('\\-', i) && i + 2 < to) i++;
    if (text[i] === '-' && i + 1 < to) {
      high = text.charCodeAt(i + 1);
      end = i + 2;
      if (high === 92) ({ code: high, end } = escaped(text, i + 1));
      i = end;
    }
    if (high >= low) ranges.push([low, high]);
  }
  ranges.sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [low, high] of ranges) {
    const last = merged.length - 1;
    if (last > 0 && low <= (merged[last] as number) + 1)
      merged[last] = Math.max(merged[last] as number, high);
    else merged.push(low, high);
  }
  if (!negated) return merged;
  const complement: number[] = [];
  let next = bytes ? 0 : 1;
  for (let k = 0; k < merged.length; k += 2) {
    if ((merged[k] as number) > next) complement.push(next, (merged[k] as number) - 1);
    next = Math.max(next, (merged[k + 1] as number) + 1);
  }
  if (next <= maxUnit) complement.push(next, maxUnit);
  return complement;
}

/**
 * Every path of a pattern without wildcards; undefined when they are more than `limit`, or more than the budget
 * covers.
 */
export function pathsOf(text: string, limit: number, budget: Budget): string[] | undefined {
  if (isPlain(text)) return [text];
  const walk = (pattern: Pattern, starts: readonly string[]): string[] | undefined => {
    if (starts.length > limit || !budget.spend(2 * starts.length)) return undefined;
    if (pattern.kind === 'set') {
      const c = String.fromCharCode(pattern.ranges[0] as number);
      return starts.map((start) => start + c);
    }
    if (pattern.kind === 'sequence') {
      let all: readonly string[] | undefined = starts;
      for (const item of pattern.items) all = all && walk(item, all);
      return all as string[] | undefined;
    }
    if (pattern.kind === 'repeat') return undefined;
    const all: string[] = [];
    for (const item of pattern.items) {
      const found = walk(item, starts);
      if (!found) return undefined;
      for (const path of found) all.push(path);
      if (all.length > limit) return undefined;
    }
    return all;
  };
  if (!budget.spend(text.length)) return undefined;
  const found = walk(parsePattern(text), ['']);
  return found && found.length <= limit ? [...new Set(found)] : undefined;
}

/** One path that a pattern matches: first alternatives, the first character of classes, repeats left out. */
export function samplePath(text: string): string {
  let path = '';
  const walk = (pattern: Pattern): void => {
    if (pattern.kind === 'sequence') for (const item of pattern.items) walk(item);
    else if (pattern.kind === 'choice') walk(pattern.items[0] as Pattern);
    else if (pattern.kind === 'set') path += String.fromCharCode(printable(pattern.ranges));
  };
  walk(parsePattern(text));
  return path;
}

/** A letter of a set where it has one, else its first character. */
function printable(ranges: Ranges): number {
  for (let i = 0; i < ranges.length; i += 2) {
    if ((ranges[i] as number) <= 120 && 120 <= (ranges[i + 1] as number)) return 120;
  }
  return ranges[0] ?? 0;
}
