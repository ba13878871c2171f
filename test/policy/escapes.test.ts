// Escapes in words, odd names and odd arrows by release. The outcomes are those of the parsers of 2.13.11, 3.0.13, 3.1.7,
// 4.0.3, 4.1.0 and 5.0.2.
import { describe, expect, test } from 'vitest';
import { check, model, parse, profileNames, releases } from '../../policy/index.ts';
import { signalString } from '../../policy/model/classes/signal.ts';

const rule = (text: string) => `profile a {\n  ${text}\n}\n`;
const acceptedBy = (text: string) => releases.filter((target) => check(text, { target }).ok);
const all = [...releases];
const from = (first: (typeof releases)[number]) => all.slice(all.indexOf(first));
const upTo = (last: (typeof releases)[number]) => all.slice(0, all.indexOf(last) + 1);

describe('escapes in words of rules', () => {
  test.each([
    ['signal (s\\x65nd),', all],
    ['signal (s\\145nd),', all],
    ['signal (s\\d101nd),', all],
    ['signal ("s\\x65nd"),', all],
    ['signal (s\\end),', []],
    ['signal (\\send),', []],
    ['signal (send\\x20),', []],
    ['signal s\\x65nd,', []],
    ['ptrace (tr\\x61ce),', all],
    ['ptrace tr\\x61ce,', []],
    ['ptrace r\\x77,', []],
    ['unix (cr\\x65ate),', all],
    ['unix (cr\\x65ate) peer=(addr=@x),', []],
    ['unix addr=\\x40x,', all],
    ['unix peer=(addr=n\\x6fne),', all],
    ['dbus (e\\x61vesdrop) bus=session,', all],
    ['dbus (e\\x61vesdrop) bus=session name=x,', []],
    ['mqueue (cr\\x65ate),', from('4.0')],
    ['mqueue cr\\x65ate,', []],
    ['mqueue \\x2fx,', from('4.0')],
    ['io_uring (sqp\\x6fll),', from('4.0')],
    ['userns (create),', []],
    ['capability ch\\x6fwn,', []],
    ['network ine\\x74,', from('4.0')],
    ['network inet str\\x65am,', from('4.0')],
    ['network "inet",', from('4.0')],
    ['network "ine\\x74" t\\x63p,', from('4.0')],
    ['network (cr\\x65ate) inet,', from('4.0')],
    ['network cr\\x65ate inet,', []],
    ['network ip=\\x31.1.1.1,', from('4.0')],
    ['network peer=(ip=\\x31.1.1.1),', from('4.0')],
    ['network peer=(ip="\\x31.1.1.1"),', from('4.0')],
    ['network peer=(port=8\\x30),', from('4.0')],
    ['network peer=(port=\\x38x),', []],
    ['change_profile \\x2fa -> b,', all],
    ['change_profile \\x61,', []],
    ['"\\x2fa" r,', []],
    ['\\x2fa r,', []],
    ['link "\\x2fa" -> /b,', []],
    ['/a\\x40{nope} r,', []],
    ['/a[\\x5e] r,', []],
  ] as const)('%s', (text, expected) => expect(acceptedBy(rule(text))).toEqual(expected));
});

describe('escapes in heads and statements', () => {
  test.each([
    ['profile a flags=(c\\x6fmplain) { }', all],
    ['profile a flags=("c\\x6fmplain") { }', all],
    ['profile a flags=(compl\\ain) { }', []],
    ['profile a flags=(attach_disconnected.path=\\x2fx attach_disconnected) { }', from('4.0')],
    ['profile a flags=(\\x65rror=EPERM) { }', from('4.1')],
    ['profile \\x61 { }\nprofile a { }', []],
    ['profile a { ^\\x62 { } ^b { } }', []],
    ['"\\x2fa" { }', []],
    ['profile a "\\x2fb" { }', []],
    ['alias "\\x2fa" -> /b,', []],
    ['alias /a -> \\x2fb,', all],
    ['$b = tr\\x75e', all],
    ['$b = "tr\\x75e"', all],
  ] as const)('%s', (text, expected) => expect(acceptedBy(`${text}\n`)).toEqual(expected));

  test('a name with escapes is decoded', () => {
    expect(profileNames(parse('profile do\\x63ker-default { }\n').file)).toEqual([
      'docker-default',
    ]);
  });

  test('a permission written with escapes is granted', () => {
    const { profiles } = model(rule('signal (s\\x65nd) set=(term) peer=b,'));
    const asks = (permission: string) =>
      profiles[0]?.ask('signal', permission, signalString('term', 'b') ?? '').granted;
    expect(asks('send')).toBe(true);
    expect(asks('receive')).toBe(false);
  });
});

describe('a boolean and its value on different lines', () => {
  test.each([
    ['$b # c\n= true', upTo('4.1')],
    ['$b\n= true', upTo('4.1')],
    ['$b = # c\ntrue', from('5.0')],
    ['$b =\ntrue', from('5.0')],
    ['$b # c\n= # d\ntrue', from('5.0')],
    ['$b = \\\ntrue', all],
    ['$b = true \\\n', all],
    ['$b = true # c', from('4.0')],
    ['$b = true#c', []],
    ['@{b} # c\n= true', all],
  ] as const)('%j', (text, expected) => expect(acceptedBy(`${text}\n`)).toEqual(expected));
});

describe('names with colons', () => {
  const odd = ['::::x', ':::x', '::x', ':x', ':x:', '::', '::a:b', '":x"', ':,x'];

  test.each(
    odd.flatMap((name) => [
      `/a px -> ${name},`,
      `px /a -> ${name},`,
      `change_profile -> ${name},`,
      `change_profile /a -> ${name},`,
    ]),
  )('a target that is not a profile is a warning: %s', (text) => {
    expect(acceptedBy(rule(text))).toEqual(all);
    expect(check(rule(text)).diagnostics).toMatchObject([
      { id: 'profile-name', severity: 'warning' },
    ]);
  });

  test.each([':x:y', ':x:y:z', 'a:b', 'a::b', '&:x:y'])('%s is a target', (name) => {
    const { diagnostics } = check(rule(`change_profile -> ${name},`));
    expect(diagnostics.filter(({ id }) => id === 'profile-name')).toEqual([]);
  });

  test.each([...odd, '&x', '&:a:b', '&'])('%s names no profile', (name) => {
    expect(acceptedBy(`profile ${name} { }\n`)).toEqual([]);
    expect(acceptedBy(rule(`profile ${name} { }`))).toEqual([]);
  });

  test.each(odd)('a peer may be any text: %s', (name) => {
    expect(acceptedBy(rule(`signal peer=${name},`))).toEqual(all);
    expect(acceptedBy(rule(`unix peer=(label=${name}),`))).toEqual(name === ':,x' ? [] : all);
  });
});

describe('arrows of mount rules with a comma', () => {
  test.each([
    ['mount ->,x,', all],
    ['mount ->,/x -> /b,', all],
    ['mount options=ro ->,x,', all],
    ['remount ->,x,', all],
    ['mount -> ->,x,', all],
    ['mount ->,', []],
    ['mount -> ,', []],
    ['mount /a ->,', []],
    ['mount -> ->,', []],
    ['mount /a -> ->,', []],
    ['mount ->,"x",', []],
  ] as const)('%s', (text, expected) => expect(acceptedBy(rule(text))).toEqual(expected));
});

describe('an include inside a statement', () => {
  // apparmor_parser lets the included file continue the statement. This is refused, since a rule must not depend on another file.
  test.each([
    '/a #include if exists <nope>\n  r,',
    '/a r include if exists <nope>\n  ,',
    'owner include if exists <nope>\n  /a r,',
    'link\n  include if exists <nope>\n  /a -> /b,',
  ])('%j is refused', (text) => expect(check(rule(text)).ok).toBe(false));
});
