import { nearest } from '../syntax/names.ts';
import type { Condition } from '../syntax/tree.ts';
import type { KeywordKind, Report } from './kind.ts';
import { checkLocalAccess, socketAccess, socketTypes } from './network.ts';

export const unix: KeywordKind = {
  kind: 'unix',
  keywords: ['unix'],
  joinsReturn: true,
  section: 'Unix socket rules',
  access: socketAccess,
  conditions: ['type', 'addr', 'peer', 'protocol', 'attr', 'opt'],
  peer: ['addr', 'label'],
  check(rule, report) {
    const peer = rule.conditions.find((one) => one.name.value === 'peer');
    checkLocalAccess(rule.access, peer, report);
    for (const one of [...rule.conditions, ...(peer?.conditions ?? [])])
      checkCondition(one, report);
  },
  needs(rule, need) {
    for (const one of rule.conditions) {
      const [value] = one.values;
      if (one.name.value === 'addr' && value?.value === 'auto') need('3.0', 'addr=auto', value);
    }
  },
};

function checkCondition(one: Condition, report: Report): void {
  const value = one.values[0];
  if (!value) return;
  const name = one.name.value;
  if (
    name === 'addr' &&
    !value.value.startsWith('@') &&
    value.value !== 'none' &&
    value.value !== 'auto'
  ) {
    report('condition-value', value, `"${value.value}" is not the address of an abstract socket.`, {
      expected: 'none, auto or @name; a socket with a path is a file and needs a file rule',
    });
  }
  if (name === 'type' && !socketTypes.includes(value.value) && !value.value.includes('@{')) {
    const suggestion = nearest(value.value, socketTypes);
    report('condition-value', value, `There is no socket type "${value.value}".`, {
      expected: `one of ${socketTypes.join(', ')}`,
      ...(suggestion && {
        suggestion,
        fix: { start: value.start, end: value.end, text: suggestion },
      }),
    });
  }
  if (name === 'protocol' || name === 'attr' || name === 'opt') {
    report(
      'condition-unknown',
      one.name,
      `apparmor.d(5) names ${name}=, but no apparmor_parser supports it.`,
      {
        expected: 'type=, addr=, label= or peer=',
      },
    );
  }
}
