// Tracing and looking into processes: the peer's label.
import { conditionValue, permissionsOf } from '../../rules/keyword-rule.ts';
import { byte, type PermissionTable, sequence, someText, Texts } from './class.ts';

const permissions = ['read', 'trace', 'readby', 'tracedby'] as const;
const synonyms = { r: ['read'], w: ['trace'], write: ['trace'], rw: ['read', 'trace'] };
const prefix = 9;

export const ptrace: PermissionTable = {
  keyword: 'ptrace',
  prefix,
  permissions,
  entries(effective, scope) {
    const { rule } = effective;
    if (rule.kind !== 'ptrace' && rule.kind !== 'all') return [];
    const texts = new Texts(scope);
    const peer = rule.kind === 'all' ? undefined : conditionValue(rule, 'peer');
    const pattern = sequence(byte(prefix), texts.pattern(peer, someText));
    if (texts.failed) return 'variables';
    const granted = rule.kind === 'all' ? permissions : permissionsOf(rule, permissions, synonyms);
    return [{ effective, pattern, permissions: new Set(granted) }];
  },
  describe: (string) => `peer ${string.slice(1)}`,
};

/** What the kernel looks up for a process to trace. */
export const ptraceString = (peer: string) => String.fromCharCode(prefix) + peer;
