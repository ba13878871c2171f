// Sockets: the family and the type, as rules about the network grant them; and of unix sockets all that rules about those
// say. A kernel that does not know rules about unix sockets asks for the family and the type alone.
import { mergeSlashes } from '../../checks/aliases.ts';
import type { Pattern } from '../../glob/aare.ts';
import { bytePattern } from '../../glob/matcher.ts';
import { compareReleases, type Release } from '../../release.ts';
import {
  conditionValue,
  messagePermissions,
  peerValue,
  permissionsOf,
} from '../../rules/keyword-rule.ts';
import { families, localPermissions, protocols, typeOfProtocol } from '../../rules/network.ts';
import { type EffectiveRule, isQuiet } from '../effective-rule.ts';
import type { TextScope } from '../expansion.ts';
import type { TableEntry } from '../table.ts';
import {
  anyByte,
  anyBytes,
  anyText,
  byte,
  nul,
  number16,
  type PermissionTable,
  sequence,
  Texts,
} from './class.ts';

/** `use`: whatever a socket of a family and type can do. */
const permissions = [
  ...['create', 'bind', 'listen', 'accept', 'connect', 'shutdown', 'getattr', 'setattr'],
  ...['getopt', 'setopt', 'send', 'receive'],
] as const;
const prefix = 14;
const unixFamily = 1;

/** Families in the order of the list have the kernel's numbers, but for one that has no name. */
const unnamedFamily = 12;
export function familyNumber(name: string): number | undefined {
  const index = families.indexOf(name);
  return index < 0 ? undefined : index < unnamedFamily ? index : index + 1;
}
/** How many families a rule that names none is about, also where there is no name for them. */
const everyFamily = 46;
const familyName = (number: number) =>
  families.find((name) => familyNumber(name) === number) ?? `family ${number}`;

const types: Readonly<Record<string, number>> = {
  ...{ stream: 1, dgram: 2, raw: 3, rdm: 4, seqpacket: 5, packet: 10 },
};
const typeName = (number: number) =>
  Object.keys(types).find((name) => types[name] === number) ?? `type ${number}`;

export const network: PermissionTable = {
  keyword: 'network',
  prefix,
  permissions,
  entries(effective, scope) {
    const { rule } = effective;
    switch (rule.kind) {
      case 'all':
        return [...socketEntries(effective, [], scope.release), ...unixEntries(effective)];
      case 'network': {
        if (rule.permissions.length > 0 || rule.conditions.length > 0) return 'conditions';
        const words = rule.words.map(({ value }) => value);
        // In detail, rules for a family are written for the types that have names, in every release.
        const unix = pairsOf(words, namedTypes)
          .filter(([family]) => family === unixFamily)
          .flatMap(([, type]) => unixEntries(effective, { type }, logsAsNetwork(effective)));
        return [...socketEntries(effective, words, scope.release), ...unix];
      }
      case 'unix': {
        const texts = new Texts(scope);
        const named = conditionValue(rule, 'type');
        const type = named && types[texts.text(named)];
        const addr = (word: ReturnType<typeof conditionValue>) => word && texts.text(word);
        const peerLabel = peerValue(rule, 'label');
        const about: UnixSockets = {
          type,
          address: addr(conditionValue(rule, 'addr')),
          peerAddress: addr(peerValue(rule, 'addr')),
          peerLabel: peerLabel && texts.pattern(peerLabel),
          granted: withOtherOption(
            permissionsOf(rule, permissions, messagePermissions),
            effective,
            scope.release,
          ),
        };
        if (texts.failed) return 'variables';
        return [
          // apparmor_parser leaves out what denies more than the rule says.
          ...(effective.deny
            ? []
            : [
                fallbackEntry(
                  socketEntry(effective, unixFamily, type, scope.release),
                  about,
                  scope,
                ),
              ]),
          ...unixEntries(effective, about),
        ];
      }
      default:
        return [];
    }
  },
  familiar: (string) =>
    string.length < 5
      ? []
      : [
          ...[
            socketString(2, 1),
            socketString(2, 2),
            socketString(10, 1),
            socketString(unixFamily, 1),
          ],
          ...[socketString(unixFamily, 2), socketString(16, 3), socketString(2, 3)],
          ...families.map((name) => socketString(familyNumber(name) ?? 0, 1)),
        ].flatMap((start) => [...withPeer(start, string), start + string.slice(5)]),
  describe(string) {
    const family = familyName((string.charCodeAt(1) << 8) | string.charCodeAt(2));
    if (string.length < 5) return family;
    const type = typeName((string.charCodeAt(3) << 8) | string.charCodeAt(4));
    const rest = string.slice(7);
    return `${family} ${type}${rest === '' ? '' : `, ${describeUnix(rest)}`}`;
  },
};

/** The same peer label, with addresses and an own label as kernels look them up: none is empty. */
function withPeer(start: string, string: string): string[] {
  const peer = string.lastIndexOf('\0\x01');
  const label = string.lastIndexOf('\0');
  if (peer < 0 || label <= peer || label === string.length - 1) return [];
  return [`${start}\0\0\x01\0x\0\x01\x01${string.slice(label)}`];
}

function describeUnix(rest: string): string {
  const address = (text: string) =>
    text === '' ? 'no address' : text === '\x01' ? 'none' : text.replace(/^\0/, '@');
  const end = rest.indexOf('\0', 1);
  const local = end < 0 ? rest : rest.slice(0, end);
  const [label = '', after = ''] = end < 0 ? [] : rest.slice(end + 1).split(/\0(.*)/s);
  const command = after.charCodeAt(0);
  const peer = command === commands.address ? after.slice(1) : undefined;
  const peerEnd = peer?.indexOf('\0', 1) ?? -1;
  return [
    `address ${address(local)}`,
    ...(label ? [`label ${label}`] : []),
    ...(peer === undefined
      ? []
      : [
          `peer address ${address(peerEnd < 0 ? peer : peer.slice(0, peerEnd))}`,
          ...(peerEnd < 0 ? [] : [`peer label ${peer.slice(peerEnd + 1)}`]),
        ]),
  ].join(', ');
}

const namedTypes: readonly number[] = Object.values(types);

/** The types for which rules that name a family alone are written; undefined stands for all there can be. */
const typesOfFamily = (release: Release): readonly (number | undefined)[] =>
  compareReleases(release, '5.0') >= 0 ? [undefined] : namedTypes;

/** Families and types of a rule's words, with these types where it names a family alone. */
function pairsOf(
  words: readonly string[],
  ofFamily: readonly (number | undefined)[],
): [number, number | undefined][] {
  const [first, second] = words;
  if (first === undefined)
    return Array.from({ length: everyFamily }, (_, family) => [family, undefined]);
  const family = familyNumber(first);
  if (family !== undefined && second === undefined)
    return ofFamily.map((type): [number, number | undefined] => [family, type]);
  const type = second ?? first;
  const number = types[typeOfProtocol[type] ?? type];
  const of = family === undefined ? (protocols[type] ?? families) : [first];
  return of.flatMap((name) => {
    const one = familyNumber(name);
    return one === undefined ? [] : [[one, number] as [number, number | undefined]];
  });
}

const everyPermission = new Set<string>(permissions);

function socketEntries(
  effective: EffectiveRule,
  words: readonly string[],
  release: Release,
): TableEntry[] {
  return pairsOf(words, typesOfFamily(release)).map(([family, type]) =>
    socketEntry(effective, family, type, release),
  );
}

/**
 * Where the apparmor_parser of releases before 4.0 writes rules for all types, they are 0 to 15; all there can be where their
 * use is logged, or not.
 */
function socketEntry(
  effective: EffectiveRule,
  family: number,
  type: number | undefined,
  release: Release,
): TableEntry {
  const audits = effective.qualifiers.audit?.value === 'audit';
  const all = audits !== effective.deny || compareReleases(release, '4.0') >= 0;
  const types: Pattern =
    type !== undefined
      ? number16(type)
      : all
        ? sequence(anyByte, anyByte)
        : sequence(nul, { kind: 'set', ranges: [0, 15] });
  const pattern = sequence(byte(prefix), number16(family), types);
  return { effective, pattern, permissions: everyPermission };
}

/** Of unix sockets that a rule about the network denies, apparmor_parser keeps out of the log what `audit deny` names. */
function logsAsNetwork({ deny, qualifiers }: EffectiveRule): boolean {
  return (qualifiers.audit?.value === 'audit') !== deny;
}

const optionPermissions = ['getopt', 'setopt'];

/** From 4.0 on, a rule that denies one of getopt and setopt without logging it denies both (measured with 4.1.0 and 5.0.2). */
function withOtherOption(
  granted: readonly string[],
  effective: EffectiveRule,
  release: Release,
): readonly string[] {
  if (compareReleases(release, '4.0') < 0 || !isQuiet(effective)) return granted;
  if (!granted.some((one) => optionPermissions.includes(one))) return granted;
  return [...new Set([...granted, ...optionPermissions])];
}

interface UnixSockets {
  type?: number | undefined;
  address?: string | undefined;
  peerAddress?: string | undefined;
  peerLabel?: Pattern | undefined;
  granted?: readonly string[];
}

/** What follows the socket's own end: the other one, a backlog, or an option. */
const commands = { address: 1, listen: 2, option: 4 } as const;

/** What kernels that do not know rules about unix sockets ask for; before 4.0, a rule grants them everything. */
function fallbackEntry(
  entry: TableEntry,
  { granted = permissions }: UnixSockets,
  { release }: TextScope,
): TableEntry {
  const narrow = compareReleases(release, '4.0') >= 0;
  return { ...entry, fallback: true, ...(narrow && { permissions: new Set(granted) }) };
}

/** Rules about unix sockets (apparmor.d(5), "Unix socket rules"). */
function unixEntries(
  effective: EffectiveRule,
  about: UnixSockets = {},
  logs?: boolean,
): TableEntry[] {
  const { type, address, peerAddress, peerLabel, granted = permissions } = about;
  const ofPeer = peerAddress !== undefined || peerLabel !== undefined;
  const found: TableEntry[] = [];
  const add = (pattern: Pattern, these: readonly string[]) => {
    const wanted = these.filter((one) => granted.includes(one));
    if (wanted.length > 0)
      found.push({
        effective,
        pattern,
        permissions: new Set(wanted),
        ...(logs !== undefined && { logs }),
      });
  };
  const socket = sequence(
    ...[byte(prefix), number16(unixFamily)],
    type === undefined ? sequence(anyByte, anyByte) : number16(type),
    ...[anyByte, anyByte],
  );
  if (!ofPeer) add(socket, ['create']);
  // Binding without an address: the kernel makes one.
  if (address === undefined || address === 'auto')
    add(sequence(socket, nul, anyText, nul), ['bind']);
  const local = sequence(socket, addressPattern(address), anyText, nul);
  const own = ['bind', 'accept', 'shutdown', 'getattr', 'setattr'].filter(
    (one) => one !== 'bind' || address !== 'auto',
  );
  add(local, ofPeer ? ['accept'] : own);
  if (!ofPeer) {
    add(sequence(local, byte(commands.listen), anyByte, anyByte), ['listen']);
    add(sequence(local, byte(commands.option), anyByte, anyByte), ['getopt', 'setopt']);
  }
  add(
    sequence(local, byte(commands.address), addressPattern(peerAddress), peerLabel ?? anyText),
    permissions.filter((one) => !localPermissions.has(one)),
  );
  return found;
}

const hexadecimal: Pattern = { kind: 'set', ranges: [48, 57, 97, 102] };

/** An address, and the NUL that ends it. */
function addressPattern(address: string | undefined): Pattern {
  if (address === undefined) return sequence(anyBytes, nul);
  if (address === 'none') return sequence(byte(1), nul);
  if (address === 'auto') {
    const digits = Array.from({ length: 5 }, () => hexadecimal);
    return sequence(nul, ...digits, nul);
  }
  const name = bytePattern(mergeSlashes(address).slice(1), 'bytes with NUL');
  return sequence(nul, name, nul);
}

/** What the kernel looks up for a socket of a family and type. */
export function socketString(family: number, type: number): string {
  return String.fromCharCode(prefix, family >> 8, family & 255, type >> 8, type & 255);
}

export const socketType = (name: string): number | undefined => types[name];

/** What a kernel that knows rules about unix sockets looks up. */
export function unixString(
  permission: string,
  type: number,
  address: string,
  own: string,
  peer?: { address: string; label: string },
): string {
  const start = `${socketString(unixFamily, type)}\0\0`;
  if (permission === 'create') return start;
  const local = `${start}${address}\0${own}\0`;
  if (permission === 'listen') return `${local}\x02\0\0`;
  if (permission === 'getopt' || permission === 'setopt') return `${local}\x04\0\0`;
  return peer ? `${local}\x01${peer.address}\0${peer.label}` : local;
}
