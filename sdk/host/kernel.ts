import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const enabled = '/sys/module/apparmor/parameters/enabled';
const securityfs = '/sys/kernel/security/apparmor';

/** Whether this kernel can load profiles; otherwise why not, as the second half of a sentence. */
export async function checkKernel(): Promise<{ ok: true } | { ok: false; reason: string }> {
  const parameter = await readFile(enabled, 'utf8').catch(() => undefined);
  if (parameter === undefined) return { ok: false, reason: 'this kernel has no AppArmor' };
  if (parameter.trim() !== 'Y')
    return { ok: false, reason: 'AppArmor is switched off in this kernel' };
  const mounted = await stat(securityfs).catch(() => undefined);
  if (!mounted) return { ok: false, reason: `${securityfs} not found: securityfs is not mounted` };
  return { ok: true };
}

/** A profile in the kernel. */
export interface LoadedProfile {
  /** With its parents' names, as in `web//hat`. */
  name: string;
  /** `enforce`, `complain`, `kill`, `unconfined` or `user`. */
  mode: string;
  /** Its attachment, an AppArmor glob; `undefined` if it has none. */
  attachment: string | undefined;
  /** `sha1:…` or `sha256:…` of its compiled rules; `undefined` if the kernel has none. */
  hash: string | undefined;
}

/** The kernel's state of a file's profiles with their children, enough to detect a replacement. */
export interface KernelState {
  /** The mode of the profiles; `mixed` if they have several. */
  mode: string;
  /** The hashes of the profiles and their children, sorted; empty if the kernel has none. */
  hashes: string[];
}

/** How often reading the policy is retried when it changes meanwhile. */
const tries = 5;

/** The loaded profiles of this kernel's root namespace by name, from securityfs. Requires root. */
export async function readPolicy(): Promise<Map<string, LoadedProfile>> {
  for (let left = tries; ; left--) {
    try {
      const found = new Map<string, LoadedProfile>();
      await readProfiles(join(securityfs, 'policy/profiles'), '', found);
      return found;
    } catch (error) {
      // The profile was replaced, and its folder removed.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left === 0) throw error;
    }
  }
}

async function readProfiles(
  folder: string,
  parent: string,
  found: Map<string, LoadedProfile>,
): Promise<void> {
  for (const entry of await readdir(folder)) {
    const path = join(folder, entry);
    const read = async (name: string) => (await readFile(join(path, name), 'utf8')).trim();
    const own = await read('name');
    // Some kernels name a child with its parents, some without.
    const name = parent === '' || own.startsWith(`${parent}//`) ? own : `${parent}//${own}`;
    const files = await readdir(path);
    const algorithm = ['sha256', 'sha1'].find((one) => files.includes(one));
    const attachment = files.includes('attach') ? await read('attach') : '<unknown>';
    found.set(name, {
      name,
      mode: await read('mode'),
      attachment: attachment === '<unknown>' ? undefined : attachment,
      hash: algorithm === undefined ? undefined : `${algorithm}:${await read(algorithm)}`,
    });
    if (files.includes('profiles')) await readProfiles(join(path, 'profiles'), name, found);
  }
}

/** The state of a file's profiles in a policy; `undefined` unless all are loaded. */
export function stateOf(
  policy: ReadonlyMap<string, LoadedProfile>,
  names: readonly string[],
): KernelState | undefined {
  const modes = new Set(names.map((name) => policy.get(name)?.mode));
  const [mode] = modes;
  if (mode === undefined || modes.has(undefined)) return undefined;
  const hashes = [...policy.values()]
    .filter(({ name }) => names.some((own) => name === own || name.startsWith(`${own}//`)))
    .flatMap(({ hash }) => hash ?? []);
  return { mode: modes.size === 1 ? mode : 'mixed', hashes: hashes.sort() };
}

/**
 * Unloads profiles and their children, like apparmor_parser(8) --remove, but by name: without reading includes, so that
 * no other profile is unloaded. A profile that is not loaded is not an error.
 */
export async function unload(names: readonly string[]): Promise<void> {
  for (const name of names) {
    try {
      await writeFile(join(securityfs, '.remove'), name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/** A loaded profile's mode, `not-loaded`, or `undefined` if that is unknown: without root or AppArmor. */
export async function loadedMode(name: string): Promise<string | undefined> {
  const text = await readFile(join(securityfs, 'profiles'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const line = text.split('\n').find((one) => one.startsWith(`${name} (`));
  return line === undefined ? 'not-loaded' : /\((\w+)\)$/.exec(line)?.[1];
}
