import type { KeywordKind } from './kind.ts';

export const io_uring: KeywordKind = {
  kind: 'io_uring',
  keywords: ['io_uring'],
  joinsReturn: true,
  section: 'IO_URING rules',
  since: '4.0',
  access: ['sqpoll', 'override_creds', 'cmd'],
  conditions: ['label'],
};
