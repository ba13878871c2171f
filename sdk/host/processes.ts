import { readdir, readFile, readlink } from 'node:fs/promises';

/** A process and what confines it. */
export interface Process {
  pid: number;
  /** The name that the kernel has of it (proc(5), comm). */
  command: string;
  /** `unconfined`, a profile, or several stacked, as in `docker-default//&web`. */
  label: string;
  /** The label's mode: `enforce`, `complain`, …; `undefined` when it is unconfined. */
  mode: string | undefined;
}

/** A process's label and mode from its attr/current; `undefined` when it has ended or AppArmor says nothing. */
export async function readProcess(pid: number): Promise<Process | undefined> {
  const at = `/proc/${pid}`;
  const command = await readFile(`${at}/comm`, 'utf8').catch(() => undefined);
  const label =
    (await readFile(`${at}/attr/apparmor/current`, 'utf8').catch(() => undefined)) ??
    // Kernels before 5.8 have only this, which is AppArmor's where no other module has taken it.
    (await readFile(`${at}/attr/current`, 'utf8').catch(() => undefined));
  if (command === undefined || label === undefined || label === '') return undefined;
  return { pid, command: command.trimEnd(), ...parseLabel(label) };
}

/** Reads what attr/current says, such as `docker-nginx (enforce)`. */
export function parseLabel(text: string): { label: string; mode: string | undefined } {
  const line = text.replace(/[\n\0]+$/, '');
  const match = /^(.*) \((\w+)\)$/s.exec(line);
  return match ? { label: match[1] ?? '', mode: match[2] } : { label: line, mode: undefined };
}

/** Every process that AppArmor knows, by its id. Those of others are seen by root only. */
export async function readProcesses(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.sort((a, b) => a - b).map(readProcess));
  return found.filter((process) => process !== undefined);
}

/** The profiles that a label is made of, without their children's names and namespaces. */
export function profilesOf(label: string): string[] {
  return label.split('//&').map((one) => {
    const name = one.replace(/^:[^:]*:(\/\/)?/, '');
    const child = name.indexOf('//');
    return child < 0 ? name : name.slice(0, child);
  });
}

/** The processes that a profile or one of its children confines. */
export async function confinedBy(profile: string): Promise<Process[]> {
  const processes = await readProcesses();
  return processes.filter(({ label }) => profilesOf(label).includes(profile));
}

/** The capabilities that this process may use, a bit for each (capabilities(7)); `undefined` where that is not said. */
export async function ownCapabilities(): Promise<bigint | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return effective === undefined ? undefined : BigInt(`0x${effective}`);
}

/** The program that a process runs; `undefined` for the kernel's own threads and what has ended. */
export async function executableOf(pid: number): Promise<string | undefined> {
  return readlink(`/proc/${pid}/exe`).catch(() => undefined);
}
