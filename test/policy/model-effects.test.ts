// Whether a difference of two policies permits more or less.
import { describe, expect, test } from 'vitest';
import {
  Budget,
  compareModels,
  describeDifference,
  findWidening,
  model,
} from '../../policy/index.ts';

const profile = (body: string, head = '', abi = 'abi/4.0') =>
  model(`abi <${abi}>,\nprofile p ${head} {\n${body}\n}\n`);

const effects = ({ differences, unknown }: ReturnType<typeof compareModels>) => [
  ...differences.map((one) => `${one.class} ${one.effect}`),
  ...unknown.map((one) => `${one.class} ${one.reason}`),
];

describe('the effect of a difference', () => {
  test.each([
    ['/a r,', '/a rw,', ['file more']],
    ['/a rw,', '/a r,', ['file less']],
    ['/a r,', '/b r,', ['file more', 'file less']],
    ['/a px,', '/a ux,', ['file either']],
    ['/a r,', 'audit /a r,', ['file same']],
    ['deny /a r,', '', ['file same']],
    ['link subset /a -> /b,', 'link /a -> /b,', ['file more']],
    ['link /a -> /b,', 'link subset /a -> /b,', ['file less']],
    // No kernel asks for /a//b.
    ['/a/b r,', '/a{,/}/b r,', ['file same']],
    ['capability kill,', '', ['capability less']],
    ['', 'prompt capability kill,', ['capability prompt']],
    ['set rlimit nofile <= 10,', 'set rlimit nofile <= 11,', ['rlimit more']],
    ['set rlimit nofile <= 10,', 'set rlimit nofile <= 9,', ['rlimit less']],
    ['/a r,', 'prompt /a r,', ['file budget']],
    // A profile with hats may change to them, and they back, by what they write below /proc.
    ['', '^hat {\n}', [...Array(4).fill('file more'), 'profile either']],
    ['^hat {\n}', '', [...Array(4).fill('file less'), 'profile either']],
  ])('%j, %j', (left, right, expected) => {
    expect(effects(compareModels(profile(left), profile(right))).sort()).toEqual(expected.sort());
  });

  test('of a link that a lost deny rule makes possible is more, also where other links are lost', () => {
    const one = 'link /x -> /**,\ndeny /x l,';
    const found = effects(compareModels(profile(one), profile('link /x -> /z,')));
    expect(found).toContain('file more');
  });

  test.each([
    ['', 'flags=(complain)', ['mode more']],
    ['flags=(complain)', '', ['mode less']],
    ['flags=(complain)', 'flags=(unconfined)', ['mode more']],
    ['flags=(complain)', 'flags=(default_allow)', ['mode either']],
    ['flags=(unconfined)', 'flags=(kill)', ['mode less']],
    ['flags=(kill)', '', ['mode same']],
    ['', 'flags=(attach_disconnected)', ['flags either']],
    ['/bin/a', '/bin/b', ['attachment either']],
    ['/bin/a', '/bin/a xattrs=(user.a=b)', ['attachment either']],
    ['/bin/a xattrs=(user.a=b)', '/bin/a xattrs=(user.a = b)', []],
  ])('of the heads %j and %j', (left, right, expected) => {
    expect(effects(compareModels(profile('', left), profile('', right)))).toEqual(expected);
  });

  test.each([
    ['', '/bin/x px -> @{V},', 'a', 'b', ['file either']],
    ['', '/bin/@{V} px,', 'a', 'b', ['file more', 'file less']],
    ['@{V}', '', '/bin/a', '/bin/b', ['attachment either']],
    ['@{V}', '', '/bin/a', '/bin/{a,a}', []],
    ['', 'change_profile -> @{V},', 'a', '{a,unconfined}', ['change_profile more']],
    ['', 'signal send peer=@{V},', 'a', '{a,b}', ['signal more']],
  ])('of the value of a variable, with %j and %j: %s, %s', (head, body, left, right, expected) => {
    const text = (value: string) =>
      model(`abi <abi/4.0>,\n@{V}=${value}\nprofile p ${head} {\n${body}\n}\n`);
    const found = new Set(effects(compareModels(text(left), text(right))));
    expect([...found].sort()).toEqual([...new Set(expected)].sort());
  });

  test('of an alias for the program that is attached to', () => {
    const text = (alias: string) => model(`abi <abi/4.0>,\n${alias}\nprofile p /bin/a {\n}\n`);
    const found = effects(compareModels(text(''), text('alias /bin/ -> /sbin/,')));
    expect(found).toEqual(['attachment either']);
  });

  test('of a deny rule counts in complain mode, in which nothing else denies', () => {
    const [left, right] = [profile('deny /a r,'), profile('')];
    expect(effects(compareModels(left, right, { complain: true }))).toEqual(['file more']);
    expect(effects(compareModels(right, left, { complain: true }))).toEqual(['file less']);
    const complaining = (body: string) => profile(body, 'flags=(complain)');
    expect(effects(compareModels(complaining('deny capability kill,'), complaining('')))).toEqual([
      'capability more',
    ]);
  });

  test.each([
    ['audit deny /a r,', '', ['file more']],
    ['', 'audit deny /a r,', ['file less']],
    ['', '/a r,', []],
    ['deny capability kill,', 'capability kill,', ['capability more']],
    ['', 'capability kill,', []],
  ])(
    'counts what no rule denies as permitted by default_allow: %j, %j',
    (left, right, expected) => {
      const head = 'flags=(default_allow)';
      expect(effects(compareModels(profile(left, head), profile(right, head)))).toEqual(expected);
    },
  );

  test('is not known in prompt mode', () => {
    const prompting = (body: string) => profile(body, 'flags=(prompt)');
    const found = compareModels(prompting('audit deny /a r,'), prompting(''));
    expect(effects(found)).toContain('mode prompt');
    expect(effects(compareModels(prompting('/a r,'), prompting('/a r,')))).toEqual([]);
  });

  test.each([
    ['abi/4.0', 'abi/3.0', ['userns more', 'posix_mqueue more', 'sysv_mqueue more']],
    ['abi/3.0', 'abi/4.0', ['userns less', 'posix_mqueue less', 'sysv_mqueue less']],
    ['abi/3.0', 'abi/mine', ['abi abi']],
    ['abi/mine', 'abi/mine', []],
  ])('of %s and %s', (left, right, expected) => {
    const found = effects(compareModels(profile('', '', left), profile('', '', right)));
    expect(found).toEqual(expect.arrayContaining(expected));
    if (expected.length === 0) expect(found).toEqual([]);
  });
});

test('models and their comparison can share a budget', () => {
  const budget = new Budget(2000);
  const text = `abi <abi/4.0>,\nprofile p {\n/a/** r,\n/{b,c}* w,\nsignal,\n}\n`;
  const [left, right] = [model(text, { budget }), model(text.replace('/a/', '/e/'), { budget })];
  expect(effects(compareModels(left, right, { budget }))).toContain('file budget');
  const enough = new Budget(1_000_000);
  const again = [text, text.replace('/a/', '/e/')].map((one) => model(one, { budget: enough }));
  const [one, two] = again as [typeof left, typeof right];
  expect(effects(compareModels(one, two, { budget: enough }))).toEqual(['file less', 'file more']);
});

test('what a new child profile permits is part of the difference', () => {
  const parent = (child: string) =>
    model(`profile p {\n  /x cx -> c,\n  profile c {\n    /y r,\n  }\n${child}}\n`);
  const child = '  profile d {\n    /etc/shadow r,\n    capability sys_admin,\n  }\n';
  const { differences } = compareModels(parent(''), parent(child));
  expect(
    differences.map((one) => `${one.profile} ${one.effect} ${describeDifference(one)}`),
  ).toEqual(['p//d either + p//d', 'p//d more + r: /etc/shadow', 'p//d more + sys_admin']);
  const back = compareModels(parent(child), parent('')).differences;
  expect(back.map(({ effect }) => effect)).toEqual(['either', 'less', 'less']);
});

describe('where includes that were not read are presumed to be empty', () => {
  const text = (body: string, preamble = '') =>
    `abi <abi/4.0>,\n${preamble}profile p {\n${body}\n}\n`;
  const lines = (from: string, to: string) => findWidening(from, to, [], 10_000_000)?.lines ?? [];
  const include = 'include <abstractions/absent>';
  const unread = 'include: not known: not all included files could be read (<abstractions/absent>)';

  test.each([
    [text(include), text(`${include}\ndeny /x r,`), []],
    [text(`${include}\n/x rw,`), text(`${include}\n/x r,`), []],
    [text(include), text(`${include}\n/x r,`), ['file: + r: /x']],
    [text(''), text(include), [unread]],
    [text(include), text(''), [unread]],
    [text(`${include}\ndeny /x r,`), text(include), [unread]],
    [text(`${include}\naudit deny /x r,`), text(include), [unread]],
    // In the preamble.
    [text('', `${include}\n`), text('', `${include}\n`), []],
    [text(''), text('', `${include}\n`), [unread]],
    // What is written otherwise is the same.
    [text(include), text(`#${include}`), []],
  ])('%j, %j', (from, to, expected) => {
    expect(lines(from, to)).toEqual(expected);
  });

  test('in each profile', () => {
    const child = (body: string) => text(`${include}\nprofile c {\n${body}\n}`);
    expect(lines(child(''), child(include))).toEqual([`p//c: ${unread}`]);
    expect(lines(child(include), child(include))).toEqual([]);
  });

  test('a policy that apparmor_parser refuses is not compared', () => {
    expect(lines(text('/x zz,'), text('/x r,'))).toEqual([
      expect.stringMatching(/^not known: apparmor_parser would refuse one of both: 3:\d+: /),
    ]);
  });
});
