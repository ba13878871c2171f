// Line ends: the last line of a file, CR LF and CR alone. Also compared with apparmor_parser if installed.
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

/** Whether apparmor_parser accepts the text; undefined if it is not installed. */
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

describe('a last line with # and without a newline', () => {
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
  test.each(refused)('%j is refused, and the fix and fmt add the newline', (text) => {
    expect(idsOf(text)).toContain('final-newline');
    expect(taken(text, '')).not.toBe(true);
    const fixed = applyFixes(text, check(text).diagnostics).text;
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
  ])('%j is accepted', (text) => {
    expect(idsOf(text).filter((one) => one !== 'comment-after-values')).toEqual([]);
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

describe('carriage returns', () => {
  const rule = (text: string) => `profile a {\r\n  ${text}\r\n}\r\n`;
  const refused = [
    'dbus send\r\n bus=system,',
    'dbus eavesdrop,',
    'dbus send peer=(name=a.b\r\n label=c),',
    'dbus (send\r\n receive) bus=system,',
    'signal send\r\n peer=x,',
    'signal send,',
    'signal set=(term\r\n kill) peer=x,',
    'ptrace (read\r\n trace) peer=x,',
    'ptrace read,',
    'unix send\r\n type=stream,',
    'unix (send, receive\r\n) type=stream,',
    'mount options=(rw\r\n bind) /a -> /b/ ,',
    'mount /a\r\n -> /b/ ,',
    'mount /a ->\r\n /b/ ,',
    'mount /a -> /b/,',
    'umount /b/,',
    'remount /b/\r\n,',
    'r @{a}\r\n,',
  ];
  const whole = [
    'profile a flags=(complain\r\n attach_disconnected) {\r\n}\r\n',
    'profile a flags=(complain, attach_disconnected\r\n) {\r\n}\r\n',
    '@{a}\r\n = x\r\nprofile a {\r\n}\r\n',
    '@{a} = x \\\r\n y\r\nprofile a {\r\n}\r\n',
  ];
  test.each([...refused.map(rule), ...whole])('%j is refused, and fmt corrects it', (text) => {
    const source = text.includes('r @{a}') ? `@{a}=/x\r\n${text}` : text;
    expect(new Set(idsOf(source))).toEqual(new Set(['carriage-return']));
    const formatted = format(source);
    expect(formatted.diagnostics).toEqual([]);
    expect(formatted.text).not.toContain('\r');
    expect(taken(formatted.text)).not.toBe(false);
    expect(formatted.text).toBe(format(source.replaceAll('\r', '')).text);
  });

  test.each([
    'dbus send bus=system\r\n path=/x\r\n interface=a.b\r\n peer=(label=c),',
    'dbus send peer=(name=a.b,\r\n label=c),',
    'signal (send,\r\n receive)\r\n set=(term,\r\n kill)\r\n peer=x,',
    'ptrace read \r\n peer=x,',
    'capability chown\r\n setuid,',
    'network inet\r\n stream,',
    'link /a\r\n ->\r\n /b,',
    'change_profile /a\r\n ->\r\n b,',
    'pivot_root\r\n oldroot=/a/\r\n /b/\r\n -> c,',
    'owner\r\n file\r\n /a\r\n rw,',
    'set rlimit\r\n nofile\r\n <= 10\r\n ,',
    '# c\r in a comment',
    '"/a\rb" r,',
  ])('%j is accepted', (text) => {
    expect(idsOf(rule(text)).filter((id) => id !== 'control-character')).toEqual([]);
    expect(taken(rule(text))).not.toBe(false);
  });

  test.each([
    '/a r,\r /b r,',
    '/a \r r,',
    'capability\rchown,',
    'signal send \r peer=x,',
    'link /a ->\r/b,',
    'set rlimit nofile <= 10 \r,',
  ])('alone: %j is refused and not changed by fmt', (text) => {
    expect(idsOf(rule(text))).toContain('carriage-return');
    expect(taken(rule(text))).not.toBe(true);
    expect(format(rule(text)).text).toBe(rule(text));
  });
});
