// The resolver over a real folder: where it looks, and what including a directory leaves out.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { check } from '../../policy/index.ts';
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

test('a magic include is looked for in the base, then in the include folders', () => {
  expect(problems('profile p {\n  include <abs/a>\n  include <abs/b>\n}\n')).toEqual([]);
  expect(problems('profile p {\n  include <abs/c>\n}\n')).toEqual(['missing-include']);
});

test('a directory is all of its files but backups, hidden files, README and folders', () => {
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
