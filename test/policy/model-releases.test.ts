// What releases of apparmor_parser compile differently from the same rules, as measured with 3.0.8, 4.1.0 and 5.0.2.
import { describe, expect, test } from 'vitest';
import {
  Budget,
  type ClassQuestion,
  lint,
  lookUp,
  model,
  type ProfileModel,
  type Release,
} from '../../policy/index.ts';
import { unixString } from '../../policy/model/classes/network.ts';
import { stateAfter } from '../../policy/model/difference.ts';

const measured: readonly Release[] = ['3.0', '4.1', '5.0'];

const firstProfile = (source: string, target: Release): ProfileModel => {
  const [profile] = model(source, { target }).profiles;
  if (!profile) throw new Error('no profile');
  return profile;
};

/** Whether owners are granted a permission on /a, and how its use is logged. */
function grantOn(body: string, permission: string, target: Release): string {
  const table = firstProfile(`profile p {\n${body}\n}\n`, target).table('file');
  if (typeof table !== 'object') throw new Error(`no table: ${table}`);
  const state = stateAfter(table.matcher, '/a', new Budget(1e9));
  const grant = table.grants(state)[table.columns.indexOf(`owner ${permission}`)];
  return `${grant?.decision.granted} ${grant?.logging}`.trim();
}

const asks = (profile: ProfileModel, question: ClassQuestion) => {
  const asked = lookUp(question);
  if ('unknown' in asked) throw new Error(asked.unknown);
  return profile.ask(asked.table, asked.permission, asked.string).granted;
};

describe('m that comes with ix', () => {
  test.each([
    ['beside exec of a path without wildcards', '/** rix,\n/a rPx,', ['true', 'true', 'false']],
    ['for others too', 'owner /* ix,\n/a Ux,', ['true', 'true', 'false']],
    ['where exec is denied', '/** ix,\ndeny /a x,', ['true', 'true', 'false']],
    ['where it is named', '/** mix,\n/a Px,', ['true', 'true', 'true']],
    ['where ix is what happens', '/** Px,\n/a ix,', ['true', 'true', 'true']],
    ['that is logged', 'audit /a ix,', ['true', 'true audit', 'true']],
    ['that is named and logged', 'audit /a mix,', ['true audit', 'true audit', 'true audit']],
  ])('%s: %j', (_, body, expected) => {
    expect(measured.map((target) => grantOn(body, 'm', target))).toEqual(expected);
  });
});

test('exec is logged by the rule whose transition is taken, before 5.0 by every rule', () => {
  const found = measured.map((target) => grantOn('audit /** ix,\n/a ix,', 'x', target));
  expect(found).toEqual(['true audit', 'true audit', 'true']);
});

test('a link with a target that an alias copies keeps its subset test since 5.0', () => {
  const source =
    'alias /b/ -> /a,\nprofile p {\n  /aa rw,\n  /c r,\n  link subset /b/a -> /c,\n}\n';
  const found = measured.map(
    (target) => firstProfile(source, target).file('l', '/aa', '/c').owner.granted,
  );
  expect(found).toEqual([true, true, false]);
});

test.each([
  // Since 4.1, rules may have priorities.
  ['priority=1 /a Px,\n/* rmix,', [false, true]],
  ['priority=1 owner /a Px,\n/* ix,', [false, false]],
  ['priority=1 deny /a x,\n/* ix,', [true, false]],
  ['priority=1 /a Px,\n/* m,', [true, true]],
  ['priority=1 /a ix,\ndeny /* m,', [true, false]],
  ['priority=1 /a Px,\n/* mUx,', [true, true]],
  ['priority=1 /a Cix,\naudit /* m,', ['true$', 'true audit']],
  ['priority=1 /a Px,\n/* mPix -> q,', [false, true]],
])('m beside exec of another priority: %j', (body, expected) => {
  const found = (['4.1', '5.0'] as const).map((target) => grantOn(body, 'm', target));
  expect(found).toEqual(expected.map((one) => expect.stringMatching(new RegExp(`^${one}`))));
});

test.each([
  ['priority=1 capability kill,\ndeny capability kill,', false],
  ['priority=-1 deny capability kill,\ncapability kill,', false],
  ['priority=-1 capability kill,', true],
])('priorities of capability rules have no effect: %j', (rules, expected) => {
  for (const target of ['4.1', '5.0'] as const) {
    const profile = firstProfile(`profile p {\n${rules}\n}\n`, target);
    expect(profile.capability('kill').granted).toBe(expected);
  }
});

test('the subset test of a link may come from a rule of another priority', () => {
  const rules = ['/a rw,', '/b r,', 'link /a -> /b,', 'priority=-1 /a l,'];
  const found = [rules.slice(0, 3), rules].map((some) =>
    firstProfile(`profile p {\n${some.join('\n')}\n}\n`, '5.0').file('l', '/a', '/b'),
  );
  expect(found.map(({ owner }) => owner.granted)).toEqual([true, false]);
});

test('the subset test of a link is denied with locks where a path matches both ends', () => {
  const rules = ['/a w,', 'link subset /a -> /b,', 'deny /a[^x]/b k,'];
  const found = [rules.slice(0, 2), rules].map((some) =>
    firstProfile(`profile p {\n${some.join('\n')}\n}\n`, '3.0').file('l', '/a', '/b'),
  );
  expect(found.map(({ owner }) => owner.granted)).toEqual([false, true]);
});

test.each([
  ['/a l -> /b,', [true, true, false]],
  ['l /a -> /b,', [false, false, false]],
  ['/a lpx -> b,', [true, true, true]],
])('the target of links in %s', (rule, expected) => {
  // Whether /a may be linked to another file, which both may do nothing with.
  const found = measured.map((target) =>
    firstProfile(`profile p {\n${rule}\n}\n`, target).file('l', '/a', '/c'),
  );
  expect(found.map(({ others }) => others.granted)).toEqual(expected);
});

describe('rules that apparmor_parser drops', () => {
  const granted = (rules: string, target: Release) => {
    const profile = firstProfile(`$A = true\nprofile p {\n${rules}\n}\n`, target);
    const signal = { class: 'signal', permission: 'send', signal: 'kill', peer: 'x' } as const;
    return [
      profile.file('r', '/a').owner.granted && 'file',
      profile.capability('kill').granted && 'capability',
      asks(profile, signal) && 'signal',
      asks(profile, { class: 'change_profile', target: 'x' }) && 'change_profile',
      profile.limits.size > 0 && 'rlimit',
    ].filter((one) => one !== false);
  };
  const all = 'owner /a r,\ncapability kill,\nsignal,\nchange_profile -> x,\n';
  const limit = 'set rlimit nofile <= 3,\n';
  test.each([
    ['', '', ['file', 'capability', 'signal', 'change_profile', 'rlimit'], undefined],
    ['audit {\n', '}\n', ['file', 'change_profile'], undefined],
    ['{\n', '}\n', ['file', 'change_profile'], undefined],
    ['audit {\nif $A {\n', '}\n}\n', ['file', 'change_profile'], undefined],
    [
      ...(['if $A {\n', '}\n', ['file', 'capability', 'signal', 'change_profile']] as const),
      ['file', 'capability', 'change_profile'],
    ],
  ])('in %j', (before, after, newer, older) => {
    const found = measured.map((target) => granted(`${before}${all}${limit}${after}`, target));
    expect(found).toEqual([older ?? newer, newer, newer]);
  });

  test('a deny rule that is dropped denies nothing', () => {
    const rules = 'capability,\naudit {\n  deny capability kill,\n}\n';
    for (const target of measured) expect(granted(rules, target)).toEqual(['capability']);
  });

  test.each([
    ['{\ndeny /a r,\n}', ['false quiet', 'true audit', 'true audit']],
    ['{\naudit deny /a r,\n}', ['false quiet', 'true', 'true']],
    ['audit {\naudit deny /a r,\n}', ['false', 'true audit', 'true audit']],
    ['audit {\n/a r,\n}', ['true audit', 'true audit', 'true audit']],
  ])('deny in a block permits since 4.0: %j', (rules, expected) => {
    expect(measured.map((target) => grantOn(rules, 'r', target))).toEqual(expected);
  });

  test('a block is around the rules of its conditionals', () => {
    const profile = firstProfile(
      '$A = true\nprofile p {\nowner {\nif $A {\n/a r,\n}\n}\n}\n',
      '4.1',
    );
    expect(profile.file('r', '/a')).toMatchObject({
      ...{ owner: { granted: true }, others: { granted: false } },
    });
  });
});

describe('slashes around the values of variables', () => {
  const values = '@{ONE}=/b\n@{TWO}=/b /c\n@{MORE}=//b c\n@{SAME}=b/ b/\n';
  test.each([
    ['/@{TWO} r,', '/b', [true, true, false]],
    ['/@{TWO} r,', '//b', [false, false, true]],
    ['/@{ONE} r,', '//b', [true, true, true]],
    ['/x/@{TWO}/y r,', '/x/b/y', [true, true, true]],
    ['/@{MORE} r,', '//b', [false, false, true]],
    ['//@{TWO} r,', '///b', [false, false, true]],
    ['@{MORE} r,', '/b', [true, true, true]],
    // Beside a slash, * stands for at least one character.
    ['/@{SAME}* r,', '/b/', [true, true, false]],
  ])('%s: %s', (rule, path, expected) => {
    const source = `${values}profile p {\n${rule}\n}\n`;
    const found = measured.map((target) => firstProfile(source, target).file('r', path));
    expect(found.map(({ owner }) => owner.granted)).toEqual(expected);
  });

  test.each([
    ['x/@{ONE}', 'x/b', [false, false, true]],
    ['x/@{ONE}', 'x//b', [true, true, false]],
    ['x/@{TWO}', 'x/b', [true, true, true]],
    ['x//@{TWO}', 'x//b', [true, true, true]],
  ])('in labels, %s: %s', (label, peer, expected) => {
    const source = `${values}profile p {\nptrace read peer=${label},\n}\n`;
    const question = { class: 'ptrace', permission: 'read', peer } as const;
    const found = measured.map((target) => asks(firstProfile(source, target), question));
    expect(found).toEqual(expected);
  });

  test('lint takes them as the releases that permit more do', () => {
    const source = '@{TWO}=/run /var/run\nprofile p {\n/@{TWO}/docker.sock rw,\n}\n';
    expect(lint(source).diagnostics.map(({ id }) => id)).toContain('sensitive-write');
  });
});

test.each([
  ['unix,\ndeny unix setopt,', 'getopt', [true, false, false]],
  ['unix,\ndeny unix getopt,', 'setopt', [true, false, false]],
  ['unix,\naudit deny unix setopt,', 'getopt', [true, true, true]],
])('of unix sockets, %j: %s', (rules, permission, expected) => {
  const source = `abi <abi/3.0>,\nprofile p {\n${rules}\n}\n`;
  const socket = { class: 'unix', permission, type: 'stream', address: 'none', own: 'p' } as const;
  const found = measured.map((target) => asks(firstProfile(source, target), socket));
  expect(found).toEqual(expected);
});

test.each([
  ['network unix,', 1, [true, true, true]],
  // In detail also since 5.0, whose rules for other families are about all types.
  ['network unix,', 6, [false, false, false]],
  ['network,', 6, [true, true, true]],
])('%s with unix sockets of type %d', (rules, type, expected) => {
  const source = `abi <abi/3.0>,\nprofile p {\n${rules}\n}\n`;
  const created = unixString('create', type, '', 'p');
  const found = measured.map(
    (target) => firstProfile(source, target).ask('network', 'create', created).granted,
  );
  expect(found).toEqual(expected);
});
