// Random rules of every class except files, chosen so that they overlap.
import fc from 'fast-check';

const qualifier = fc.constantFrom('', '', '', 'audit ', 'deny ', 'audit deny ');
const label = fc.constantFrom(
  'a',
  'b',
  'a//b',
  '{a,b}',
  '*',
  '**',
  '@{V}',
  '/a*',
  '[ab]?',
  'unconfined',
);
const path = fc.constantFrom('/a', '/b/', '/a/**', '/**', '/{a,b}/', '/@{V}', '//a', '/a*/b', '/?');
const maybe = (arbitrary: fc.Arbitrary<string>, name: string) =>
  fc.option(arbitrary, { freq: 2 }).map((one) => (one === null ? '' : ` ${name}=${one}`));
const some = (names: readonly string[], max = 3) =>
  fc
    .uniqueArray(fc.constantFrom(...names), { maxLength: max })
    .map((chosen) => (chosen.length === 0 ? '' : ` (${chosen.join(', ')})`));

const signal = fc
  .tuple(
    some(['send', 'receive', 'r', 'w', 'rw', 'read', 'write'], 2),
    fc.constantFrom(
      '',
      '',
      ' set=(kill)',
      ' set=(term hup)',
      ' set=(rtmin+0, exists)',
      ' set=kill set=emt',
    ),
    maybe(label, 'peer'),
  )
  .map((parts) => `signal${parts.join('')}`);
const ptrace = fc
  .tuple(some(['read', 'trace', 'readby', 'tracedby', 'r', 'w', 'rw']), maybe(label, 'peer'))
  .map((parts) => `ptrace${parts.join('')}`);
const peer = (...parts: fc.Arbitrary<string>[]) =>
  fc
    .tuple(...parts)
    .map((all) => (all.join('').trim() === '' ? '' : ` peer=(${all.join('').trim()})`));
const dbus = fc.oneof(
  fc
    .tuple(
      some(['send', 'receive', 'rw', 'r', 'w'], 2),
      maybe(fc.constantFrom('system', 's*', '{session,system}'), 'bus'),
      maybe(path, 'path'),
      maybe(fc.constantFrom('a.b', 'a.*', '@{V}.b'), 'interface'),
      maybe(fc.constantFrom('Get', 'G*', '{Get,Set}'), 'member'),
      peer(maybe(fc.constantFrom('a.b', '*'), 'name'), maybe(label, 'label')),
    )
    .map((parts) => `dbus${parts.join('')}`),
  fc
    .tuple(
      fc.constantFrom('', ' bind', ' (bind)'),
      maybe(fc.constantFrom('system', 's*'), 'bus'),
      maybe(fc.constantFrom('a.b', 'a.**', '@{V}'), 'name'),
    )
    .map((parts) => `dbus${parts.join('')}`),
  fc.constantFrom(
    'dbus',
    'dbus eavesdrop',
    'dbus (eavesdrop, send) bus=session',
    'dbus bus=system',
  ),
);
const network = fc
  .tuple(
    fc.constantFrom('', ' inet', ' inet6', ' unix', ' netlink', ' packet'),
    fc.constantFrom('', ' stream', ' dgram', ' raw', ' seqpacket', ' tcp', ' udp', ' icmp'),
  )
  .map(([family, type]) => `network${family}${type}`);
const address = fc.constantFrom('none', 'auto', '@a', '@a*', '@{V}', '@**', '@[^a]?', '@{a,b}');
const unix = fc
  .tuple(
    some(
      [
        'create',
        'bind',
        'listen',
        'accept',
        'connect',
        'shutdown',
        'getattr',
        'setattr',
        'getopt',
        'setopt',
        'send',
        'receive',
        'r',
        'w',
        'rw',
      ],
      4,
    ),
    maybe(fc.constantFrom('stream', 'dgram', 'seqpacket'), 'type'),
    maybe(address, 'addr'),
    peer(maybe(label, 'label'), maybe(address, 'addr')),
  )
  .map((parts) => `unix${parts.join('')}`);
const option = fc.constantFrom(
  ...[
    'ro',
    'rw',
    'nosuid',
    'suid',
    'nodev',
    'noexec',
    'bind',
    'rbind',
    'move',
    'remount',
    'private',
    'rshared',
  ],
  ...[
    'make-slave',
    'make-runbindable',
    'silent',
    'loud',
    'relatime',
    'norelatime',
    'iversion',
    'nouser',
    'user',
    'acl',
    'strictatime',
  ],
);
const options = fc
  .tuple(fc.constantFrom('=', ' in '), fc.array(option, { minLength: 1, maxLength: 4 }))
  .map(([operator, all]) => ` options${operator}(${all.join(', ')})`);
const type = fc.constantFrom('', '', '', ' fstype=tmpfs', ' fstype=(tmpfs, ext*)', ' vfstype=@{V}');
const mount = fc.oneof(
  fc
    .tuple(
      fc.array(options, { maxLength: 2 }).map((all) => all.join('')),
      type,
      fc.option(path).map((one) => (one === null ? '' : ` ${one}`)),
      fc.option(path).map((one) => (one === null ? '' : ` -> ${one}`)),
    )
    .map((parts) => `mount${parts.join('')}`),
  fc
    .tuple(
      fc.array(options, { maxLength: 1 }).map((all) => all.join('')),
      fc.option(path).map((one) => (one === null ? '' : ` ${one}`)),
    )
    .map((parts) => `remount${parts.join('')}`),
  fc.option(path).map((one) => (one === null ? 'umount' : `umount ${one}`)),
  fc
    .tuple(
      maybe(path, 'oldroot'),
      fc.option(path).map((one) => (one === null ? '' : ` ${one}`)),
    )
    .map((parts) => `pivot_root${parts.join('')}`),
);
const changeProfile = fc
  .tuple(
    fc.constantFrom('', '', ' safe /a', ' /a*', ' unsafe /**'),
    fc.option(label).map((one) => (one === null ? '' : ` -> ${one}`)),
  )
  .map((parts) => `change_profile${parts.join('')}`);
const capability = fc.constantFrom(
  'capability',
  'capability chown',
  'capability kill sys_admin',
  'capability bpf',
);

const queuePermissions = ['r', 'w', 'rw', 'read', 'write', 'create', 'open', 'delete', 'getattr'];
const mqueue = fc
  .tuple(
    some([...queuePermissions, 'setattr']),
    fc.constantFrom('', '', ' type=posix', ' type=sysv'),
    maybe(label, 'label'),
    fc.constantFrom('', '', ' /a', ' /a*', ' /{a,@{V}}', ' 0', ' 55', ' 4294967295'),
  )
  .map((parts) => `mqueue${parts.join('')}`);
const ioUring = fc
  .tuple(some(['sqpoll', 'override_creds'], 2), maybe(label, 'label'))
  .map((parts) => `io_uring${parts.join('')}`);
const userns = fc.constantFrom('userns', 'userns create');

const older = fc.oneof(signal, ptrace, dbus, network, unix, mount, changeProfile, capability);
const newer = fc.oneof(mqueue, ioUring, userns, fc.constant('all'));

/** What may be around the first rules. */
const around = fc.constantFrom(['', ''], ['', ''], ['if $A {', '}'], ['audit {', '}'], ['{', '}']);

/** The text of a policy of some rules, which the parser may refuse. */
const policyOf = (rule: fc.Arbitrary<string>, before: fc.Arbitrary<string> = qualifier) =>
  fc
    .tuple(
      fc.array(
        fc.tuple(before, rule).map(([one, text]) => `${one}${text},`),
        { minLength: 1, maxLength: 6 },
      ),
      fc.constantFrom('a b', 'a', 'a/ /b', '*', '{a,b}*'),
      fc.boolean(),
      fc.tuple(around, fc.nat({ max: 6 })),
    )
    .map(([rules, values, withFiles, [[before = '', after = ''], count]]) => {
      const first = [before, ...rules.slice(0, count), after].filter((one) => one !== '');
      const all = [...first, ...rules.slice(count), ...(withFiles ? ['/a r,'] : [])];
      return `$A=true\n@{V}=${values}\nprofile p {\n  ${all.join('\n  ')}\n}\n`;
    });

/** A policy in the language of AppArmor 3.0. */
export const generatedRules = policyOf(older);

const priority = fc.constantFrom('', '', '', 'priority=1 ', 'priority=-1 ');

/**
 * A policy with the classes and priorities of AppArmor 4.1, and some of the older ones. With a qualifier,
 * apparmor_parser logs what `all` is about only in part, which the model does not repeat; nor that priorities of
 * unix rules do not count on kernels that do not know these.
 */
export const newerRules = policyOf(
  fc.oneof({ weight: 3, arbitrary: newer }, { weight: 1, arbitrary: older }),
  fc.tuple(priority, qualifier).map((parts) => parts.join('')),
).filter((source) => !/(?:audit|deny) all,|priority=\S+ (?:audit |deny )*unix/.test(source));
