// io_uring(7) (apparmor.d(5), "IO_URING rules").

import { variablesIn } from '../glob/aare.ts';
import { conditionValue, type KeywordRule, keywordRule, permissionsOf } from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';
import { deniedField } from './record.ts';
import { bracketed, exactly } from './rule-text.ts';

export type IoUringRule = KeywordRule<'io_uring'>;

/** To use a feature of io_uring; `label` is whose credentials, where they are another's. */
export interface IoUringAccess {
  kind: 'io_uring';
  access: string;
  label?: string | undefined;
}

const permissions = ['sqpoll', 'override_creds', 'cmd'];

const syntax = keywordRule({
  kind: 'io_uring',
  joinsReturn: true,
  since: '4.0',
  permissions,
  conditions: ['label'],
  check(rule, report) {
    const label = conditionValue(rule, 'label');
    // The parsers of 4.1.0 and 5.0.2 replace no variables here.
    if (label && variablesIn(label.value).length > 0)
      report('condition-value', label, 'The label of an io_uring rule has no variables.', {
        expected: 'a label, such as p or p//*',
      });
  },
});

export const io_uring: RuleKind<IoUringRule, IoUringAccess> = {
  ...syntax,
  reserves: ['override_creds', 'sqpoll'],
  abi: '5.0',
  class: 'io_uring',
  permissions: (rule) => permissionsOf(rule, permissions),
  accesses: ['io_uring'],
  narrowest: ({ access, label }) =>
    permissions.includes(access)
      ? ['io_uring', bracketed([access]), ...exactly('label', label)]
      : undefined,
  operations: /^uring_/,
  requested({ operation, mask, peer, field }) {
    const [access = operation.slice('uring_'.length), ...more] = mask;
    if (more.length > 0) return undefined;
    return { kind: 'io_uring', access, label: field('tcontext') ?? peer };
  },
  required: ({ access }) => [deniedField, ...(access === 'override_creds' ? [['tcontext']] : [])],
  describe: ({ access }) => `use io_uring's ${access}`,
};
