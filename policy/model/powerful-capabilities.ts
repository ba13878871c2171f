// Capabilities that get around what the other rules of a profile say.

/** Capabilities that amount to root, and how. */
export const amountsToRoot: Readonly<Record<string, string>> = {
  sys_admin: 'it mounts, enters namespaces, and does much of what only root can',
  sys_module: 'it loads code into the kernel',
  sys_rawio: 'it reads and writes physical memory and devices directly',
  mac_admin: 'it changes and removes AppArmor profiles, this one too',
  mac_override: 'it overrides mandatory access control',
  bpf: 'it loads programs into the kernel',
  perfmon: 'it reads kernel memory through performance counters',
  sys_boot: 'it boots another kernel (kexec)',
};

/** Capabilities to act as another user, and how. The rules of the profile still hold them. */
export const actsAsOthers: Readonly<Record<string, string>> = {
  dac_override: 'it reads and writes files of every user',
  setfcap: 'it gives programs capabilities that every user who runs them gets',
  setgid: 'it acts as every group',
  setuid: 'it acts as every user',
};

/** In a container these reach the host; elsewhere other rules of the profile still hold them. */
export const reachesHost: Readonly<Record<string, string>> = {
  dac_read_search: 'it opens files of the host by handle (open_by_handle_at)',
  sys_ptrace: 'it takes over processes that share the process namespace',
  checkpoint_restore: 'it restores processes with state of its own choice',
};
