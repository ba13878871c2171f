// Properties of every text, and limits of every run.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check, format, lint, parse } from '../../policy/index.ts';
import { runs } from '../property-runs.ts';
import { cost, cpuTime } from './cpu.ts';
import { anyText } from './generate.ts';
import { violations } from './invariants.ts';

describe('any text', () => {
  test('of pieces of the language', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(violations(text)).toEqual([]);
      }),
      { numRuns: runs(75) },
    );
  });

  test('of any characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(violations(text)).toEqual([]);
      }),
      { numRuns: runs(40) },
    );
  });
});

describe('limits', () => {
  const idsOf = (text: string) => check(text).diagnostics.map((one) => one.id);
  const n = 50_000;

  test.each([
    ['blocks', `profile p {\n${'owner {\n'.repeat(n)}`],
    ['profiles', 'profile p {\n'.repeat(n)],
    ['else if', `profile p {\n if true {\n }${' else if true {\n }'.repeat(n)}\n}`],
    ['brackets', `profile p {\n if ${'('.repeat(n)}`],
    ['not', `profile p {\n if ${'not '.repeat(n)}true {\n }\n}`],
    ['and', `profile p {\n if true${' and true'.repeat(n)} {\n }\n}`],
    ['braces', `profile p {\n /${'{a,'.repeat(n)}\n}`],
    ['braces closed', `profile p {\n /${'{a,'.repeat(n)}${'}'.repeat(n)} r,\n}`],
    ['peers', `profile p {\n dbus peer=(${'peer=('.repeat(n)}`],
    ['quotes', `profile p {\n ${'"\\'.repeat(n)}`],
    ['open braces', '{'.repeat(n)],
    ['closing braces', '}'.repeat(n)],
    ['hats', `profile p {\n${'^'.repeat(n)}`],
    ['variables', `${'@{A'.repeat(n)} =`],
    ['one long line', `profile p { /${'a'.repeat(20 * n)} r, }`],
    ['errors', `profile p {\n${'zzz,\n'.repeat(n)}}\n`],
    ['commas', ','.repeat(n)],
    ['comments', `profile p {\n${'# lint-ignore x: y\n'.repeat(n)}}\n`],
    ['paths at the top', '/a\n'.repeat(n)],
    ['names', 'a '.repeat(n)],
  ])('many %s: a result in bounded time', (_, text) => {
    expect(
      cost(() => {
        parse(text);
        check(text);
        lint(text);
        format(text);
      }),
    ).toBeLessThan(100);
  });

  test('nesting over the limit is one diagnostic', () => {
    expect(
      idsOf(`profile p {\n${'owner {\n'.repeat(2000)}${'}\n'.repeat(2001)}`).filter(
        (id) => id === 'limit',
      ),
    ).toHaveLength(1);
  });

  test('variables with endless expansion are reported', () => {
    const lines = ['@{V0} = {a,b}'];
    for (let i = 1; i < 60; i++) lines.push(`@{V${i}} = @{V${i - 1}}@{V${i - 1}} x`);
    const text = `${lines.join('\n')}\nprofile p @{V59} {\n  /@{V59} px,\n  /@{V58}* ix,\n}\n`;
    let ids: string[] = [];
    expect(
      cost(() => {
        ids = lint(text).diagnostics.map((one) => one.id);
      }),
    ).toBeLessThan(50);
    expect(ids).toContain('limit');
  });

  test('a chain of variables is expanded completely', () => {
    const lines = ['@{V0} = /x'];
    for (let i = 1; i < 5000; i++) lines.push(`@{V${i}} = @{V${i - 1}}`);
    const text = `${lines.join('\n')}\nprofile p {\n  @{V4999} r,\n}\n`;
    expect(cost(() => check(text))).toBeLessThan(50);
  });

  test('many exec rules', () => {
    const rules = Array.from(
      { length: 3000 },
      (_, i) => `  /usr/bin/*${i}* ${i % 2 ? 'px' : 'ix'},\n`,
    ).join('');
    expect(cost(() => check(`profile p {\n${rules}}\n`))).toBeLessThan(100);
  });

  test.each([
    ['stars', (i: number) => `/${'*a'.repeat(40)}${i} r`],
    ['alternations', (i: number) => `/${'{a,b}'.repeat(12)}${i} rw`],
    ['overlapping patterns', (i: number) => `/*${i}*/**b* w`],
  ])('lint of thousands of rules with %s is bounded', (_, path) => {
    const rules = Array.from({ length: 2000 }, (_, i) => `  ${i % 2 ? 'deny ' : ''}${path(i)},\n`);
    expect(cost(() => lint(`profile p {\n${rules.join('')}}\n`))).toBeLessThan(100);
  });

  test('cost is linear in the size of the text', () => {
    const rule =
      '  owner @{HOME}/.config/{a,b}/**.conf rwk,\n  dbus send bus=session peer=(name=x),\n';
    const run = (count: number) => {
      const text = `include <tunables/global>\nprofile p {\n${rule.repeat(count)}}\n`;
      return Math.min(
        ...[1, 2, 3].map(() =>
          cpuTime(() => {
            check(text);
            format(text);
          }),
        ),
      );
    };
    run(500);
    expect(run(16_000) / run(2000)).toBeLessThan(24);
  });
});

describe('includes', () => {
  const folder = (files: Record<string, string>) => {
    const entries = Object.fromEntries(
      Object.entries(files).map(([file, source]) => [file, { file, source }]),
    );
    return ({ path }: { path: string }) => entries[path];
  };

  test('their rules count, and their errors are reported with their file', () => {
    const resolver = folder({ abs: '/bin/a* px,\n/x zz,\n' });
    const { diagnostics } = check('profile p {\n  include <abs>\n  /bin/*b ix,\n}\n', { resolver });
    expect(diagnostics.map(({ id, file }) => [id, file])).toEqual([
      ['exec-conflict', undefined],
      ['file-permissions', 'abs'],
    ]);
  });

  test('a missing file is an error, except with if exists', () => {
    const resolver = folder({});
    expect(
      check('include <x>\ninclude if exists <y>\nprofile p {\n}\n', { resolver }).diagnostics.map(
        (one) => one.id,
      ),
    ).toEqual(['missing-include']);
    expect(
      check('abi <abi/9.9>,\nprofile p {\n}\n', { resolver }).diagnostics.map((one) => one.id),
    ).toEqual(['missing-abi']);
    for (const abi of ['abi r,', 'abi nope,', 'audit {\n  abi <abi/9.9>,\n}'])
      expect(
        check(`profile p {\n  ${abi}\n}\n`, { resolver }).diagnostics.map((one) => one.id),
      ).toEqual(['missing-abi']);
  });

  test('a file that includes itself is read once; a child that includes its parent never ends', () => {
    const resolver = folder({
      self: '/q r,\ninclude <self>\n',
      child: 'profile c {\n  include <child>\n}\n',
    });
    expect(check('profile p {\n  include <self>\n}\n', { resolver }).ok).toBe(true);
    expect(
      check('profile p {\n  include <child>\n}\n', { resolver }).diagnostics.map((one) => one.id),
    ).toEqual(['recursive-include']);
  });

  test('the depth of includes is limited', () => {
    const files: Record<string, string> = {};
    for (let i = 0; i < 200; i++) files[`f${i}`] = `include <f${i + 1}>\n`;
    files.f200 = '';
    expect(
      check('include <f0>\nprofile p {\n}\n', { resolver: folder(files) }).diagnostics.map(
        (one) => one.id,
      ),
    ).toEqual(['limit']);
  });

  test('without a resolver the result lists the unread includes', () => {
    const found = check(
      'abi <abi/3.0>,\ninclude <tunables/global>\nprofile p {\n  include <abstractions/base>\n  @{HOME}/x r,\n}\n',
    );
    expect(found).toMatchObject({
      ok: true,
      unseen: ['<abi/3.0>', '<tunables/global>', '<abstractions/base>'],
      needs: '3.0',
      profiles: ['p'],
    });
  });

  test('a run does not change a shared include', () => {
    const resolver = folder({ v: '/@{NOPE} r,\n' });
    const text = 'profile p {\n  include <v>\n}\n';
    expect(check(text, { resolver }).diagnostics).toHaveLength(1);
    expect(check(text, { resolver }).diagnostics).toHaveLength(1);
    expect(check(`@{NOPE} = x\n${text}`, { resolver }).diagnostics).toHaveLength(0);
  });
});

describe('releases', () => {
  test.each([
    ['profile p {\n  /x r,\n}\n', '2.13'],
    ['@{X} = [0-9]\nprofile p {\n  /bin/* Px,\n  /bin/a@{X} ix,\n}\n', '4.0'],
    ['profile p {\n  capability bpf,\n}\n', '3.0'],
    ['profile p {\n  userns,\n}\n', '4.0'],
    ['profile p {\n  priority=1 /x r,\n}\n', '4.1'],
    ['$A = true\nprofile p {\n  if $A and true {\n  }\n}\n', '5.0'],
  ])('%j needs %s', (text, release) => {
    expect(check(text).needs).toBe(release);
    expect(check(text, { target: '2.13' }).ok).toBe(release === '2.13');
    expect(check(text, { target: '6.0' }).ok).toBe(true);
  });
});
