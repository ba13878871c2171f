import { readFile, stat } from 'node:fs/promises';

const enabled = '/sys/module/apparmor/parameters/enabled';
const securityfs = '/sys/kernel/security/apparmor';

/** Whether this kernel can load profiles; else the reason, as the second half of a sentence. */
export async function checkKernel(): Promise<{ ok: true } | { ok: false; reason: string }> {
  const parameter = await readFile(enabled, 'utf8').catch(() => undefined);
  if (parameter === undefined) return { ok: false, reason: 'this kernel has no AppArmor' };
  if (parameter.trim() !== 'Y')
    return { ok: false, reason: 'AppArmor is switched off in this kernel' };
  const mounted = await stat(securityfs).catch(() => undefined);
  if (!mounted)
    return { ok: false, reason: `${securityfs} is not there: securityfs is not mounted` };
  return { ok: true };
}

/** The loaded profiles and their modes, from securityfs. Needs root. */
export async function loadedProfiles(): Promise<Map<string, string>> {
  const text = await readFile(`${securityfs}/profiles`, 'utf8');
  const profiles = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^(.+) \((\w+)\)$/.exec(line);
    if (match?.[1] && match[2]) profiles.set(match[1], match[2]);
  }
  return profiles;
}
