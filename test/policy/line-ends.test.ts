// How lines end: the last line of a file, CR LF, and CR alone. Where apparmor_parser is there, it is asked too.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { applyFixes, check, format, type IncludeResolver } from '../../policy/index.ts';
import { findParser } from '../../sdk/host/parser.ts';

const parser = await findParser();
const folder = mkdtempSync(join(tmpdir(), 'aa-line-ends-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Whether apparmor_parser takes the text; undefined when there is no parser. */
function taken(text: string, included?: string): boolean | undefined {
  if (!parser) return undefined;
  mkdirSync(join(folder, 'local'), { recursive: true });
  writeFileSync(join(folder, 'policy'), text);
  if (included !== undefined) writeFileSync(join(folder, 'local/x'), included);
  const options = ['-Q', '-K', '-S', '-b', folder, join(folder, 'policy')];
  const limits = [`--as=${512 << 20}`, 'timeout', '10', parser];
  return spawnSync('prlimit', [...limits, ...options]).status === 0;
}

const idsOf = (text: string, resolver?: IncludeResolver) =>
  check(text, resolver && { resolver }).diagnostics.map((one) => one.id);

describe('a last line with a # and no newline', () => {
  const profile = 'profile a {\n  /a r,\n}\n';
  const refused = [
    `${profile}# c`,
    `${profile}#`,
    `${profile}  # vim: ft=apparmor`,
    `${profile}# c\r`,
    `${profile}# include`,
    `${profile}## #`,
    `${profile}#é`,
    'profile a {\n  /a r,\n}# c',
    'profile a {\n  /a r,\n} # c # d',
    '#',
    '@{a}=b\n# c',
    'include <local/x> # c',
    'alias /a -> /b, # c',
    '#include <local/x>',
    '#include if exists <local/x>',
    `${profile}\n\n#include "x"`,
  ];
  test.each(refused)('%j is refused, and the fix and fmt end the line', (text) => {
    expect(idsOf(text)).toContain('final-newline');
    expect(taken(text, '')).not.toBe(true);
    const fixed = applyFixes(text, check(text).diagnostics);
    expect(fixed).toBe(`${text}\n`);
    expect(idsOf(fixed)).toEqual([]);
    const formatted = format(text);
    expect(formatted.diagnostics).toEqual([]);
    expect(formatted.text).toBe(format(fixed).text);
    expect(formatted.text.endsWith('\n')).toBe(true);
  });

  test.each([
    'profile a {\n  /a r,\n}',
    'profile a {\n  /a r,\n} ',
    'profile a {\n  /a#b r,\n}',
    'profile a { "/a # b" r, }',
    '# c\nprofile a { /a r, }',
    '@{a}=b # c',
    '@{a}=b #',
    '@{a}=b #include <x>',
    '@{a}="b # c"',
    'abi <abi/3.0>,',
    'include <local/x>',
    '',
  ])('%j is not', (text) => {
    expect(idsOf(text)).toEqual([]);
    writeFileSync(join(folder, '3.0'), '');
    if (!text.startsWith('abi')) expect(taken(text, '')).not.toBe(false);
  });

  test.each([
    ['/b r, # c', false],
    ['# c', false],
    ['#', false],
    ['/b r,\n# c\r', false],
    ['/b r,', true],
    ['/b r,\n# c\n', true],
    ['/b#c r,', true],
  ])('in an included file: %j', (source, ok) => {
    const text = 'profile a {\n  include <local/x>\n}\n';
    const found = check(text, { resolver: () => ({ file: 'local/x', source }) });
    expect(found.diagnostics.map(({ id, file }) => [id, file])).toEqual(
      ok ? [] : [['final-newline', 'local/x']],
    );
    if (parser) expect(taken(text, source)).toBe(ok);
  });
});
