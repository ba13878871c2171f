// Message queues (apparmor.d(5), "Message Queue rules").
import { quoted } from '../glob/literal.ts';
import {
  type KeywordRule,
  keywordRule,
  permissionsOf,
  requestPermissions,
} from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { attached, deniedField } from './record.ts';
import { areOf, bracketed, exactly, joined, matching } from './rule-text.ts';

export type MqueueRule = KeywordRule<'mqueue'>;

/** To use a message queue: one of POSIX, by its path, or of System V, by its number. */
export interface MqueueAccess {
  kind: 'mqueue';
  type?: string | undefined;
  name?: string | undefined;
  access: readonly string[];
  label?: string | undefined;
}

const synonyms = { r: ['read'], w: ['write'], rw: ['read', 'write'], wr: ['read', 'write'] };
const permissions = [
  ...['r', 'w', 'rw', 'wr', 'read', 'write', 'create', 'open', 'delete', 'getattr', 'setattr'],
];
const types = ['posix', 'sysv'];
const kinds: Readonly<Record<string, string>> = { posix: 'POSIX', sysv: 'System V' };

const syntax = keywordRule({
  kind: 'mqueue',
  joinsReturn: true,
  since: '4.0',
  permissions,
  plain: ['type'],
  known: { values: { type: types } },
  conditions: ['type', 'label'],
  words: 1,
  wordsLast: true,
  check(rule, report) {
    const type = rule.conditions.find((one) => one.name.value === 'type')?.values[0];
    if (type && !types.includes(type.value)) {
      report('condition-value', type, `Unknown message queue type "${type.value}".`, {
        expected: 'posix or sysv',
      });
    }
    const name = rule.words[0];
    if (!name) return;
    const posix = name.value.startsWith('/') || name.value.startsWith('@{');
    const sysv = name.value.length > 0 && [...name.value].every((c) => c >= '0' && c <= '9');
    if (!posix && !sysv) {
      report('mqueue-name', name, `"${name.value}" does not name a message queue.`, {
        expected: 'a path that starts with / (POSIX) or a number (System V)',
      });
    } else if ((type?.value === 'posix' && sysv) || (type?.value === 'sysv' && posix)) {
      report('mqueue-name', name, `"${name.value}" is not the name of a ${type.value} queue.`, {
        expected: type.value === 'posix' ? 'a path that starts with /' : 'a number',
      });
    }
  },
});

export const mqueue: RuleKind<MqueueRule, MqueueAccess> = {
  ...syntax,
  reserves: ['delete', 'open'],
  abi: '4.0',
  class: 'mqueue',
  permissions: (rule) => permissionsOf(rule, permissions, synonyms),
  accesses: ['mqueue'],
  narrowest({ access, type, label, name }, pattern) {
    if (!areOf(access, requestPermissions(permissions, synonyms))) return undefined;
    return [
      ...['mqueue', bracketed(access), ...matching('type', type, pattern)],
      ...exactly('label', label),
      // A rule without a name is one for every queue; the kernel does not name those of another IPC namespace.
      ...(name === undefined ? [] : [quoted(pattern(name))]),
    ];
  },
  logs: ({ operation, field }) => /mqueue/.test(field('class') ?? operation),
  requested({ mask, field }) {
    if (mask.length === 0) return undefined;
    const name = field('name');
    const type = typeOf(field('class'), name);
    const queue = type === 'posix' && name !== undefined ? attached(name) : name;
    return { kind: 'mqueue', type, name: queue, access: mask };
  },
  required: (_, { field }) => [
    deniedField,
    // A queue of another IPC namespace may have no name here.
    ...(/disconnected IPC path/i.test(field('info') ?? '') ? [] : [['name']]),
  ],
  describe: ({ access, type, name }) =>
    `${joined(access.map(onQueue))} ${name === undefined ? `every ${type === undefined ? '' : `${kinds[type] ?? type} `}message queue` : `the message queue ${name}`}`,
};

/** The type of a queue by its class, and where the kernel names none, by its name. */
function typeOf(kind: string | undefined, name: string | undefined): string | undefined {
  if (kind?.startsWith('posix')) return 'posix';
  if (kind?.startsWith('sysv')) return 'sysv';
  if (name === undefined) return undefined;
  return name.startsWith('/') ? 'posix' : 'sysv';
}

/** What may be done to a message queue. */
function onQueue(permission: string): string {
  if (permission === 'getattr') return 'read the attributes of';
  return permission === 'setattr' ? 'change the attributes of' : permission;
}
