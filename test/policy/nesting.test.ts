// The maximum nesting of blocks, the same in every runtime.
import { describe, expect, test } from 'vitest';
import { capabilitiesOf, check, format, lint, model, parse } from '../../policy/index.ts';
import { maxBlocks, maxDepth } from '../../policy/syntax/limits.ts';

const inside = (body: string) => `$X = true\nprofile p {\n${body}\n}\n`;
const kinds: Record<string, (levels: number) => string> = {
  'if in if': (n) => inside(`${'if $X { '.repeat(n)}capability chown, ${'} '.repeat(n)}`),
  'else if': (n) => inside(`${'if $X { /b r, } else '.repeat(n)}{ capability chown, }`),
  'if in else': (n) =>
    inside(`${'if $X { } else { '.repeat(n)}capability chown, ${'} '.repeat(n)}`),
  blocks: (n) => inside(`${'audit { '.repeat(n)}capability chown, ${'} '.repeat(n)}`),
  'if in blocks': (n) =>
    inside(`${'audit { if $X { '.repeat(n / 2)}capability chown, ${'} '.repeat(n)}`),
};

describe.each(Object.entries(kinds))('%s', (_, nested) => {
  test('is supported up to the limit by everything that reads a profile', () => {
    const text = nested(maxBlocks - 4);
    expect(check(text)).toMatchObject({ ok: true, diagnostics: [] });
    expect(lint(text).errors).toBe(0);
    expect(capabilitiesOf(parse(text).file)).toEqual(['chown']);
    expect(model(text, { presume: true }).profiles).toHaveLength(1);
    const formatted = format(text).text;
    expect(format(formatted).text).toBe(formatted);
    expect(formatted.length).toBeLessThan(text.length * 20);
  });

  test.each([maxBlocks + 2, 20_000])('is an error over the limit: %i', (levels) => {
    const { ok, diagnostics } = check(nested(levels));
    expect(ok).toBe(false);
    expect(diagnostics.map(({ id }) => id)).toContain('limit');
    expect(diagnostics.length).toBeLessThan(5);
  });
});

test('profiles and braces have lower limits', () => {
  const profiles = (n: number) => `${'profile p {\n'.repeat(n)}${'}\n'.repeat(n)}`;
  expect(check(profiles(maxDepth)).ok).toBe(true);
  expect(check(profiles(maxDepth + 1)).diagnostics).toMatchObject([
    { id: 'limit', message: `Profiles nest deeper than ${maxDepth} levels.` },
  ]);
  const brackets = (n: number) => inside(`if ${'('.repeat(n)}$X${')'.repeat(n)} { /a r, }`);
  expect(check(brackets(maxDepth)).ok).toBe(true);
  expect(check(brackets(maxDepth + 1)).ok).toBe(false);
});
