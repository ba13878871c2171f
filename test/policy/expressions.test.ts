// Expressions, words that start with a colon, and includes inside statements. The expected results are those of the
// parsers of 2.13.11, 3.0.13, 3.1.7, 4.0.3, 4.1.0 and 5.0.2.
import { describe, expect, test } from 'vitest';
import { applyFixes, check, format, type Release, releases } from '../../policy/index.ts';

const acceptedBy = (text: string) => releases.filter((target) => check(text, { target }).ok);
const profile = (rules: string) => `profile a {\n  ${rules}\n}\n`;
const since5: Release[] = ['5.0', '6.0'];
const before5: Release[] = ['2.13', '3.0', '3.1', '4.0', '4.1'];

describe('the value of a boolean', () => {
  test.each([
    ...['$b = not true\n', '$b = not true', '$c = true\n$b = $c\n', '$c = true\n$b = not $c\n'],
    ...['$b = true and false\n', '$b = (true)#c\n', '@{X} = a\n$b = @{X} == a\n'],
    ...['$b = defined $c\n', '$b = defined @{x}\n', '$b = 10 < 5\n', '$b = a in b\n'],
    ...['$b = true\n$b := not $b\n', '$b ?= not true\n', '$b = not"true"\n', '$b = "a" == "a"\n'],
    ...['$b = true or\nfalse\n', '$b = true\n# c\nor false\n', '$b =\nnot true\n'],
    ...[
      '$b = true \\\nor (false)\n',
      '$b = "a\nb" == c\n',
      '$b = ((true or false) and not (false))\n',
    ],
  ])('%j is accepted since 5.0', (text) => {
    expect(acceptedBy(text)).toEqual(since5);
    expect(check(text).ok).toBe(true);
    // The formatted text has the same meaning.
    expect(acceptedBy(format(text).text)).toEqual(since5);
  });

  test.each([
    ...['$b = not(true)\n', '$b = $d\n', '$b = (\ntrue)\n', '$b = (true\n)\n', '$b = a= b\n'],
    ...['$b = true false\n', '$b = true,\n', '$b = true and true#c\n', '$b = @{c}\n', '$b = and\n'],
    ...['$b = $b\n', '$b = $c\n$c = true\n', '$b = true\r\n$c = not true\r\n', '$b = true)\n'],
  ])('%j is accepted by no release', (text) => {
    expect(acceptedBy(text)).toEqual([]);
  });

  test.each([
    ['$c = true\n$b = not $c\n', false],
    ['$c = false\n$b = not $c and (defined $c)\n', true],
    ['$c = true\n$c := not $c\n$b = $c or @{X} in y\n', false],
  ])('%j is evaluated', (text, holds) => {
    const source = `@{X} = x\n${text}profile a {\n  if $b {\n    /x px,\n  }\n  /x ix,\n}\n`;
    expect(check(source).diagnostics.some(({ id }) => id === 'exec-conflict')).toBe(holds);
  });

  test('comments and includes after it are preserved', () => {
    const text =
      '$b = true\n# one\n#include <tunables/global>\n$c = not $b\n\n# two\nprofile a {\n}\n';
    expect(check(text).ok).toBe(true);
    expect(format(text).text).toBe(text);
  });
});

describe('the condition of an if', () => {
  const booleans = '$b = true\n@{x} = a\n';
  test.each([
    ...['$b and $b', '(true)and true', '(a == b)', '"a"in @{x}', '"true"', 'a!=b', '@{x}==a'],
    ...['"@{x}" == a', '@{x}/a == b', 'a in b,c', '(((a == b) or c == d) and (e == f))'],
  ])('if %s is accepted since 5.0', (test) => {
    expect(acceptedBy(`${booleans}${profile(`if ${test} {\n  }`)}`)).toEqual(since5);
  });

  test.each(['not$b', 'defined$b', 'defined@{x}'])('if %s is accepted before 5.0', (test) => {
    const text = `${booleans}${profile(`if ${test} {\n  }`)}`;
    expect(acceptedBy(text)).toEqual(before5);
    expect(check(text).ok).toBe(false);
  });

  test.each([
    ...[
      'not(true)',
      '(true)and(true)',
      '(true) and(true)',
      '@{x}in @{x}',
      '$b and$b',
      `\${b}and true`,
    ],
    ...[
      'a<b',
      '1 <2',
      '1< 2',
      'and == a',
      'a == or',
      'in in in',
      '(/a == /b)',
      'true\r\n',
      'not\r\ntrue',
    ],
  ])('if %j is accepted by no release', (test) => {
    expect(acceptedBy(`${booleans}${profile(`if ${test} {\n  }`)}`)).toEqual([]);
  });

  test('an include may follow one without else', () => {
    const text = profile('if defined $b {\n  }\n  #include <abstractions/base>');
    expect(acceptedBy(text)).toEqual([...releases]);
  });
});

describe('an include inside a statement', () => {
  test.each([
    ...['audit include <x>', 'owner\n  include "x"', 'deny #include <x>\n', '/x include <x>\n  r,'],
    ...['/x\n  #include <x>\n  ,', 'capability chown include <x>,', 'file\n  include <x>\n  /a r,'],
    ...['link /a\n  #include <x>\n  -> /b,', 'profile b include <x>\n  {\n  }', 'set include <x>'],
  ])('%j is refused, with the reason', (rules) => {
    const { diagnostics, ok } = check(profile(rules));
    expect(ok).toBe(false);
    const [first] = diagnostics.filter(({ id }) => id === 'include-in-statement');
    expect(first?.message).toMatch(/^An include inside a statement: .* by itself/);
  });

  test('after a rule without its comma, the comma is missing', () => {
    const text = profile('/x r\n  include <abstractions/base>');
    const { diagnostics } = check(text);
    expect(diagnostics.map(({ id }) => id)).toEqual(['missing-comma']);
    expect(check(applyFixes(text, diagnostics).text).ok).toBe(true);
  });
});

describe('a word that starts with a colon', () => {
  test.each([
    'pivot_root :,',
    'pivot_root : -> b,',
    'mount :,',
    'mount /a -> :,',
    'umount :,',
    ': r,',
  ])('%s is refused since 5.0', (rule) => {
    expect(acceptedBy(profile(rule))).toEqual(before5);
  });

  test('its fix is accepted by every release', () => {
    const text = profile('pivot_root :,');
    const fixed = applyFixes(text, check(text).diagnostics).text;
    expect(fixed).toBe(profile('pivot_root ":",'));
    expect(acceptedBy(fixed)).toEqual([...releases]);
  });

  test.each([
    ...['pivot_root : ,', 'pivot_root ::,', 'pivot_root /a -> :,', 'umount : ,', 'mount /a -> : ,'],
    ...['/x Px -> :,', '/x Px -> ::::x,', 'change_profile -> ::::x,', 'r : ,'],
  ])('%s is accepted by every release', (rule) => {
    expect(acceptedBy(profile(rule))).toEqual([...releases]);
  });

  test.each([':a r,', 'r &a,', 'owner &/a rw,', ':/a r,', '&a px -> b,'])(
    '%s is a rule that matches no file',
    (rule) => {
      expect(acceptedBy(profile(rule))).toEqual([...releases]);
      expect(check(profile(rule)).diagnostics).toMatchObject([
        { id: 'bare-word-path', severity: 'warning' },
      ]);
      expect(format(profile(rule)).text).toBe(profile(rule));
    },
  );

  test('with a brace after it, it is a profile', () => {
    expect(acceptedBy(':a:b {\n}\n')).toEqual([...releases]);
    expect(acceptedBy(':a {\n}\n')).toEqual([]);
  });
});

describe('escapes in the names of conditions', () => {
  test.each([
    ...[
      'unix peer=(\\x6cabel=x),',
      'dbus peer=(\\156ame=x),',
      'dbus peer=(n\\x61me=x, l\\x61bel=y),',
    ],
  ])('%s is accepted inside brackets', (rule) => {
    expect(check(profile(rule)).ok).toBe(true);
  });

  test.each([
    ...['unix l\\x61bel=x,', 'unix peer=(l\\abel=x),', 'unix p\\x65er=(label=x),'],
    ...['mount \\x6fptions=ro /a,', 'unix peer=(\\=x),', 'unix peer=(\\\\label=x),'],
  ])('%s is refused', (rule) => {
    expect(acceptedBy(profile(rule))).toEqual([]);
  });
});

describe('the operators of conditions', () => {
  test.each([
    ...[
      'unix peer=(label:=x),',
      'unix type:=stream,',
      'dbus bus:=session,',
      'dbus peer=(name:=x),',
    ],
    ...[
      'mount options:=ro /a,',
      'pivot_root oldroot:=/a /b,',
      'ptrace peer:=x,',
      'mqueue label:=x,',
    ],
    ...[
      'network inet ip:=1.2.3.4,',
      'network label:=x,',
      'signal set:=(kill),',
      'io_uring label:=x,',
    ],
    ...[
      'unix peer=(label in (x)),',
      'dbus peer=(name in (x)),',
      'network inet peer=(ip in (1.2.3.4)),',
    ],
  ])('%s is accepted by no release', (rule) => {
    expect(acceptedBy(profile(rule))).toEqual([]);
  });

  test('network peer=(label:=x) is accepted', () => {
    expect(acceptedBy(profile('network inet peer=(label:=x),'))).toEqual(since5);
  });

  test.each(['(a)', '( "a" )', '(a),user.y=b', 'a user.y=(b)'])(
    'the value of an extended attribute may be in brackets: %s',
    (value) => {
      const text = `profile a /a xattrs=(user.x=${value}) {\n}\n`;
      expect(acceptedBy(text)).toEqual(releases.filter((one) => one !== '2.13'));
      expect(check(format(text).text).ok).toBe(true);
    },
  );

  test.each(['(a b)', '()', '(a user.y=b'])('xattrs=(user.x=%s) is refused', (value) => {
    expect(acceptedBy(`profile a /a xattrs=(user.x=${value}) {\n}\n`)).toEqual([]);
  });
});

describe('the name of a variable in an if', () => {
  test.each(['defined @{x}{', 'defined @{x}/a {', 'defined @{x}\r\n{'])('%j is refused', (test) => {
    expect(acceptedBy(`@{x} = a\nprofile a {\n  if ${test}\n  }\n}\n`)).toEqual([]);
  });
});

describe('the brace of an if', () => {
  const conditional = (body: string) => `$b = true\nprofile a {\n  ${body}\n}\n`;
  test.each([
    'if $b {/x r, }',
    'if $b {}',
    'if $b {\r\n  }',
    'if $b {#c\n  }',
    'if $b { } else if $b {/x r, }',
  ])('%j is accepted before 5.0, and its fix by every release', (body) => {
    const text = conditional(body);
    expect(acceptedBy(text)).toEqual(before5);
    const fixed = applyFixes(text, check(text).diagnostics).text;
    expect(acceptedBy(fixed)).toEqual([...releases]);
  });

  test.each(['if $b {"/x" r, }', 'if $b { } else {/x r, }', 'if $b { } else {\r\n  }'])(
    '%j is accepted by every release',
    (body) => {
      expect(acceptedBy(conditional(body))).toEqual([...releases]);
    },
  );
});
