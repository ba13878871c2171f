// Capabilities (apparmor.d(5), "Capabilities").
import { nearest } from '../syntax/names.ts';
import { capabilityMeanings } from './capability-meanings.ts';
import { type KeywordRule, keywordRule } from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';

export type CapabilityRule = KeywordRule<'capability'>;

/** To use a capability. */
export interface CapabilityAccess {
  kind: 'capability';
  name: string;
}

/** The capabilities of capabilities(7), by the name apparmor.d(5) uses, each at its number (linux/capability.h). */
export const capabilities: readonly string[] = Object.keys(capabilityMeanings);
const known = new Set(capabilities);
const since30 = new Set(['perfmon', 'bpf', 'checkpoint_restore']);

const syntax = keywordRule({
  kind: 'capability',
  words: Number.POSITIVE_INFINITY,
  names: true,
  commas: true,
  comments: true,
  known: { words: capabilities },
  check(rule, report) {
    for (const word of rule.words) {
      // A backslash ends a name here.
      if (known.has(word.text)) continue;
      const bare = word.value.toLowerCase().replace(/^cap_/, '');
      const suggestion = known.has(bare) ? bare : nearest(bare, capabilities);
      report('capability-name', word, `Unknown capability "${word.value}".`, {
        expected: 'a capability in lower case without CAP_, such as net_bind_service',
        ...(suggestion && {
          suggestion,
          fix: { start: word.start, end: word.end, text: suggestion },
        }),
      });
    }
  },
});

export const capability: RuleKind<CapabilityRule, CapabilityAccess> = {
  ...syntax,
  class: 'capability',
  permissions: ({ words }) => (words.length === 0 ? capabilities : words.map(({ value }) => value)),
  accesses: ['capability'],
  narrowest: ({ name }) => (known.has(name) ? ['capability', name] : undefined),
  requirements(rule, need) {
    for (const word of rule.words)
      if (since30.has(word.value)) need('3.0', `capability ${word.value}`, word);
  },
  operations: /^capable$/,
  requested({ field }) {
    const name = field('capname');
    return name === undefined ? undefined : { kind: 'capability', name };
  },
  required: () => [['capname']],
  contradiction({ field }) {
    const [number, name] = [field('capability'), field('capname') ?? ''];
    // A newer kernel may have more of them.
    const isOther =
      number !== undefined && known.has(name) && capabilities[Number(number)] !== name;
    return isOther ? ['capability', 'capname'] : undefined;
  },
  describe: ({ name }) =>
    `use CAP_${name.toUpperCase()} for all that capabilities(7) lists under it, where they have it`,
};
