import { automaton, matches } from '../../policy/glob/automaton.ts';
import { type Drift, detectDrift, isAsInstalled } from './drift.ts';
import { type Installation, profilesOf } from './installation.ts';
import { checkKernel, type LoadedProfile, readPolicy, stateOf } from './kernel.ts';
import { executableOf, isConfinedBy, type Process, readProcesses } from './processes.ts';
import { type DamagedRecord, type Pending, readRecords, type UnreadRecords } from './state.ts';
import type { Untrusted } from './trust-check.ts';

/** An installation and its current state. */
export interface InstalledStatus {
  installation: Installation;
  drift: Drift;
  /** The mode of its profiles in the kernel; `undefined` unless all are loaded. */
  mode: string | undefined;
  /** The processes confined by its profiles or their children. */
  processes: Process[];
}

/** A process that started before its profile was loaded, and so runs unconfined. */
export interface Unconfined {
  pid: number;
  command: string;
  executable: string;
  profile: string;
}

/** The state of AppArmor and of this program's installations on a host. */
export interface HostStatus {
  /** Whether this kernel enforces profiles; another root has no kernel. */
  kernel: { ok: true } | { ok: false; reason: string } | undefined;
  installed: InstalledStatus[];
  /** All loaded profiles, including those that this program did not install. */
  loaded: LoadedProfile[];
  confined: Process[];
  unconfined: Unconfined[];
  /** Interrupted changes; the next command that changes the host finishes or undoes them. */
  pending: Pending[];
  /** Damaged records; the next command that changes the host repairs them or sets them aside. */
  damaged: DamagedRecord[];
  /** Folders with more records than the maximum. */
  unread: UnreadRecords[];
}

/** Reads a host's state without changing anything. For this machine's own root, requires root. */
export async function readStatus(root: string): Promise<HostStatus> {
  const kernel = root === '/' ? await checkKernel() : undefined;
  const policy = kernel?.ok ? await readPolicy() : undefined;
  const processes = policy ? await readProcesses() : [];
  const installed: InstalledStatus[] = [];
  const records = readRecords(root);
  for (const installation of records.installed) {
    const own = profilesOf(installation);
    installed.push({
      installation,
      drift: await detectDrift(root, installation, policy),
      mode: policy && stateOf(policy, own)?.mode,
      processes: processes.filter((process) => isConfinedBy(process, own)),
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
  // A profile without an attachment shows its name there.
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

/** The state for a monitor: the worst of all installations. The `untrusted` ones can't be verified now. */
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
