// The resolver for folders: its search path and the files of included directories.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { check, isIgnoredInclude } from '../../policy/index.ts';
import { fileResolver } from '../../sdk/host/includes.ts';

const folder = mkdtempSync(join(tmpdir(), 'aa-includes-'));
afterAll(() => rmSync(folder, { recursive: true }));
const put = (path: string, text: string) => {
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), text);
};
put('base/abs/a', '/a r,\n');
put('more/abs/b', '/b r,\n');
put('base/dir/one', '@{ONE} = /one\n');
for (const name of ['two~', 'two.dpkg-new', '.two', 'README', 'two.rpmsave']) {
  put(`base/dir/${name}`, 'this is no policy\n');
}
put('base/dir/sub/three', 'neither is this\n');

const resolver = fileResolver({
  base: join(folder, 'base'),
  include: [join(folder, 'more')],
  cwd: folder,
});
const problems = (text: string) => check(text, { resolver }).diagnostics.map((one) => one.id);

test('a magic include is searched in the base, then in the include folders', () => {
  expect(problems('profile p {\n  include <abs/a>\n  include <abs/b>\n}\n')).toEqual([]);
  expect(problems('profile p {\n  include <abs/c>\n}\n')).toEqual(['missing-include']);
});

test('a directory includes its files except backups, hidden files, README and subfolders', () => {
  expect(problems('include <dir>\nprofile p {\n  @{ONE}/x r,\n}\n')).toEqual([]);
});

test('relative and absolute paths', () => {
  expect(problems('profile p {\n  include "more/abs/b"\n}\n')).toEqual([]);
  expect(problems(`profile p {\n  include "${join(folder, 'base/abs/a')}"\n}\n`)).toEqual([]);
  expect(problems('profile p {\n  include "abs/b"\n}\n')).toEqual(['missing-include']);
});

test('a file is read once', () => {
  const request = { path: 'abs/a', kind: 'magic', statement: 'include' } as const;
  expect(resolver(request)).toBe(resolver(request));
});

test('a missing <tunables/global> is one error, at its first use in the file', () => {
  put('base/tunables/global', '@{HOME} = /home/*/\n@{PROC} = /proc/\n@{odd} = /odd/\n');
  put('base/abs/many', '@{HOME}/a r,\n@{PROC}/b r,\ninclude <abs/more>\n');
  put('base/abs/more', '@{odd}/c r,\n');
  const found = (text: string) =>
    check(text, { resolver }).diagnostics.map(
      ({ id, file, span: { start }, message, expected }) => ({
        at: `${file === undefined ? '' : 'elsewhere '}${start.line}:${start.column}`,
        id,
        message,
        expected,
      }),
    );
  const expected = 'include <tunables/global> before the first profile';
  const id = 'undefined-variable';
  expect(found('profile p {\n  include <abs/many>\n  @{PROC}/x r,\n}\n')).toEqual([
    {
      at: '2:11',
      id,
      expected,
      message: expect.stringMatching(/@\{HOME\}, which \S+abs\/many uses, nor/),
    },
  ]);
  // The file's own rule comes first; an error in a nested include is reported with it.
  expect(found('profile p {\n  @{PROC}/x r,\n  include <abs/more>\n}\n')).toEqual([
    { at: '2:3', id, expected, message: expect.stringContaining('@{PROC}, nor @{odd}:') },
  ]);
  expect(
    found('profile p {\n  include <abs/many>\n}\nprofile q {\n  include <abs/many>\n}\n'),
  ).toHaveLength(1);
  // Other missing variables are reported one by one.
  expect(found('profile p {\n  @{mine}/x r,\n  @{HOME}/y r,\n}\n').map(({ at }) => at)).toEqual([
    '2:3',
    '3:3',
  ]);
  expect(found('@{HOME} += /srv/\nprofile p {\n}\n')).toMatchObject([{ at: '1:1', expected }]);
  // With the include, an unknown variable is the error of the file that uses it.
  const whole = (rule: string) => `include <tunables/global>\nprofile p {\n  ${rule}\n}\n`;
  expect(found(whole('include <abs/many>'))).toEqual([]);
  put('base/abs/wrong', '@{nobodys}/c r,\n');
  expect(found(whole('include <abs/wrong>'))).toMatchObject([{ at: 'elsewhere 1:1' }]);
});

test('an include of variables in the wrong place is one error, at the include of this file', () => {
  put('base/tunables/two', '@{A} = /a\n@{B} = /b\n');
  put('base/tunables/all', 'include <tunables/two>\n$' + '{c} = true\nalias /a/ -> /b/,\n');
  for (const [text, line] of [
    ['profile p {\n}\ninclude <tunables/all>\n', 3],
    ['profile p {\n  include <tunables/all>\n}\n', 2],
    ['profile p {\n}\ninclude <tunables/two>\ninclude <tunables/all>\n', 3],
  ] as const) {
    const { diagnostics } = check(text, { resolver });
    const [first] = diagnostics;
    expect(first).toMatchObject({ id: 'preamble-position', span: { start: { line } } });
    expect(diagnostics.map(({ file }) => file)).toEqual(diagnostics.map(() => undefined));
    expect(diagnostics.length).toBe(text.match(/include/g)?.length);
  }
});

// As apparmor_parser 3.0.8 and 5.0.2 do with a folder that has only this file.
test.each([
  ['README', true],
  ['README.txt', false],
  ['README.md', false],
  ['a.orig', true],
  ['a.dpkg-dist', true],
  ['a~', true],
  ['.a', true],
  ['a.bak', false],
  ['a.swp', false],
  ['a.dpkg-backup', false],
])('including a folder ignores %s: %s', (name, ignored) => {
  expect(isIgnoredInclude(name)).toBe(ignored);
});
