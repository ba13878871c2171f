import type { LintRule } from '../rule.ts';

/** Capabilities that amount to root, and how. */
const reasons: Readonly<Record<string, string>> = {
  sys_admin: 'it mounts, enters namespaces, and does much of what only root can',
  sys_module: 'it loads code into the kernel',
  sys_rawio: 'it reads and writes physical memory and devices directly',
  mac_admin: 'it changes and removes AppArmor profiles, this one too',
  mac_override: 'it overrides mandatory access control',
  bpf: 'it loads programs into the kernel',
  perfmon: 'it reads kernel memory through performance counters',
  sys_boot: 'it boots another kernel (kexec)',
};
/** In a container these reach the host; elsewhere other rules of the profile still hold them. */
const inContainer: Readonly<Record<string, string>> = {
  dac_read_search: 'it opens files of the host by handle (open_by_handle_at)',
  sys_ptrace: 'it takes over processes that share the process namespace',
  checkpoint_restore: 'it restores processes with state of its own choice',
};

export const powerfulCapability: LintRule = {
  id: 'powerful-capability',
  title: 'A capability that amounts to root',
  severity: 'warning',
  text: 'Some capabilities let a program escape all other limits: it can load kernel code, read all memory, or take over other processes. If the program does need one, accept the finding with a comment that gives the reason, after the rule or on the line before: `# lint-ignore powerful-capability: reason`.',
  fires: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  capability sys_module,\n}\n',
  clean: 'abi <abi/3.0>,\nprofile demo /usr/bin/demo {\n  capability sys_nice,\n}\n',
  check({ profiles, report }) {
    for (const { model, container } of profiles) {
      for (const { rule, own, deny } of model.rules) {
        if (!own || deny || rule.kind !== 'capability') continue;
        for (const word of rule.words) {
          const reason = reasons[word.value] ?? (container ? inContainer[word.value] : undefined);
          // A deny rule may take it away, unless the priority of this one is higher.
          if (!reason || model.capabilityGrant(word.value).decision.granted === false) continue;
          report(word, `${word.value} amounts to root: ${reason}.`, {
            expected:
              'a narrower capability, or the comment "# lint-ignore powerful-capability: reason"',
          });
        }
      }
    }
  },
};
