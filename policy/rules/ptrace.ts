import type { KeywordKind } from './kind.ts';

export const ptrace: KeywordKind = {
  kind: 'ptrace',
  keywords: ['ptrace'],
  joinsReturn: true,
  section: 'PTrace rules',
  access: ['r', 'w', 'rw', 'read', 'write', 'readby', 'trace', 'tracedby'],
  conditions: ['peer'],
};
