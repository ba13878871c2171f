import { applyPatch, formatPatch, type StructuredPatch } from 'diff';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareLines, lineLimits } from '../../worker/analysis/line-diff.ts';

const lines = (count: number, of: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => `${of(at)}\n`).join('');

test('the changed parts make the second text of the first', () => {
  const text = fc
    .array(fc.constantFrom('  /a r,', '  /b w,', '}', '', '# \u202e'), { maxLength: 40 })
    .map((all) => all.join('\n'));
  fc.assert(
    fc.property(text, text, (from, to) => {
      const found = compareLines({ from, to });
      if (!found.known) throw new Error(found.reason);
      const names = { oldFileName: 'a', newFileName: 'b', oldHeader: '', newHeader: '' };
      const patch: StructuredPatch = { ...names, hunks: found.hunks };
      expect(applyPatch(from, formatPatch(patch))).toBe(to);
      expect(found.hunks.length === 0).toBe(from === to);
    }),
  );
});

describe('limits', () => {
  const half = lineLimits.edits / 2;
  test.each([
    ['the most lines', lines(lineLimits.lines - 1, (at) => `/${at} r,`), 0, true],
    ['more lines', lines(lineLimits.lines, (at) => `/${at} r,`), 0, false],
    ['the most changes', lines(half, (at) => `/${at} r,`), half, true],
    ['more changes', lines(half + 1, (at) => `/${at} r,`), half + 1, false],
  ])('%s', (_, from, changed, known) => {
    const to = lines(changed, (at) => `/${at} w,`) + from.split('\n').slice(changed).join('\n');
    expect(compareLines({ from, to }).known).toBe(known);
  });

  test('lines that repeat in many ways are over a limit', () => {
    const from = lines(4_900, (at) => 'ab'[at % 2] ?? '');
    const to = lines(4_900, (at) => 'baa'[at % 3] ?? '');
    expect(compareLines({ from, to })).toEqual({
      known: false,
      reason: `differ in more than ${lineLimits.edits} lines`,
    });
  });
});
