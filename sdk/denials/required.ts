// What a record of each kind always says. Where a record leaves it out, the narrowest rule for what is left would
// allow more than was asked for: a record cut short, or written by somebody else than the kernel.
import { type Access, mountCommands } from '../../policy/index.ts';
import { fieldOf, type LogEvent } from './event.ts';

/** A field, or the names that kernels and message buses have for the same one. */
type Field = readonly string[];

const peer: Field = ['peer', 'peer_profile', 'peer_label'];
const denied: Field = ['denied_mask', 'denied'];
const owner: readonly Field[] = [['fsuid'], ['ouid']];

/** Types of records whose request was refused, or would have been: only these say what of it was denied. */
const refusals = new Set(['DENIED', 'ALLOWED', 'KILLED', 'ERROR']);

/**
 * The fields by the kind of what was asked for: of the kernel from its audit callbacks (security/apparmor/file.c,
 * ipc.c, net.c, mount.c, resource.c, domain.c), of messages from dbus-daemon's bus/apparmor.c and dbus-broker's
 * src/util/apparmor.c.
 */
const required: {
  readonly [Kind in Access['kind']]: (
    event: LogEvent,
    access: Extract<Access, { kind: Kind }>,
  ) => readonly Field[];
} = {
  file: (event) => [
    // Of a socket that has a path, the kernel does not say whose it is.
    ...(fieldOf(event, 'family') === 'unix' ? [denied] : [denied, ...owner]),
    ...(fieldOf(event, 'operation') === 'link' ? [['target']] : []),
  ],
  link: () => [denied, ...owner],
  capability: () => [['capname']],
  network: (event, { family }) => [
    ['family'],
    ['sock_type'],
    // Kernels without rules for unix sockets say no more of one; what others say, they say together.
    ...(family === 'unix' && saysMoreOfSockets(event) ? [['addr']] : []),
  ],
  unix: (event) => socket(event),
  ptrace: () => [denied, peer],
  signal: () => [denied, ['signal'], peer],
  mount: (_, { flags }) => {
    const [command] = mountCommands(flags);
    if (command === 'bind' || command === 'move') return [['name'], ['srcname']];
    return command === undefined ? [['name'], ['srcname'], ['fstype']] : [['name']];
  },
  umount: () => [['name']],
  pivot_root: () => [['name'], ['srcname']],
  change_profile: () => [['name']],
  rlimit: () => [['rlimit'], ['value']],
  dbus: (event, { access }) => {
    if (access === 'eavesdrop') return [['bus']];
    if (access === 'bind') return [['bus'], ['name']];
    const called = fieldOf(event, 'operation') === 'dbus_method_call' && access === 'send';
    // dbus-broker, which says "method", does not say the name that was called.
    const named = called && fieldOf(event, 'method') === undefined;
    return [
      ...[['bus'], ['path'], ['interface'], ['member', 'method'], peer],
      ...(named ? [['name']] : []),
    ];
  },
  mqueue: (event) => [
    denied,
    // A queue of another IPC namespace may have no name here: no rule is made of it then.
    ...(/disconnected IPC path/i.test(fieldOf(event, 'info') ?? '') ? [] : [['name']]),
  ],
  io_uring: (_, { access }) => [denied, ...(access === 'override_creds' ? [['tcontext']] : [])],
  userns: () => [],
};

/** Permissions for which the kernel says the other end of a unix socket (NET_PEER_MASK). */
const withPeer = new Set(['send', 'receive', 'accept', 'connect']);

/** The other end is said where the request, be it denied or not, was about one. */
function socket(event: LogEvent): readonly Field[] {
  const asked = ['requested_mask', 'requested', 'denied_mask', 'denied']
    .flatMap((key) => fieldOf(event, key)?.split(' ') ?? [])
    .some((one) => withPeer.has(one));
  return [denied, ['addr'], ...(asked ? [['peer_addr'], peer] : [])];
}

/** Whether the kernel that wrote this has rules for unix sockets. */
function saysMoreOfSockets(event: LogEvent): boolean {
  return ['peer_addr', 'peer', 'requested', 'denied'].some(
    (key) => fieldOf(event, key) !== undefined,
  );
}

/** Whether a field has a value: dbus-broker writes (null) where a message has none. A call may name no interface. */
function isSaid(name: string, value: string | undefined): boolean {
  return Boolean(value) && (value !== '(null)' || name === 'interface');
}

/**
 * The first field that stands in a record with two values: which of the two the kernel wrote can't be told. Some kernels
 * write the class of a message queue twice, as the same.
 */
export function doubledField({ fields }: LogEvent): string | undefined {
  const values = new Map<string, string>();
  for (const { key, value } of fields) {
    if (key !== '' && (values.get(key) ?? value) !== value) return key;
    values.set(key, value);
  }
  return undefined;
}

/** The first field that is always there in a record of this kind, and is not; no rule may be made of such a record. */
export function missingField(event: LogEvent, access: Access): string | undefined {
  const fields = required[access.kind] as (event: LogEvent, access: Access) => readonly Field[];
  const missing = [['operation'], ...fields(event, access)].find(
    (names) =>
      (names !== denied || refusals.has(event.type)) &&
      names.every((name) => !isSaid(name, fieldOf(event, name))),
  );
  return missing?.[0];
}
