// The cost of hostile profiles is bounded.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  check,
  comparePolicies,
  type Diagnostic,
  gradeOf,
  lint,
  render,
} from '../../policy/index.ts';
import { runs } from '../property-runs.ts';
import { cost } from './cpu.ts';

/** A profile of about `size` characters with these lines. */
function profile(size: number, line: (at: number) => string, preamble = ''): string {
  const head = `abi <abi/3.0>,\n${preamble}profile p {\n`;
  const lines: string[] = [];
  let length = head.length + 2;
  for (let at = 0; ; at++) {
    const next = `  ${line(at)}\n`;
    length += next.length;
    if (length > size) break;
    lines.push(next);
  }
  return `${head}${lines.join('')}}\n`;
}

const long = `@{SHORT}=${'y/'.repeat(400)}\n@{LONG}=/${'@{SHORT}'.repeat(200)}\n`;
const id = (at: number) => at.toString(36);

const kinds: Record<string, (size: number) => string> = {
  'rules for plain paths': (size) => profile(size, (at) => `/srv/${id(at)} rw,`),
  'the same rule': (size) => profile(size, () => '/srv/x rw,'),
  'rules that begin alike': (size) => profile(size, (at) => `/*${id(at)} rw,`),
  'allow and deny': (size) => profile(size, (at) => `${at % 2 ? 'deny ' : ''}/*${id(at)} rwklm,`),
  'exec and write': (size) => profile(size, (at) => `/*${id(at)} ${at % 2 ? 'w' : 'ix'},`),
  'exec, write and deny': (size) =>
    profile(
      size,
      (at) => [`/*${id(at)} ix,`, `/*${id(at)} w,`, `deny /*${id(at)} w,`][at % 3] ?? '',
    ),
  'patterns that end alike': (size) =>
    profile(size, (at) => `/*${id(at)}* ${at % 2 ? 'w' : 'ix'},`),
  'different transitions': (size) =>
    profile(size, (at) => `/**${id(at)}* ${at % 2 ? 'px' : 'ix'},`),
  'products of braces': (size) =>
    profile(size, (at) => `/${'{c,d}'.repeat(9)}${id(at)} ${at % 2 ? 'px' : 'ix'},`),
  'a long variable, read': (size) => profile(size, (at) => `@{LONG}${id(at)} r,`, long),
  'a long variable in the middle': (size) => profile(size, (at) => `/${id(at)}@{LONG} r,`, long),
  'a long variable, run': (size) =>
    profile(size, (at) => `@{LONG}${id(at)} ${at % 2 ? 'px' : 'ix'},`, long),
  'variables of nothing': (size) =>
    profile(size, () => '/@{W} r,', `@{V}=${'"" '.repeat(90)}\n@{W}=${'@{V}'.repeat(90)}\n`),
  'a chain of broken variables': (size) => {
    const lines = ['@{v0}={x'];
    for (let at = 1; at * 36 < size; at++) lines.push(`@{v${at}}=@{v${at - 1}}`);
    return `${lines.join('\n')}\nprofile p {\n${lines.map((_, at) => `/@{v${at}} r,`).join('\n')}\n}\n`;
  },
  'a chain to a variable that is not there': (size) => {
    const lines = ['@{v0}=@{none}'];
    for (let at = 1; at * 36 < size; at++) lines.push(`@{v${at}}=@{v${at - 1}}`);
    return `${lines.join('\n')}\nprofile p {\n${lines.map((_, at) => `/@{v${at}} r,`).join('\n')}\n}\n`;
  },
  'long copies of rules by an alias': (size) =>
    profile(size, (at) => `/a/${id(at)} rw,`, `alias /a/ -> /${'b'.repeat(size / 3)}/,\n`),
  'long copies of exec rules by an alias': (size) =>
    profile(size, (at) => `/a/*${id(at)} ix,`, `alias /a/ -> /${'b'.repeat(size / 3)}/,\n`),
  'long copies of targets of links by an alias': (size) =>
    profile(size, (at) => `/c${id(at)} l -> /a/,`, `alias /a/ -> /${'b*'.repeat(size / 6)}/,\n`),
  'values one by one': (size) => `${'@{V}=x\n'}${'@{V}+=x\n'.repeat(size / 8)}profile p {\n}\n`,
  'comparisons of long lists': (size) => {
    const list = `@{V}=${Array.from({ length: size / 16 }, (_, at) => id(at)).join(' ')}\n`;
    return profile(size, () => 'if @{V} == @{V} { }', list);
  },
  'the name of the profile, over and over': (size) =>
    `profile /${'n'.repeat(size / 2)} {\n/${'@{profile_name}'.repeat(size / 32)} r,\n}\n`,
  'profiles in a profile': (size) => profile(size, (at) => `profile c${at} { }`),
  'hats of one name': (size) => profile(size, () => '^h { }'),
  'nested blocks': (size) =>
    `profile p {\n${'owner {\n'.repeat(90)}${'/a r,\n'.repeat(size / 6)}${'}\n'.repeat(90)}}\n`,
  'lines without a comma': (size) => profile(size, () => '/a r'),
  'words without meaning': (size) => profile(size, () => 'x y z'),
  comments: (size) => profile(size, () => '#'),
  'empty lines': (size) => `profile p {${'\n'.repeat(size)}}\n`,
  suppressions: (size) => profile(size, (at) => `/** w, # lint-ignore x${at} ux: y`),
  'one suppression of many rules': (size) =>
    `profile p {\n/a ux, # lint-ignore ${'x '.repeat(size / 2)}\n}\n`,
  'letters outside the plane, on one line': (size) =>
    `profile p {\n${'"\u{1f600}" x y "'.repeat(size / 14)}\n"${'\u{1f600}'.repeat(size / 8)}"\n}\n`,
  'one path': (size) => `profile p {\n/${'a'.repeat(size)} ux,\n}\n`,
  'one pattern': (size) => `profile p {\n/${'*a'.repeat(size / 2)} rwux,\n/** r,\n}\n`,
};

/** The size of a file, in characters: the maximum that a registry accepts, less in `npm test`. */
const size = Math.min(runs(256 * 1024), 256 * 1024);

/** In sorts of a hundred thousand paths, which take about a tenth of a second. */
const bound = 12;

describe('the cost of a file is bounded', () => {
  test.each(Object.entries(kinds))('%s', (_, make) => {
    const text = make(size);
    expect(cost(() => lint(text, { packageName: 'p' }))).toBeLessThan(bound);
  });

  test.each(Object.entries(kinds))('%s: diagnostics stay short', (_, make) => {
    const { diagnostics } = lint(make(size / 4), { packageName: 'p' });
    expect(diagnostics.length).toBeLessThan(4000);
    for (const { message, expected = '', suggestion = '' } of diagnostics) {
      for (const text of [message, expected, suggestion]) expect(text.length).toBeLessThan(500);
    }
  });
});

test('aliases of many attachments cost no more than the budget of a comparison', () => {
  const lines = (count: number, line: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => line(at)).join('');
  const aliases = lines(700, (at) => `alias /a -> /**b${id(at)}*,\n`);
  const profiles = lines(900, (at) => `profile q${id(at)} /a*${id(at)} { }\n`);
  const text = (first: string) => `abi <abi/4.0>,\n${first}${aliases}profile p {\n${profiles}}\n`;
  const [from, to] = [text('alias /a -> /c,\n'), text('alias /a -> /d,\n')];
  let change: ReturnType<typeof comparePolicies> | undefined;
  const spent = cost(() => {
    change = comparePolicies(from, to, { steps: 1_000_000 });
  });
  expect(change).toMatchObject({ known: true });
  expect(spent).toBeLessThan(bound);
});

describe('an exceeded budget', () => {
  const overlapping = (count: number) =>
    `abi <abi/3.0>,\nprofile p {\n${Array.from({ length: count }, (_, at) => `  /*${id(at)}*/**b* ${at % 2 ? 'w' : 'ix'},\n`).join('')}}\n`;

  test('is an error of lint, at the profile', () => {
    const { ok, errors, diagnostics } = lint(overlapping(3000), { packageName: 'p' });
    const limits = diagnostics.filter((one) => one.id === 'limit');
    expect(limits).toMatchObject([{ severity: 'error', span: { start: { line: 2 } } }]);
    expect([ok, errors]).toEqual([false, 1]);
    expect(gradeOf(diagnostics)).toBe('F');
  });

  test('is an error of check if transitions can’t all be compared', () => {
    const text = profile(128 * 1024, (at) => `/**-${id(at)}q ${at % 2 ? 'px' : 'ix'},`);
    expect(check(text).diagnostics.map((one) => one.id)).toContain('limit');
  });

  test('does not depend on earlier files', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([40, 300, 700, 1500], { minLength: 2 }), (counts) => {
        const diagnosticsOf = (count: number) =>
          JSON.stringify(lint(overlapping(count)).diagnostics);
        const first = new Map(counts.map((count) => [count, diagnosticsOf(count)]));
        for (const count of counts.toReversed())
          expect(diagnosticsOf(count)).toBe(first.get(count));
      }),
      { numRuns: runs(4) },
    );
  });
});

describe('many diagnostics', () => {
  test('of one rule do not hide those of others and are counted', () => {
    const notes = Array.from({ length: 5000 }, (_, at) => `  /var/lib/demo/${at} r,\n`).join('');
    const text = `abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  /var/lib/demo/** r,\n${notes}  /usr/bin/sh ux,\n}\n`;
    const { diagnostics, omitted } = lint(text);
    const of = (rule: string) => diagnostics.filter((one) => one.id === rule).length;
    expect([of('covered-rule'), omitted, of('unconfined-exec')]).toEqual([100, 4900, 1]);
  });

  test('are rendered in bounded time, each with its context', () => {
    const text = `profile p {\n${'/a q, '.repeat(40_000)}\n}\n`;
    const { diagnostics } = check(text);
    let shown: string[] = [];
    expect(
      cost(() => {
        shown = diagnostics.map((one) => render(one, text));
      }),
    ).toBeLessThan(bound);
    expect(Math.max(...shown.map((one) => one.length))).toBeLessThan(1000);
    // The caret is below the reported text.
    for (const [at, one] of shown.slice(0, 500).entries()) {
      const [, line = '', caret = ''] = one.split('\n');
      expect(line.slice(caret.indexOf('^')).startsWith('q')).toBe(
        (diagnostics[at] as Diagnostic).id === 'file-permissions',
      );
    }
  });
});

test('lint may cost more where included files are read, which the registry does not do', () => {
  const rules = Array.from({ length: 150 }, (_, at) => `  /**${at}* rw,`).join('\n');
  const text = `abi <abi/3.0>,\nprofile x /x {\n  include <abstractions/y>\n${rules}\n}\n`;
  const resolver = () => ({ file: '/etc/apparmor.d/abstractions/y', source: '' });
  const ids = (options: object) => lint(text, options).diagnostics.map(({ id }) => id);
  expect(ids({})).toContain('limit');
  expect(ids({ resolver })).not.toContain('limit');
});
