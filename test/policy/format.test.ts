// The formatter is canonical, stable and preserves the policy.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { format } from '../../policy/index.ts';
import { cases, corpus } from '../../scripts/conformance.ts';
import { findParser } from '../../sdk/host/parser.ts';
import { commentsOf, shapeOf } from './shape.ts';

test('formats a policy canonically', () => {
  const messy = `#include   <tunables/global>
@{X}   =  a    b   # values


profile   p  /usr/bin/p   flags = ( complain,audit ){
# first
    owner   file  /x   rw   ,   # why
  capability  chown
      setuid,
 signal(send)set=(hup,int)peer=q,



  if $A and  not ( $B ){
  /y r,} else if defined @{X}{
  } else{ /z r, }
  ^h {}
  # last
}
`;
  expect(format(messy).text).toBe(`#include <tunables/global>
@{X} = a b # values

profile p /usr/bin/p flags=(complain, audit) {
  # first
  owner file /x rw, # why
  capability chown setuid,
  signal (send) set=(hup, int) peer=q,

  if $A and not ($B) {
    /y r,
  } else if defined @{X} {
  } else {
    /z r,
  }
  ^h {
  }
  # last
}
`);
});

test('breaks long rules and long lists of values', () => {
  const values = Array.from({ length: 30 }, (_, i) => `/srv/value-${i}`).join(' ');
  const text = `@{LONG} = ${values}\nprofile p {\n  dbus send bus=system path=/org/freedesktop/Something/Very/Long interface=org.freedesktop.Something member=Member peer=(name=org.x, label=q),\n}\n`;
  const { text: formatted } = format(text);
  expect(Math.max(...formatted.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(shapeOf(formatted)).toBe(shapeOf(text));
  expect(format(formatted).text).toBe(formatted);
});

test('does not change a text with errors', () => {
  const broken = 'profile p {\n  /x   rw\n';
  expect(format(broken).text).toBe(broken);
  expect(format(broken).diagnostics).not.toEqual([]);
});

const here = existsSync(corpus);

describe('the corpus', () => {
  test.skipIf(!here)(
    `keeps tree and comments, and is stable${here ? '' : ` (skipped: no corpus at ${corpus})`}`,
    () => {
      for (const one of cases()) {
        const source = readFileSync(one.path, 'utf8');
        const { text, diagnostics } = format(source);
        if (diagnostics.some((found) => found.severity === 'error')) continue;
        const name = one.name;
        expect({ name, text: format(text).text }).toEqual({ name, text });
        expect({ name, tree: shapeOf(text) }).toEqual({ name, tree: shapeOf(source) });
        expect({ name, comments: commentsOf(text) }).toEqual({
          name,
          comments: commentsOf(source),
        });
      }
    },
  );
});

const parser = await findParser();
const folder = mkdtempSync(join(tmpdir(), 'aa-format-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The compiled policy; undefined if Debian's parser refuses it. */
function compile(path: string, options: string[] = []): Buffer | undefined {
  const result = spawnSync(
    'prlimit',
    [
      `--as=${512 << 20}`,
      'timeout',
      '10',
      parser ?? 'apparmor_parser',
      '-Q',
      '-K',
      '-S',
      ...options,
      path,
    ],
    { maxBuffer: 1 << 28, cwd: here ? join(corpus, 'parser-tests/tst') : folder },
  );
  return result.status === 0 ? result.stdout : undefined;
}

describe('compiled by Debian’s apparmor_parser', () => {
  const hostFolders = ['/etc/apparmor.d', '/usr/share/apparmor/extra-profiles'].filter((path) =>
    existsSync(path),
  );
  const files = [
    ...hostFolders.flatMap((path) =>
      readdirSync(path, { withFileTypes: true })
        .filter((one) => one.isFile() && one.name !== 'README')
        .map((one) => ({ path: join(path, one.name), options: [] as string[] })),
    ),
    ...(here
      ? cases()
          .filter((one, index) => one.part === 'hand-written' && one.expected && index % 10 === 0)
          .map((one) => ({
            path: one.path,
            options: ['-b', join(corpus, 'parser-tests/tst/simple_tests')],
          }))
      : []),
  ];
  test.skipIf(!parser)(
    `formatting does not change the compiled policy${parser ? '' : ' (skipped: no apparmor_parser)'}`,
    () => {
      let compared = 0;
      for (const { path, options } of files) {
        const before = compile(path, options);
        if (!before) continue;
        const copy = join(folder, 'formatted');
        writeFileSync(copy, format(readFileSync(path, 'utf8')).text);
        const after = compile(copy, options);
        expect({ path, same: after?.equals(before) }).toEqual({ path, same: true });
        compared++;
      }
      if (hostFolders.length > 1) expect(compared).toBeGreaterThan(100);
    },
    300_000,
  );
});

test('a priority is written without spaces', () => {
  const text = 'profile p {\n  priority = -1 /x r,\n}\n';
  expect(format(text).text).toBe('profile p {\n  priority=-1 /x r,\n}\n');
  expect(shapeOf(format(text).text)).toBe(shapeOf(text));
});
