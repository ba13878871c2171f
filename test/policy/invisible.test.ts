// Invisible characters are an error in rules and a warning in comments, reported with code point and position.
import { expect, test } from 'vitest';
import { isVisible, lint, visible } from '../../policy/index.ts';

const found = (line: string) =>
  lint(`abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  ${line}\n}\n`).diagnostics.filter(
    (one) => one.id === 'invisible-character',
  );
const codes = [
  ...[0xad, 0x61c, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e, 0x2060],
  ...[0x2064, 0x2066, 0x2069, 0xfeff, 0xa0, 0x2003, 0x3000, 0x85, 0x1b, 0xe0041],
];

test.each(codes)('%i', (code) => {
  const character = String.fromCodePoint(code);
  const hex = code.toString(16).toUpperCase().padStart(4, '0');
  const [rule] = found(`deny /etc/shadow${character} r,`);
  expect(rule).toMatchObject({ severity: 'error', span: { start: { line: 3, column: 19 } } });
  expect(rule?.message).toContain(`U+${hex} `);
  expect(found(`/x r, # a${character}b`).map((one) => one.severity)).toEqual(['warning']);
  expect(found(`# lint-ignore invisible-character: no\n  /x${character} r,`)[0]?.severity).toBe(
    'error',
  );
});

test('is named in the message', () => {
  expect(found('deny /etc/shadow\u200b r,')[0]).toMatchObject({
    message: 'U+200B (zero width space) is invisible: the rule is not what it looks like.',
    expected: 'remove it',
  });
});

test('a space in quotes is a warning, letters of any script are fine', () => {
  expect(found('"/srv/a\u00a0b" r,').map((one) => one.severity)).toEqual(['warning']);
  expect(found('"/srv/a\u200bb" r,').map((one) => one.severity)).toEqual(['error']);
  expect(found('/srv/жпт-日本-é r, # ü')).toEqual([]);
});

test('a text is visible exactly if nothing in it is spelt out', () => {
  const units = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit));
  expect(units.filter((text) => isVisible(text) !== (visible(text) === text))).toEqual([]);
});
