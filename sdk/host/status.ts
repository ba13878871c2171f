import { automaton, matches } from '../../policy/glob/automaton.ts';
import { type Drift, detectDrift, isAsInstalled } from './drift.ts';
import { checkKernel, type LoadedProfile, readPolicy } from './kernel.ts';
import { executableOf, type Process, profilesOf, readProcesses } from './processes.ts';
import {
  type DamagedRecord,
  type Installation,
  type Pending,
  readRecords,
  type UnreadRecords,
} from './state.ts';
import type { Untrusted } from './trust-check.ts';

/** An installation and what has become of it. */
export interface InstalledStatus {
  installation: Installation;
  drift: Drift;
  /** As the kernel has it now; `undefined` when it is not loaded. */
  mode: string | undefined;
  /** The processes that it or a child of it confines. */
  processes: Process[];
}

/** A process that a loaded profile would confine, had it been started after that was loaded. */
export interface Unconfined {
  pid: number;
  command: string;
  executable: string;
  profile: string;
}

/** What AppArmor does on a host, and what of it this program has installed. */
export interface HostStatus {
  /** Whether this kernel enforces anything; for another root there is no kernel to ask. */
  kernel: { ok: true } | { ok: false; reason: string } | undefined;
  installed: InstalledStatus[];
  /** Every loaded profile, those that others have loaded too. */
  loaded: LoadedProfile[];
  confined: Process[];
  unconfined: Unconfined[];
  /** Changes that were begun and not ended; whatever changes the host next deals with them. */
  pending: Pending[];
  /** Records that do not say any more what they are about; whatever changes the host next deals with them too. */
  damaged: DamagedRecord[];
  /** Folders that hold more records than are read. */
  unread: UnreadRecords[];
}

/** Looks at a host without changing anything. This machine's own root needs root. */
export async function readStatus(root: string): Promise<HostStatus> {
  const kernel = root === '/' ? await checkKernel() : undefined;
  const policy = kernel?.ok ? await readPolicy() : undefined;
  const processes = policy ? await readProcesses() : [];
  const installed: InstalledStatus[] = [];
  const records = readRecords(root);
  for (const installation of records.installed) {
    const { name } = installation;
    installed.push({
      installation,
      drift: await detectDrift(root, installation, policy),
      mode: policy?.get(name)?.mode,
      processes: processes.filter(({ label }) => profilesOf(label).includes(name)),
    });
  }
  const loaded = [...(policy?.values() ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    kernel,
    installed,
    loaded,
    confined: processes.filter(({ mode }) => mode !== undefined && mode !== 'unconfined'),
    unconfined: await findUnconfined(loaded, processes),
    pending: records.pending,
    damaged: records.damaged,
    unread: records.unread,
  };
}

async function findUnconfined(
  loaded: readonly LoadedProfile[],
  processes: readonly Process[],
): Promise<Unconfined[]> {
  // A profile without an attachment shows its name in its place.
  const attachments = loaded.flatMap(({ name, attachment }) => {
    const pattern = attachment?.startsWith('/') ? automaton(attachment) : undefined;
    return pattern ? [{ name, pattern }] : [];
  });
  const found: Unconfined[] = [];
  for (const { pid, command, label } of processes) {
    if (label !== 'unconfined') continue;
    const executable = await executableOf(pid);
    if (executable === undefined) continue;
    const profile = attachments.find(({ pattern }) => matches(pattern, executable))?.name;
    if (profile !== undefined) found.push({ pid, command, executable, profile });
  }
  return found;
}

/**
 * What a monitor should say of a host: the worst of all that is installed. `untrusted` of it can't be
 * proved now.
 */
export function verdictOf(
  { kernel, installed, pending, damaged, unread }: HostStatus,
  untrusted: readonly Untrusted[],
): 'ok' | 'disabled' | 'untrusted' | 'not-loaded' | 'drift' {
  if (kernel?.ok === false) return 'disabled';
  if (untrusted.length > 0) return 'untrusted';
  if (installed.some(({ drift }) => drift.kernel === 'not-loaded')) return 'not-loaded';
  const sound = installed.every(({ drift }) => isAsInstalled(drift));
  const isWhole = pending.length === 0 && damaged.length === 0 && unread.length === 0;
  return sound && isWhole ? 'ok' : 'drift';
}
