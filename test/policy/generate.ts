// Random texts: pieces of the language in any order, and mutations of whole policies.
import fc from 'fast-check';

const pieces = [
  'profile ',
  'p',
  ' {',
  '}',
  '\n',
  ' ',
  '  ',
  ',',
  '# remark\n',
  'include <tunables/global>\n',
  '#include "x"\n',
  'include if exists <x>\n',
  'abi <abi/3.0>,\n',
  'alias /a -> /b,\n',
  '@{A}',
  '@{A} = a b\n',
  '@{B} += @{A}\n',
  '$C = true\n',
  'if $C',
  'if defined @{A} and (',
  ')',
  ' else ',
  'else if ',
  'capability',
  ' chown',
  'network',
  ' inet',
  ' stream',
  'mount',
  'umount',
  'options=(',
  'ro',
  'fstype=',
  ' -> ',
  'signal',
  'set=',
  'peer=',
  'ptrace',
  'dbus',
  'bus=system',
  'path=/x',
  'unix',
  'addr=@x',
  'mqueue',
  'io_uring',
  'userns',
  'all',
  'set rlimit',
  ' nofile',
  ' <= ',
  '10K',
  'change_profile',
  'pivot_root',
  'link',
  'file',
  'owner ',
  'audit ',
  'deny ',
  'priority=1 ',
  'safe ',
  'unsafe ',
  '^hat',
  'hat h',
  'flags=(',
  'complain',
  'xattrs=(',
  '/a',
  '/**',
  '/{a,b}',
  '/[^a]*',
  '{',
  '[',
  ']',
  '(',
  '"',
  '\\',
  '\\"',
  '\\,',
  ' r',
  ' rw',
  ' px',
  ' ix',
  'rwklm',
  '^',
  '!',
  '=',
  '+=',
  ':ns:',
  '\0',
  '\t',
  '\r\n',
  '\u{1f600}',
  '\ud800',
  'é',
  '\ufeff',
  '+ identities=(',
  '<',
  '>',
  '-',
  '..',
  '// ',
  '//&',
];

/** A random text of pieces of the language. */
export const anyText = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(...pieces) },
      fc.string({ maxLength: 4, unit: 'binary' }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** Changes a text: a deletion, a duplication, a swap or an insertion. `random` returns numbers from 0 to 1. */
export function mutate(text: string, random: () => number): string {
  const at = Math.floor(random() * (text.length + 1));
  const length = Math.floor(random() * random() * 40);
  const other = Math.floor(random() * (text.length + 1));
  switch (Math.floor(random() * 6)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return (
        text.slice(0, at) +
        text.slice(at, at + length).repeat(1 + Math.floor(random() * 20)) +
        text.slice(at)
      );
    case 2:
      return text.slice(0, at) + text.slice(other, other + length) + text.slice(at);
    case 3:
      return text.slice(0, at);
    default:
      return (
        text.slice(0, at) +
        pieces[Math.floor(random() * pieces.length)] +
        text.slice(at + (random() < 0.5 ? 1 : 0))
      );
  }
}
