import { automaton, matches } from '../../glob/automaton.ts';
import { ptraceString } from '../../model/classes/ptrace.ts';
import type { LintRule } from '../rule.ts';

export const barePtrace: LintRule = {
  id: 'bare-ptrace',
  title: 'Tracing is wide open',
  severity: 'warning',
  text: 'A program that may trace every process can read their memory and run code in them, under their profile or none. Restrict the rule with peer=, for most programs to the profile itself.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  ptrace,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  ptrace (read, trace) peer=demo,\n}\n',
  check({ profiles, report }) {
    const strong = ['trace', 'w', 'rw', 'write'];
    for (const { model } of profiles) {
      if (!model.rules.some(({ rule, deny }) => rule.kind === 'ptrace' && !deny)) continue;
      const { granted } = model.ask('ptrace', 'trace', ptraceString('unconfined'));
      for (const { rule, deny, own } of model.rules) {
        if (deny || !own || rule.kind !== 'ptrace') continue;
        const traces =
          rule.permissions.length === 0 ||
          rule.permissions.some((word) => strong.includes(word.value));
        const peer = rule.conditions.find((one) => one.name.value === 'peer')?.values[0]?.value;
        if (!traces || granted === false || !matchesUnconfined(peer)) continue;
        report(
          rule,
          peer === undefined
            ? 'This allows tracing every process, and so running code in any of them.'
            : 'This allows tracing unconfined processes, and so running code in them.',
          { expected: 'peer= with the profile that is traced' },
        );
      }
    }
  },
};

/** Whether a pattern for a label matches that of processes without a profile. */
function matchesUnconfined(peer: string | undefined): boolean {
  if (peer === undefined) return true;
  const one = automaton(peer);
  return one !== undefined && matches(one, 'unconfined') === true;
}
