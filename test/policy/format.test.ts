import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { format } from '../../policy/index.ts';
import { cases, corpus } from '../../scripts/conformance.ts';
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
  /y r,} else if defined @{X} {
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

test('a priority is written without spaces', () => {
  const text = 'profile p {\n  priority = -1 /x r,\n}\n';
  expect(format(text).text).toBe('profile p {\n  priority=-1 /x r,\n}\n');
  expect(shapeOf(format(text).text)).toBe(shapeOf(text));
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
