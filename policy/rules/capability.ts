// Capabilities (apparmor.d(5), "Capabilities").
import { nearest } from '../syntax/names.ts';
import { type KeywordRule, keywordRule } from './keyword-rule.ts';
import type { RuleKind } from './kind.ts';

export type CapabilityRule = KeywordRule<'capability'>;

/** To use a capability. */
export interface CapabilityAccess {
  kind: 'capability';
  name: string;
}

/** The capabilities of capabilities(7), by the name apparmor.d(5) uses, each at its number (linux/capability.h). */
export const capabilities: readonly string[] = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
];
const known = new Set(capabilities);
const since30 = new Set(['perfmon', 'bpf', 'checkpoint_restore']);

const syntax = keywordRule({
  kind: 'capability',
  words: Number.POSITIVE_INFINITY,
  names: true,
  commas: true,
  comments: true,
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
