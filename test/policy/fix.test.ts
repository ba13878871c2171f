import { expect, test } from 'vitest';
import { fixRepeatedly } from '../../policy/fix.ts';

/** Fixes a text of this length in which each fix causes another; returns the passes and the characters checked again. */
function measureFix(length: number): { passes: number; characters: number } {
  const start = { offset: 0, line: 1, column: 1 };
  const span = { start, end: start };
  let passes = -1;
  let characters = -length;
  const { applied } = fixRepeatedly(
    'x'.repeat(length),
    (text) => {
      passes++;
      characters += text.length;
      const fix = { span, text: 'y' };
      return { diagnostics: [{ id: 'endless', severity: 'warning', message: '', span, fix }] };
    },
    () => 0,
  );
  expect(applied).toHaveLength(passes);
  return { passes, characters };
}

test.each([100, 16 * 1024, 64 * 1024])('a text of %i characters is fixed five times', (length) => {
  expect(measureFix(length).passes).toBe(5);
});

test.each([256 * 1024, 1024 * 1024, 4 * 1024 * 1024])(
  'a text of %i characters is fixed at least once, and little of it is checked again',
  (length) => {
    const { passes, characters } = measureFix(length);
    expect(passes).toBeGreaterThanOrEqual(1);
    expect(characters).toBeLessThanOrEqual(Math.max(1_000_000, length + 1));
  },
);
