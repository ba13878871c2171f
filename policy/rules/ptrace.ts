// ptrace(2) and what is like it (apparmor.d(5), "PTrace rules").

import {
  type KeywordRule,
  keywordRule,
  permissionsOf,
  requestPermissions,
} from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { deniedField, peerField } from './record.ts';
import { areOf, bracketed, exactly, joined, processesOf } from './rule-text.ts';

export type PtraceRule = KeywordRule<'ptrace'>;

/** To look into a process or to trace it, or to have that done. */
export interface PtraceAccess {
  kind: 'ptrace';
  access: readonly string[];
  peer?: string | undefined;
}

const permissions = ['r', 'w', 'rw', 'read', 'write', 'readby', 'trace', 'tracedby'];
const synonyms = { r: ['read'], w: ['trace'], write: ['trace'], rw: ['read', 'trace'] };

const syntax = keywordRule({
  kind: 'ptrace',
  joinsReturn: true,
  permissions,
  conditions: ['peer'],
});

export const ptrace: RuleKind<PtraceRule, PtraceAccess> = {
  ...syntax,
  reserves: ['read', 'readby', 'trace', 'tracedby', 'write'],
  class: 'ptrace',
  permissions: (rule) => permissionsOf(rule, permissions, synonyms),
  accesses: ['ptrace'],
  narrowest: ({ access, peer }) =>
    areOf(access, requestPermissions(permissions, synonyms))
      ? ['ptrace', bracketed(access), ...exactly('peer', peer)]
      : undefined,
  operations: /^ptrace$/,
  requested({ mask, peer }) {
    // Older kernels have one word for both.
    const access = mask.flatMap((one) => (one === 'receive' ? ['readby', 'tracedby'] : [one]));
    return access.length > 0 ? { kind: 'ptrace', access, peer } : undefined;
  },
  required: () => [deniedField, peerField],
  describe({ access, peer }) {
    const doing = access.flatMap((one) => active[one] ?? []);
    const undergoing = access.flatMap((one) => passive[one] ?? []);
    const whom = processesOf(peer);
    return joined([
      ...(doing.length > 0 ? [`${joined(doing)} ${whom}`] : []),
      ...(undergoing.length > 0 ? [`be ${joined(undergoing)} by ${whom}`] : []),
    ]);
  },
};

const active: Readonly<Record<string, string>> = { read: 'look into', trace: 'trace and change' };
const passive: Readonly<Record<string, string>> = {
  readby: 'looked into',
  tracedby: 'traced and changed',
};
