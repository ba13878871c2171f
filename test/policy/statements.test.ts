// The maximum number of statements in one file.
import { describe, expect, test } from 'vitest';
import { check, format, lint, parse } from '../../policy/index.ts';
import { maxStatements } from '../../policy/syntax/limits.ts';

/** Files of `n` statements of one kind. */
const kinds: Record<string, (statements: number) => string> = {
  rules: (n) => `profile p {\n${'  /a r,\n'.repeat(n - 1)}}\n`,
  comments: (n) => `profile p {\n${'  # a\n'.repeat(n - 1)}}\n`,
  profiles: (n) => Array.from({ length: n }, (_, i) => `profile p${i} {\n}\n`).join('\n'),
  'rules in children': (n) => `profile p {\n${'  ^h {\n    /a r,\n  }\n\n'.repeat(n / 2)}}\n`,
  'text that is not a rule': (n) => `profile p {\n${'  ) a,\n'.repeat(n - 1)}}\n`,
  variables: (n) => '@{A} += a\n'.repeat(n),
};

const message = `The file has more than ${maxStatements} statements.`;
const limits = (text: string) =>
  check(text).diagnostics.filter((one) => one.id === 'limit' && one.message === message);

describe.each(Object.entries(kinds))('%s', (_, make) => {
  test('over the maximum are one error, at the first', () => {
    const text = make(maxStatements + 2);
    const ids = check(text).diagnostics.map(({ id }) => id);
    expect(ids).toContain('limit');
    expect(ids).not.toContain('unclosed-block');
    expect(limits(text).length).toBe(ids.includes('syntax') ? 0 : 1);
    expect(lint(text, { packageName: 'p' }).errors).toBeGreaterThan(0);
  });

  test('over the maximum are not formatted away', () => {
    const text = make(maxStatements + 2);
    expect(format(text).text).toBe(text);
  });
});

test('a file of the maximum is accepted', () => {
  const text = kinds.rules?.(maxStatements) ?? '';
  expect(limits(text)).toEqual([]);
  expect(parse(text).file.statements).toHaveLength(1);
});
