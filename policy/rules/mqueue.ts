import type { KeywordKind } from './kind.ts';

const types = ['posix', 'sysv'];

export const mqueue: KeywordKind = {
  kind: 'mqueue',
  keywords: ['mqueue'],
  joinsReturn: true,
  section: 'Message Queue rules',
  since: '4.0',
  access: ['r', 'w', 'rw', 'wr', 'read', 'write', 'create', 'open', 'delete', 'getattr', 'setattr'],
  conditions: ['type', 'label'],
  words: 1,
  wordsLast: true,
  check(rule, report) {
    const type = rule.conditions.find((one) => one.name.value === 'type')?.values[0];
    if (type && !types.includes(type.value)) {
      report('condition-value', type, `There is no message queue type "${type.value}".`, {
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
};
