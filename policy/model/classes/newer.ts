// Classes that came with 4.0: message queues, io_uring and user namespaces.
import type { Pattern } from '../../glob/aare.ts';
import { compareReleases, type Release } from '../../release.ts';
import { conditionValue, permissionsOf } from '../../rules/keyword-rule.ts';
import type { EffectiveRule } from '../effective-rule.ts';
import type { TextScope } from '../expansion.ts';
import type { TableEntry } from '../table.ts';
import {
  anyByte,
  byte,
  fields,
  type NoEntries,
  type PermissionTable,
  sequence,
  someText,
  splitFields,
  Texts,
} from './class.ts';

const queuePermissions = [
  'read',
  'write',
  'create',
  'open',
  'delete',
  'getattr',
  'setattr',
] as const;
const queueSynonyms = { r: ['read'], w: ['write'], rw: ['read', 'write'], wr: ['read', 'write'] };
/** AA_CLASS_POSIX_MQUEUE and AA_CLASS_SYSV_MQUEUE follow each other. */
const posix = 17;
const systemV = 18;

/** A queue's name, and its label where it has one. System V's have a number. */
function queueEntries(
  prefix: number,
  effective: EffectiveRule,
  scope: TextScope,
): TableEntry[] | NoEntries {
  const { rule } = effective;
  if (rule.kind !== 'mqueue' && rule.kind !== 'all') return [];
  const texts = new Texts(scope);
  const condition = (name: string) =>
    rule.kind === 'mqueue' ? conditionValue(rule, name) : undefined;
  const word = rule.kind === 'mqueue' ? rule.words[0] : undefined;
  const type = condition('type')?.value;
  const isNumber = word !== undefined && /^[0-9]+$/.test(word.value);
  const of = type ?? (word === undefined ? undefined : isNumber ? 'sysv' : 'posix');
  if (of !== undefined && of !== (prefix === posix ? 'posix' : 'sysv')) return [];
  const name =
    prefix === posix
      ? texts.pattern(word)
      : word
        ? sequence(...bigEndian(Number(word.value)).map(byte))
        : sequence(anyByte, anyByte, anyByte, anyByte);
  const label = condition('label');
  const oneLabel = texts.pattern(label, someText);
  // For both types, apparmor_parser writes the label of a queue of System V twice.
  const isTwice = label !== undefined && of === undefined && prefix === systemV;
  const labelPattern = isTwice ? sequence(oneLabel, oneLabel) : oneLabel;
  if (texts.failed) return 'variables';
  const granted =
    rule.kind === 'all' ? queuePermissions : permissionsOf(rule, queuePermissions, queueSynonyms);
  const start = sequence(byte(prefix), name);
  const entry = (pattern: Pattern, these: readonly string[]): TableEntry[] =>
    these.length > 0 ? [{ effective, pattern, permissions: new Set(these) }] : [];
  return [
    ...entry(start, label ? withoutLabel(granted, scope.release) : granted),
    ...entry(fields(start, labelPattern), granted),
  ];
}

/** What a rule with a label grants for a queue that has none yet: from 5.0 on, that it is created. */
function withoutLabel(granted: readonly string[], release: Release): readonly string[] {
  if (compareReleases(release, '5.0') < 0 || !granted.includes('create')) return [];
  return granted.filter((one) => ['create', 'read', 'write'].includes(one));
}

const bigEndian = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);

export const posix_mqueue: PermissionTable = {
  keyword: 'mqueue',
  prefix: posix,
  permissions: queuePermissions,
  entries: (effective, scope) => queueEntries(posix, effective, scope),
  familiar: (string) => [string.replace(/^.(?=\0|$)/s, '$&/queue')],
  describe: (string) => describeQueue(splitFields(string.slice(1), 2)),
};

export const sysv_mqueue: PermissionTable = {
  keyword: 'mqueue',
  prefix: systemV,
  permissions: queuePermissions,
  entries: (effective, scope) => queueEntries(systemV, effective, scope),
  familiar: (string) => [`${string.slice(0, 1)}\0\0\0\x01${string.slice(5)}`],
  describe(string) {
    const number = [...string.slice(1, 5)].reduce((sum, one) => sum * 256 + one.charCodeAt(0), 0);
    return describeQueue([String(number), string.slice(6)]);
  },
};

const describeQueue = ([name = '', label]: readonly string[]) =>
  `queue ${name}${label ? `, label ${label}` : ''}`;

export const io_uring: PermissionTable = {
  keyword: 'io_uring',
  prefix: 22,
  permissions: ['sqpoll', 'override_creds', 'cmd'],
  entries(effective, scope) {
    const { rule } = effective;
    if (rule.kind !== 'io_uring' && rule.kind !== 'all') return [];
    const texts = new Texts(scope);
    const label = texts.pattern(rule.kind === 'all' ? undefined : conditionValue(rule, 'label'));
    if (texts.failed) return 'variables';
    const granted = rule.kind === 'all' ? this.permissions : permissionsOf(rule, this.permissions);
    return [
      { effective, pattern: byte(22), permissions: new Set(granted) },
      {
        effective,
        pattern: sequence(byte(22), label),
        permissions: new Set(granted.filter((one) => one === 'override_creds')),
      },
    ];
  },
  describe: (string) => (string.length > 1 ? `label ${string.slice(1)}` : ''),
};

export const userns: PermissionTable = {
  keyword: 'userns',
  prefix: 21,
  permissions: ['create'],
  entries(effective) {
    const { rule } = effective;
    if (rule.kind !== 'userns' && rule.kind !== 'all') return [];
    return [{ effective, pattern: byte(21), permissions: new Set(['create']) }];
  },
  describe: () => '',
};
