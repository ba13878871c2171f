import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process and its confinement. */
export interface Process {
  pid: number;
  /** The kernel's name of it (proc(5), comm). */
  command: string;
  /** `unconfined`, a profile, or a stack, as in `docker-default//&web`. */
  label: string;
  /** The label's mode: `enforce`, `complain`, …; `undefined` if unconfined. */
  mode: string | undefined;
}

/** A process's label and mode from its attr/current; `undefined` if it has ended or has no AppArmor label. */
export async function readProcess(pid: number): Promise<Process | undefined> {
  const at = `/proc/${pid}`;
  const command = await readFile(`${at}/comm`, 'utf8').catch(() => undefined);
  const label =
    (await readFile(`${at}/attr/apparmor/current`, 'utf8').catch(() => undefined)) ??
    // Kernels before 5.8 have only this file, which is AppArmor's unless another module uses it.
    (await readFile(`${at}/attr/current`, 'utf8').catch(() => undefined));
  if (command === undefined || label === undefined || label === '') return undefined;
  return { pid, command: command.trimEnd(), ...parseLabel(label) };
}

/** Parses attr/current, such as `docker-nginx (enforce)`. */
export function parseLabel(text: string): { label: string; mode: string | undefined } {
  const line = text.replace(/[\n\0]+$/, '');
  const match = /^(.*) \((\w+)\)$/s.exec(line);
  return match ? { label: match[1] ?? '', mode: match[2] } : { label: line, mode: undefined };
}

/** All processes with an AppArmor label, by id. Other users' processes require root. */
export async function readProcesses(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.sort((a, b) => a - b).map(readProcess));
  return found.filter((process) => process !== undefined);
}

/** The profiles of a label, without children's names and namespaces. */
export function profilesInLabel(label: string): string[] {
  return label.split('//&').map((one) => {
    const name = one.replace(/^:[^:]*:(\/\/)?/, '');
    const child = name.indexOf('//');
    return child < 0 ? name : name.slice(0, child);
  });
}

/** Whether one of these profiles, or a child of one, is in a label. */
export function isConfinedBy({ label }: Pick<Process, 'label'>, profiles: readonly string[]) {
  return profilesInLabel(label).some((name) => profiles.includes(name));
}

/** The processes confined by one of these profiles or their children. */
export async function confinedBy(profiles: readonly string[]): Promise<Process[]> {
  const processes = await readProcesses();
  return processes.filter((process) => isConfinedBy(process, profiles));
}

/** This process's effective capabilities, one bit each (capabilities(7)); `undefined` if unknown. */
export async function ownCapabilities(): Promise<bigint | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective === undefined ? undefined : BigInt(`0x${effective}`);
}

/** The executable of a process; `undefined` for kernel threads and ended processes. */
export async function executableOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/exe`).catch(() => undefined);
}
