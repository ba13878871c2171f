// The automata compared with a backtracking matcher, on small patterns and all short paths.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPattern, type Pattern, parsePattern } from '../../policy/glob/aare.ts';
import {
  type Automaton,
  automaton,
  covers,
  intersects,
  matches,
} from '../../policy/glob/automaton.ts';
import { cost } from './cpu.ts';

const build = (pattern: string): Automaton => {
  const result = automaton(pattern);
  if (!result) throw new Error(`too large: ${pattern}`);
  return result;
};

/** The possible ends in `text` of matches of `pattern` that start at `from`. */
function ends(pattern: Pattern, text: string, from: Set<number>): Set<number> {
  const one = (at: number, ranges: readonly number[]) => {
    const code = text.charCodeAt(at);
    for (let i = 0; i < ranges.length; i += 2) {
      if (at < text.length && code >= (ranges[i] as number) && code <= (ranges[i + 1] as number))
        return true;
    }
    return false;
  };
  switch (pattern.kind) {
    case 'set':
      return new Set([...from].filter((at) => one(at, pattern.ranges)).map((at) => at + 1));
    case 'repeat': {
      const all = new Set(from);
      for (const at of all) if (one(at, pattern.ranges)) all.add(at + 1);
      return all;
    }
    case 'sequence':
      return pattern.items.reduce((at, item) => ends(item, text, at), from);
    case 'choice':
      return new Set(pattern.items.flatMap((item) => [...ends(item, text, from)]));
  }
}

const matchesByExpression = (pattern: string, text: string) =>
  ends(parsePattern(pattern), text, new Set([0])).has(text.length);

const alphabet = ['a', 'b', '/'];
const paths: string[] = [''];
for (let i = 0; paths[i] !== undefined && (paths[i] as string).length < 5; i++) {
  for (const c of alphabet) paths.push(paths[i] + c);
}

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', '/') },
  fc.constantFrom('*', '**', '?', '[ab]', '[^a]', '[a-b]', '{a,b}', '{,a}', '{a*,/b}', '{a,{b,/}}'),
);
const pattern = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));

describe('classes', () => {
  // As in apparmor_parser, a backslash does not escape ^ and -.
  test.each([
    ['[\\^a]', ['b', '^'], ['a']],
    ['[a\\^]', ['a', '^'], ['b']],
    ['[a\\-c]', ['a', 'b', 'c'], ['-', 'd']],
    ['[\\-a]', ['-', 'a'], ['b']],
    ['[\\]a]', [']', 'a'], ['\\']],
  ])('%s', (text, inside, outside) => {
    expect(inside.filter((one) => !matches(build(text), one))).toEqual([]);
    expect(outside.filter((one) => matches(build(text), one))).toEqual([]);
  });
});

describe('classes with a wildcard inside', () => {
  // As compiled by apparmor_parser 3.0.8: the wildcard is expanded to another class, which ends the enclosing one.
  test.each([
    ['[*]', [']', '[]', '/]', '[/]'], ['*', 'a', '']],
    ['[a*b]', ['b]', 'ab]', 'aab]', 'a/b]'], ['a', '*', 'b']],
    ['[?]', ['[]', '/]'], ['?', ']', 'a]']],
    ['[a?b]', ['ab]', '[b]'], ['b]', 'aab]', 'a']],
    ['[^*]', [']', 'a]', 'ab]'], ['a', '[]', '/]']],
    ['[^a*]', [']', 'xy]'], ['a]', 'x']],
    ['[a**]', [']', 'a]', 'a[]'], ['/]', 'a']],
    ['[*-]', ['-]', '[-]'], ['-', '*']],
    ['{a,[*,b]}', ['a', ',b]'], ['b', ']']],
    ['[*]c', [']c', '[]c'], ['*c', 'c']],
    ['[\\*]', ['*'], [']', '\\']],
  ])('%s', (text, inside, outside) => {
    expect(checkPattern(text)).toBeUndefined();
    expect(inside.filter((one) => !matches(build(text), one))).toEqual([]);
    expect(outside.filter((one) => matches(build(text), one))).toEqual([]);
  });
});

describe('patterns that apparmor_parser refuses, or not', () => {
  test.each([
    ['/x[a-]', false],
    ['/x[a\\-]', false],
    ['/x[a-z\\-]', false],
    ['/x[a-\\-]', false],
    ['/x[\\*-]', false],
    ['/x y\\', false],
    ['/x\\\\\\', false],
    ['/x\\\\', true],
    ['/x[\\-a]', true],
    ['/x[a\\-z]', true],
    ['/x[*a-]', true],
    ['/x[?-]', true],
    ['/x[^*-]', true],
    ['/x[a-*]', true],
    // After a wildcard inside a class, a [ begins another.
    ['/x[*[]', false],
    ['/x[?[]', false],
    ['/x[^*[]', false],
    ['/x[**[]', false],
    ['/x[*a[]', false],
    ['/x[*[^]', false],
    ['/x[*[a-]', false],
    ['/x[*[a-][b]', false],
    ['/x[*[]{a,b}', false],
    ['/x[?*[]', false],
    ['/x[\\^]', false],
    ['/x[*[a]', true],
    ['/x[*[-a]', true],
    ['/x[*[^a]', true],
    ['/x[*[*]', true],
    ['/x[*[a[]', true],
    ['/x[*[[]', true],
    ['/x[*\\[]', true],
    ['/x[\\*[]', true],
    ['/x[[*]', true],
    ['/x[a[]', true],
  ])('%s', (text, accepted) => {
    expect(checkPattern(text) === undefined).toBe(accepted);
  });
});

describe('automata', () => {
  test('match the same paths as the pattern', () => {
    fc.assert(
      fc.property(pattern, (text) => {
        const one = build(text);
        for (const path of paths)
          expect([path, matches(one, path)]).toEqual([path, matchesByExpression(text, path)]);
      }),
      { numRuns: 300 },
    );
  });

  test('intersect if a path matches both', () => {
    fc.assert(
      fc.property(pattern, pattern, (x, y) => {
        const common = paths.some(
          (path) => matchesByExpression(x, path) && matchesByExpression(y, path),
        );
        if (common) expect(intersects(build(x), build(y))).toBe(true);
        expect(intersects(build(x), build(y))).toBe(intersects(build(y), build(x)));
      }),
      { numRuns: 500 },
    );
  });

  test('cover only what they match', () => {
    fc.assert(
      fc.property(pattern, fc.array(pattern, { minLength: 1, maxLength: 3 }), (x, outer) => {
        const covered = covers(outer.map(build), build(x));
        const counterexample = paths.some(
          (path) =>
            matchesByExpression(x, path) && !outer.some((y) => matchesByExpression(y, path)),
        );
        if (counterexample) expect(covered).toBe(false);
        expect(covers([build(x)], build(x))).toBe(true);
        expect(covers([...outer.map(build), build(x)], build(x))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test.each([
    ['/x/*', '/x/', false],
    ['/x/**', '/x/', false],
    ['/x*', '/x', true],
    ['/x/**', '/x/a/b', true],
    ['/x/*', '/x/a/b', false],
    ['/[^f]*/**', '/sys/a', true],
    ['/x\\*', '/x*', true],
    ['/x\\*', '/xa', false],
    ['/x\\x41\\101\\d065', '/xAAA', true],
    ['/{usr/,}bin/{a,b{1,2}}', '/bin/b2', true],
    ['/a[]', '/a', false],
  ])('%s and %s: %s', (text, path, expected) => {
    expect(matches(build(text), path)).toBe(expected);
  });
});

test('a pattern with a huge automaton has no result, within bounded time', () => {
  expect(automaton('a'.repeat(100_000))).toBeUndefined();
  const nested = `${'{a,'.repeat(49)}b${'}'.repeat(49)}`;
  expect(checkPattern(nested)).toBeUndefined();
  expect(checkPattern(`{${nested},c}`)?.message).toBe('Braces nest deeper than 49 levels.');
  expect(automaton(nested)).toBeDefined();
  const stars = `/${'*a'.repeat(300)}`;
  const spent = cost(() => {
    intersects(build(stars), build(`/${'*b'.repeat(300)}`));
    covers([build(`/${'**a*'.repeat(200)}`)], build(stars));
  });
  expect(spent).toBeLessThan(50);
});
