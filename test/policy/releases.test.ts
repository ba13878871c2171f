// Results by release. The expected results are those of the parsers of 2.13.11,
// 3.0.8, 3.0.13, 3.1.7, 4.0.3, 4.1.8, 5.0.2 and 6.0.0~alpha1.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fileSince, filesOf, variableSince } from '../../policy/base-policy.ts';
import {
  applyFixes,
  check,
  compareReleases,
  type IncludeResolver,
  lint,
  model,
  type Release,
  releases,
} from '../../policy/index.ts';
import {
  baseDifferences,
  corpus,
  disagreements,
  releaseColumns,
} from '../../scripts/conformance.ts';

const profile = (...rules: string[]) => `profile a {\n  ${rules.join('\n  ')}\n}\n`;
const ids = (text: string, options: Parameters<typeof check>[1] = {}) =>
  check(text, options).diagnostics.map(({ id }) => id);
const acceptedBy = (text: string, options: Parameters<typeof check>[1] = {}) =>
  releases.filter((target) => check(text, { ...options, target }).ok);
const from = (first: Release) => releases.filter((one) => compareReleases(one, first) >= 0);
const upTo = (last: Release) => releases.filter((one) => compareReleases(one, last) <= 0);
const all = [...releases];

/** A machine's base policy: its files with their contents. */
function machine(files: Record<string, string>): IncludeResolver {
  const made = new Map(
    Object.entries(files).map(([file, source]) => [
      file,
      { file: `/etc/apparmor.d/${file}`, source },
    ]),
  );
  return ({ path, kind }) => (kind === 'magic' ? made.get(path) : undefined);
}

describe('exec conflicts', () => {
  test.each<[string, string, Release[]]>([
    // Since 4.0, a class is exact and takes precedence over a glob.
    ['/usr/bin/** PUx,', '/usr/bin/perl[0-9] ix,', from('4.0')],
    ['/usr/bin/* Px,', '/usr/bin/{perl,python}[0-9] ix,', from('4.0')],
    ['/usr/bin/? Px,', '/usr/bin/[a-z] ix,', from('4.0')],
    ['/usr/bin/[^a] Px,', '/usr/bin/[b-z] ix,', from('4.0')],
    ['/usr/bin/** Px,', '/usr/bin/[a^] ix,', from('4.0')],
    // A backslash does not prevent the negation of a class.
    ['/usr/bin/* Px,', '/usr/bin/[\\^a] ix,', []],
    // ? and [^a] are globs for every release, and so is a class beside a glob.
    ['/usr/bin/** PUx,', '/usr/bin/perl? ix,', []],
    ['/usr/bin/** PUx,', '/usr/bin/perl[^a] ix,', []],
    ['/usr/bin/** PUx,', '/usr/bin/perl[0-9]* ix,', []],
    ['/usr/bin/* Px,', '/usr/bin/p[a-z]? ix,', []],
    // An escaped bracket is not a class.
    ['/usr/bin/* Px,', '/usr/bin/p\\[a ix,', all],
    // A path without wildcards takes precedence in every release, also with alternations.
    ['/usr/bin/** Px,', '/usr/bin/perl ix,', all],
    ['/usr/bin/** Px,', '/usr/bin/{perl,python} ix,', all],
    // Two exact ones that overlap.
    ['/usr/bin/p[a-z] Px,', '/usr/bin/pa ix,', upTo('3.1')],
    ['/usr/bin/p[a-z] Px,', '/usr/bin/{pa,q} ix,', upTo('3.1')],
    ['/usr/bin/p[a-z] Px,', '/usr/bin/[op]a ix,', []],
    ['/usr/bin/p[a-m] Px,', '/usr/bin/p[n-z] ix,', all],
    ['/usr/bin/p[a-z] Px,', '/usr/bin/p9 ix,', all],
    ['/usr/bin/{pa,pb} Px,', '/usr/bin/pa ix,', []],
    ['/usr/bin/p[a-z] Px,', '/usr/bin/pa Px,', all],
    // Disjoint owners.
    ['owner /usr/bin/** Px,', 'other /usr/bin/p[a-z] ix,', all],
  ])('%s with %s', (first, second, expected) => {
    expect(acceptedBy(profile(first, second))).toEqual(expected);
    expect(acceptedBy(profile(second, first))).toEqual(expected);
    // The same through a variable.
    const [path, mode] = second.replace('other ', '').split(' ');
    const word = second.startsWith('other ') ? 'other @{V}' : '@{V}';
    expect(acceptedBy(`@{V} = ${path}\n${profile(first, `${word} ${mode}`)}`)).toEqual(expected);
  });

  test('without a target the newest release decides, and differences of older ones are noted', () => {
    const late = check(profile('/usr/bin/** PUx,', '/usr/bin/perl[0-9] ix,'));
    expect(late).toMatchObject({ ok: true, needs: '4.0' });
    expect(late.diagnostics.map(({ id, severity }) => [id, severity])).toEqual([
      ['exec-conflict-older', 'info'],
    ]);
    const early = check(profile('/usr/bin/p[a-z] Px,', '/usr/bin/pa ix,'));
    expect(early.ok).toBe(false);
    expect(early.diagnostics[0]).toMatchObject({ id: 'exec-conflict' });
    expect(early.diagnostics[0]?.message).toContain('AppArmor 3.1 and older accept it.');
    expect(ids(profile('/usr/bin/** PUx,', '/usr/bin/perl? ix,'))).toEqual(['exec-conflict']);
  });

  test('many classes stay within bounds', () => {
    const rules = Array.from({ length: 2000 }, (_, n) => `/opt/${n}/[a-z][a-z][0-9] Px,`);
    expect(check(profile('/usr/** ix,', ...rules)).ok).toBe(true);
    expect(ids(profile('/opt/** ix,', ...rules)).length).toBeLessThanOrEqual(101);
  });
});

describe('a comment after values', () => {
  const use = 'profile a {\n  /x/@{v} r,\n}\n';
  test.each<[string, Release[], Release]>([
    // Before 4.0 the # and what follows are values.
    ['@{v}=a # b\n', all, '2.13'],
    ['@{v}=a # b,c\n', all, '2.13'],
    ['@{v}=a ## "b, c" (d) = -> //\n', all, '2.13'],
    ['@{v}=a #include <x>\n', all, '2.13'],
    ['@{v}=a \\\n# b\n', all, '2.13'],
    ['@{v}="a"#b\n', all, '2.13'],
    ['@{v}=a#b\n', all, '2.13'],
    ['@{v} # b, "c\n = a\n', all, '2.13'],
    ['@{v}=a # b, c\n', from('4.0'), '4.0'],
    ['@{v}=a # b,\n', from('4.0'), '4.0'],
    ['@{v}=a # b!\n', from('4.0'), '4.0'],
    ['@{v}=a # "b\n', from('4.0'), '4.0'],
    ['@{v}=a # [b\n', from('4.0'), '4.0'],
    ['@{v}=a # {b\n', from('4.0'), '4.0'],
    ['@{v}=a # @{w}\n', from('4.0'), '4.0'],
    ['@{v}=a # @{v}\n', from('4.0'), '4.0'],
    ['@{v}=a\n@{v}+=b # c, d\n', from('4.0'), '4.0'],
    ['@{v}=a \\\n# b, c\n', from('4.0'), '4.0'],
    ['@{v}="a"# b, c\n', from('4.0'), '4.0'],
    // There a backslash at the end of the line continues the values.
    ['@{v}= # b\n', upTo('3.1'), '2.13'],
    ['@{v}=#b\n', upTo('3.1'), '2.13'],
    ['@{v}=a # b \\\nc\n', upTo('3.1'), '2.13'],
    ['$b=true # c\n@{v}=a\n', from('4.0'), '4.0'],
    ['$b=true # c, "d\n@{v}=a\n', from('4.0'), '4.0'],
    ['$b=true #include <x>\n@{v}=a\n', from('4.0'), '4.0'],
    ['$b=true#c\n@{v}=a\n', [], '2.13'],
  ])('%j', (preamble, expected, needs) => {
    expect(acceptedBy(preamble + use)).toEqual(expected);
    expect(check(preamble + use).ok).toBe(expected.includes('6.0'));
    if (expected.includes('6.0')) expect(check(preamble + use).needs).toBe(needs);
  });

  test('adds values for releases up to 3.1', () => {
    const reads = (text: string, path: string) =>
      releases.filter(
        (target) => model(text, { target }).profiles[0]?.file('r', path).others.granted === true,
      );
    const text = `@{v}=a # b /c\n${use}`;
    expect(reads(text, '/x/a')).toEqual(all);
    for (const path of ['/x/b', '/x/#', '/x/c']) expect(reads(text, path)).toEqual(upTo('3.1'));
    expect(reads('profile a {\n  /x/b r,\n}\n', '/x/b')).toEqual(all);
  });

  test('is reported for the releases that read it as values; the fix moves it to the line before', () => {
    const text = `  @{v}=a # b\n$b = true # c\n${use}`;
    const found = (options: Parameters<typeof check>[1]) =>
      check(text, options).diagnostics.map(({ id, severity, span }) => [
        `${id} ${severity}`,
        text.slice(span.start.offset, span.end.offset),
      ]);
    expect(found({})).toEqual([
      ['comment-after-values warning', '# b'],
      ['comment-after-values warning', '# c'],
    ]);
    expect(found({ target: '4.0' })).toEqual([]);
    expect(found({ target: '3.1' })).toEqual([
      ['comment-after-values warning', '# b'],
      ['target error', '# c'],
    ]);
    const fixed = `  # b\n  @{v}=a\n# c\n$b = true\n${use}`;
    expect(applyFixes(text, check(text).diagnostics).text).toBe(fixed);
    expect(applyFixes(text, check(text, { target: '3.1' }).diagnostics).text).toBe(
      text.replace('  @{v}=a # b', '  # b\n  @{v}=a'),
    );
    expect(ids(fixed)).toEqual([]);
    const alone = check('@{v} = # a\nprofile a {\n}\n', { target: '3.0' }).diagnostics;
    expect(alone).toMatchObject([{ id: 'comment-after-values' }]);
    expect(alone[0]?.fix).toBeUndefined();
  });
});

describe('constructs by release', () => {
  test.each<[string, Release[], Release]>([
    // 2.13 ignores abi statements.
    ['abi <abi/3.0>,\nprofile a {\n}\n', all, '3.0'],
    ['abi <default>,\nprofile a {\n}\n', ['2.13', ...from('5.0')], '5.0'],
    ['include if exists <x>\nprofile a {\n}\n', all, '3.0'],
    ['profile a flags=(enforce) {\n}\n', from('3.0'), '3.0'],
    ['profile a flags=(kill) {\n}\n', from('3.0'), '3.0'],
    ['profile a flags=(unconfined) {\n}\n', from('3.0'), '3.0'],
    ['profile a flags=(prompt) {\n}\n', from('4.0'), '4.0'],
    [profile('unix create addr=auto,'), from('3.0'), '3.0'],
    // The last point releases of the older series have them too.
    [profile('mount options=(nosymfollow) /a -> /b,'), all, '4.0'],
    [profile('mount options=(rw, lazytime) /a -> /b,'), all, '4.0'],
    [profile('network inet port=80-90,'), from('4.1'), '4.1'],
    [profile('network inet interface=eth0,'), from('5.0'), '5.0'],
    ['profile a /a {\n  @{exec_path} r,\n}\n', from('5.0'), '5.0'],
    ['profile a /a {\n  /run/@{attach_path}/x r,\n}\n', from('5.0'), '5.0'],
    ['@{exec_path} = /a\nprofile a @{exec_path} {\n  @{exec_path} r,\n}\n', all, '2.13'],
    ['profile a + identities=(x) {\n}\n', from('5.0'), '5.0'],
    // 4.1 uses the value of a boolean in a defined test.
    [
      profile('if defined $UNSET {', '  /x r,', '}'),
      releases.filter((one) => one !== '4.1'),
      '2.13',
    ],
    [`$SET = false\n${profile('if defined $SET {', '  /x r,', '}')}`, all, '2.13'],
  ])('%j', (text, expected, needs) => {
    expect(acceptedBy(text)).toEqual(expected);
    expect(check(text).needs).toBe(needs);
  });

  test('a point release is named where it matters', () => {
    const text = profile('mount options=(nosymfollow) /a -> /b,');
    expect(ids(text, { target: '3.0' })).toEqual(['target-backport']);
    expect(ids(text, { target: '4.0' })).toEqual([]);
    expect(ids(text)).toEqual([]);
  });

  test.each(['/a^HAT {\n  /x r,\n}\n', '@{A} = bar\nprofile a @{A} {\n  /x r,\n}\n'])(
    '%j is an error although every parser so far accepts it',
    (text) => {
      expect(check(text).ok).toBe(false);
      expect(acceptedBy(text)).toEqual(all);
      expect(check(text, { target: '3.0' }).diagnostics[0]?.severity).toBe('warning');
    },
  );

  test.each([
    profile('deny file,'),
    'abi < "abi/3.0">,\nprofile a {\n}\n',
    'abi <"abi/3.0" >,\nprofile a {\n}\n',
    profile('mount fstype=nfs4 a:\\=b -> /b/,'),
    profile('mount a\\=b -> /b/,'),
  ])('%j is valid although every parser so far refuses it', (text) => {
    expect(check(text)).toMatchObject({ ok: true });
    expect(check(text).diagnostics).toHaveLength(1);
    expect(acceptedBy(text)).toEqual([]);
  });

  test('spaces in the quotes of an include are an error, in the brackets they are not', () => {
    expect(ids(profile('include < "abstractions/base">'))).toEqual(['syntax']);
    expect(ids(profile('include <"abstractions/base" >'))).toEqual(['syntax']);
    expect(ids(profile('include <"abstractions/base">', 'include < abstractions/base >'))).toEqual(
      [],
    );
  });

  test('files next to the file are checked for the target, the base policy is not', () => {
    const resolver = machine({
      mine: 'userns,\n',
      'abstractions/base': 'userns,\nmqueue,\n',
    });
    expect(check(profile('include <mine>'), { resolver }).needs).toBe('4.0');
    expect(acceptedBy(profile('include <mine>'), { resolver })).toEqual(from('4.0'));
    expect(check(profile('include <abstractions/base>'), { resolver }).needs).toBe('2.13');
    expect(acceptedBy(profile('include <abstractions/base>'), { resolver })).toEqual(all);
  });

  test('2.13 reads an include each time', () => {
    const twice = 'include <v>\ninclude <v>\nprofile a {\n}\n';
    expect(acceptedBy(twice, { resolver: machine({ v: '@{V} = x\n' }) })).toEqual(from('3.0'));
    const itself = { resolver: machine({ r: '/x r,\ninclude <r>\n' }) };
    expect(acceptedBy(profile('include <r>'), itself)).toEqual(from('3.0'));
    // Forty levels that include the next one twice stay within the limits.
    const levels = Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`l${n}`, `include <l${n + 1}>\ninclude <l${n + 1}>\n`]),
    );
    const bomb = { resolver: machine({ ...levels, l40: '' }), target: '2.13' } as const;
    expect(ids('include <l0>\nprofile a {\n}\n', bomb)).toEqual(['limit']);
    expect(ids(profile('include <l0>'), bomb)).toEqual(['limit']);
  });
});

describe('a network rule before an if', () => {
  const text = (...rules: string[]) => `$T = true\n$F = false\n${profile(...rules)}`;
  test.each([
    text('network inet,', 'if $T {', '  /x r,', '}'),
    text('deny network,', 'if $T {', '}'),
    text('network inet,', 'if $F {', '  network,', '} else {', '  /x r,', '}'),
    text('network inet,', 'if $F {', '} else if $T {', '  capability kill,', '}'),
    text('network inet,', 'if $T {', '  if $T {', '    network,', '  }', '}'),
    text('if $T {', '  network,', '  if $T {', '    /x r,', '  }', '}'),
    text('include <abstractions/net>', 'if $T {', '  /x r,', '}'),
    text('/x r,', 'include <abstractions/deep>', 'if $T {', '}'),
  ])('%j crashes the parser up to 3.1', (one) => {
    const resolver = machine({
      'abstractions/net': 'network inet,\n',
      'abstractions/deep': 'include <abstractions/net>\n',
    });
    expect(acceptedBy(one, { resolver })).toEqual(from('4.0'));
    expect(check(one, { resolver })).toMatchObject({ ok: true, needs: '4.0' });
    expect(ids(one, { resolver })).toEqual(['network-before-if']);
  });

  test.each([
    text('if $T {', '  /x r,', '}', 'network inet,'),
    text('network inet,', 'if $F {', '  /x r,', '}'),
    text('network inet,', 'if $T {', '  network,', '}'),
    text('unix,', 'if $T {', '  /x r,', '}'),
    text('if $T {', '  network,', '}', 'if $T {', '  /x r,', '}'),
    text('audit {', '  network,', '}', 'if $T {', '  /x r,', '}'),
    text('network,', 'profile b {', '  if $T {', '    /x r,', '  }', '}'),
  ])('%j does not', (one) => {
    expect(acceptedBy(one)).toEqual(all);
    expect(ids(one)).not.toContain('network-before-if');
  });
});

describe('the base policy by name', () => {
  const debian = machine({
    'abi/3.0': '',
    'tunables/global': 'include <tunables/etc>\n@{HOME} = /home/*/\n',
    'tunables/etc': '@{etc_ro} = /etc/\n',
    'abstractions/base': '@{etc_ro}/x r,\n',
    'abstractions/fonts': '@{HOME}/x r,\n',
    'abstractions/crypto': '/x r,\n',
    'abstractions/of-this-host': '/y r,\n',
  });
  const text =
    'abi <abi/5.0>,\ninclude <tunables/global>\nprofile a {\n  include <abstractions/base>\n}\n';

  test('an include that only the target has is noted, not refused', () => {
    const found = check(text, { resolver: debian, target: '5.0' });
    expect(found).toMatchObject({ ok: true, unseen: ['<abi/5.0>'], needs: '5.0' });
    expect(found.diagnostics).toMatchObject([
      { id: 'unseen-include', severity: 'info', span: { start: { line: 1 } } },
    ]);
    expect(found.diagnostics[0]?.message).toContain('AppArmor 5.0 has <abi/5.0>');
  });

  test.each<[string, Release[]]>([
    ['abi <abi/3.0>,\n', all],
    ['abi <abi/kernel-5.4-vanilla>,\n', all],
    ['abi <abi/4.0>,\n', ['2.13', ...from('4.0')]],
    ['abi <abi/4.0-ip>,\n', ['2.13', ...from('4.1')]],
    ['abi <abi/5.0>,\n', ['2.13', ...from('5.0')]],
    ['abi <abi/9.0>,\n', ['2.13']],
    ['include <tunables/etc>\n', from('3.0')],
    ['include <tunables/system>\n', from('4.1')],
    ['include <tunables/no-such>\n', []],
    [profile('include <abstractions/crypto>'), from('3.0')],
    [profile('include <abstractions/transmission-common>'), from('4.0')],
    [profile('include <abstractions/glycin>'), from('5.0')],
    [profile('include <abstractions/upki>'), ['6.0']],
    [profile('include <abstractions/of-this-host>'), all],
    [profile('include <abstractions/apparmor_api>'), all],
    [profile('include <abstractions/no-such>'), []],
    [profile('include if exists <abstractions/glycin>'), all],
    // Variables of newer tunables, regardless of this machine's tunables.
    [`include <tunables/global>\n${profile('@{etc_ro}/x r,')}`, from('3.0')],
    [`include <tunables/global>\n${profile('/run/@{int}/x r,')}`, from('4.1')],
    [`include <tunables/global>\n@{int} += 7\n${profile('/run/@{int}/x r,')}`, from('4.1')],
    [`include <tunables/global>\n@{X} = @{rand6}\n${profile('/run/@{X}/x r,')}`, from('4.1')],
    [`include <tunables/global>\n${profile('@{no_such}/x r,')}`, []],
    [`include <tunables/global>\n@{int} = 7\n${profile('/run/@{int}/x r,')}`, upTo('4.0')],
    // The abstractions of this machine may use features that the target lacks.
    [`include <tunables/global>\n${profile('include <abstractions/base>')}`, all],
    [profile('include <abstractions/fonts>'), []],
    [`include <tunables/global>\n${profile('include <abstractions/fonts>')}`, all],
  ])('%j', (one, expected) => {
    expect(acceptedBy(one, { resolver: debian })).toEqual(expected);
  });

  test('with the target’s folder, its files decide', () => {
    const options = { resolver: debian, targetBase: true };
    expect(acceptedBy(profile('include <abstractions/glycin>'), options)).toEqual([]);
    expect(acceptedBy('abi <abi/5.0>,\n', options)).toEqual(['2.13']);
    expect(acceptedBy(profile('include <abstractions/crypto>'), options)).toEqual(all);
    expect(ids('abi <abi/5.0>,\n', { ...options, target: '5.0' })).toEqual(['missing-abi']);
  });

  test.each<[string, Release]>([
    ['abi <abi/5.0>,\n', '5.0'],
    ['abi <"abi/4.0">,\n', '4.0'],
    ['abi "abi/mine",\n', '3.0'],
    [profile('include <abstractions/glycin>'), '5.0'],
    [profile('#include <abstractions/trash>'), '3.0'],
    [profile('include <abstractions/base>'), '2.13'],
    [profile('include if exists <abstractions/glycin>'), '3.0'],
    ['include <tunables/system>\n', '4.1'],
    [profile('/run/@{int}/x r,'), '4.1'],
    [`@{int} = 7\n${profile('/run/@{int}/x r,')}`, '2.13'],
    [profile('include <abstractions/of-this-host>'), '2.13'],
  ])('%j needs %s', (one, needs) => {
    expect(check(one).needs).toBe(needs);
    expect(lint(one).needs).toBe(needs);
  });

  test('every file of a release is in the next, and its first release is recorded', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: releases.length - 1 }), (at) => {
        const [before, now] = [releases[at - 1] as Release, releases[at] as Release];
        const files = new Set(filesOf(now));
        expect(filesOf(before).filter((one) => !files.has(one))).toEqual([]);
        const came = filesOf(now).filter((one) => !filesOf(before).includes(one));
        expect(came.filter((one) => fileSince(one) !== now)).toEqual([]);
      }),
    );
    expect(fileSince('abstractions/base')).toBe('2.13');
    expect(fileSince('abstractions/')).toBe('2.13');
    expect(fileSince('abstractions/nothing')).toBeUndefined();
    expect(variableSince('int')).toBe('4.1');
    expect(variableSince('HOME')).toBeUndefined();
  });
});

describe('the abi of a manifest', () => {
  const errors = (abi: string | undefined, text: string) =>
    lint(`${text}profile a {\n}\n`, abi === undefined ? {} : { manifestAbi: abi })
      .diagnostics.filter(({ severity }) => severity === 'error')
      .map(({ id }) => id);

  test.each<[string | undefined, string, boolean]>([
    ['3.0', 'abi <abi/3.0>,\n', true],
    ['3.0', 'abi <"abi/3.0">,\n', true],
    ['4.0', 'abi <abi/4.0-ip>,\n', true],
    ['3.0', 'abi <abi/kernel-5.4-vanilla>,\n', true],
    ['3.0', 'abi <default>,\n', true],
    ['3.0', '', true],
    [undefined, 'abi <abi/4.0>,\n', true],
    ['3.0', 'abi <abi/4.0>,\n', false],
    ['4.0', 'abi <abi/3.0>,\n', false],
    ['3.0', 'abi "/etc/apparmor.d/abi/4.0",\n', false],
    ['3.0', 'abi <abi/3.0>,\nabi <abi/4.0>,\n', false],
    ['3.0', 'abi <abi/4.0>, # lint-ignore abi-mismatch: on purpose\n', false],
  ])('%s with %j', (abi, text, agrees) => {
    expect(errors(abi, text)).toEqual(agrees ? [] : ['abi-mismatch']);
  });
});

const columns = existsSync(corpus) ? releaseColumns() : [];
const reasons: Record<string, string> = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../scripts/conformance.json'), 'utf8'),
).byRelease;

describe.skipIf(columns.length === 0)('the outcomes of the releases’ own parsers', () => {
  test.each(columns)('$release', (column) => {
    expect(disagreements(column).filter((name) => !reasons[name])).toEqual([]);
    expect(baseDifferences(column)).toEqual([]);
  });
});
