// Line ends and comments inside a statement: the expected results are those of apparmor_parser 3.0.8.
import { describe, expect, test } from 'vitest';
import { check, format } from '../../policy/index.ts';

const verdict = (text: string) => check(text).ok;
const rule = (text: string) => `profile a {\n  ${text}\n}\n`;
const head = (text: string) => `${text}\nprofile a {\n}\n`;

const refused = [
  ...[
    'dbus send bus=\n session path=/a,',
    'dbus send path= \n /a,',
    'dbus send peer=\n (label=x),',
    'signal peer=\n x,',
    'signal set=\n term,',
    'ptrace peer=\n x,',
    'unix type=\n stream,',
    'unix peer=\n (label=x),',
    'mount options=\n rw /a -> /b,',
    'mount fstype=\n ext4 /a -> /b,',
    'pivot_root oldroot=\n /a/ /b/,',
    'pivot_root oldroot=# c\n /a/ /b/,',
    'pivot_root /b/ -> # c\n c,',
    'link /a -> # c\n /b,',
    '/a px -> # c\n b,',
    'change_profile /a -> b # c\n ,',
    'change_profile /a # c\n -> b,',
    'set rlimit # c\n nofile <= 10,',
    'set rlimit nofile <= 10 # c\n ,',
    'set rlimit nofile <= 1 0,',
    'set rlimit nofile <= 1\n0,',
    'set rlimit data <= 1 0K,',
    'set rlimit nice <= - 1,',
    'set rlimit nofile <= inf inity,',
    'mount /a ->/b,',
    'change_profile ->c,',
  ].map(rule),
  ...[
    'alias /q -> # c\n /r,',
    'abi <abi/3.0> # c\n ,',
    'include\n<tunables/global>',
    'include if\n exists <tunables/global>',
    'include if exists\n<tunables/global>',
    '$t = true#c',
  ].map(head),
  'profile a flags= # c\n (complain) {\n}\n',
  'profile a flags=\r\n(complain) {\n}\n',
  'profile a flags=(complain, # c\n attach_disconnected) {\n}\n',
  'profile a flags=( # c\n complain) {\n}\n',
  'profile a /x xattrs=\n(user.a=b) {\n}\n',
];

const taken = [
  ...[
    'mount options=\n (rw, bind) /a -> /b,',
    'mount fstype= \n (ext4) /a -> /b,',
    'signal (send) set=\n (term),',
    'dbus send peer=(label=\n x),',
    'set # c\n rlimit nofile <= 10,',
    'set rlimit nofile <=\n 10\n ,',
    'set rlimit cpu <= 10\n s,',
    'set rlimit data <= 10 K,',
    'mount options=(rw)->/b,',
    'mount ->/b,',
    'mount ->/b -> /c,',
    'umount ->/b,',
    'pivot_root /b/ ->c,',
    'pivot_root "/b/"->c,',
    'link /a ->/b,',
    '/a px ->b,',
    'capability chown # c\n setuid,',
    'pivot_root # c\n /b/,',
  ].map(rule),
  ...[
    'abi\n<abi/3.0>,',
    'include \n <tunables/global>',
    'include if exists \n <tunables/global>',
    '@{a} # c\n = x y',
    '@{a}=x\n@{a} # c\n # d\n += y',
    '$t\n= true',
    'alias /q # c\n -> /r # c\n ,',
  ].map(head),
  'profile a flags=\n(complain) {\n}\n',
  'profile a flags=(complain,\n attach_disconnected) {\n}\n',
  'profile a # c\n flags=(complain) # c\n {\n}\n',
];

describe('words split over lines', () => {
  test.each(refused)('%j is refused', (text) => expect(verdict(text)).toBe(false));

  test.each(taken)('%j is accepted and preserved by formatting', (text) => {
    expect(verdict(text)).toBe(true);
    const { text: formatted } = format(text);
    expect(verdict(formatted)).toBe(true);
    expect(format(formatted).text).toBe(formatted);
    expect(formatted.match(/# [cd]/g)).toEqual(text.match(/# [cd]/g));
  });

  test('an arrow within a path is reported', () => {
    const { diagnostics } = check(rule('mount options=(rw)->/b,'));
    expect(diagnostics.map(({ id, severity, fix }) => [id, severity, fix?.text])).toEqual([
      ['joined-arrow', 'warning', ' '],
    ]);
  });
});
