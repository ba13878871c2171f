import type { Untrusted } from '../sdk/host/trust-check.ts';
import { type HostTrust, readTrust, trustPlace } from '../sdk/trust-file.ts';
import { refused } from './refused.ts';

export const trustOption = {
  type: 'string',
  value: 'FILE',
  description: 'The trust file (default /etc/aa-registry/trust.toml)',
} as const;

/** What this host trusts; where there is no trust file the command ends before it does anything. */
export async function requireTrust(
  { trust }: { trust?: string },
  root: string,
): Promise<HostTrust> {
  const file = trust ?? trustPlace(root);
  const found = await readTrust(file);
  if (found) return found;
  throw refused({ ok: false, id: 'no-trust-file', reason: `there is no ${file}` });
}

/** What to do about a refusal that more trust would end; `undefined` of any other. */
export function trustAdvice(
  id: string,
  team: string,
  { root, trust }: { root?: string | undefined; trust?: string | undefined },
): string | undefined {
  const command = (name: string) =>
    `sudo aa-registry trust ${name} ${team}${where({ root, trust })}`;
  if (id === 'team-untrusted') return `To trust that team: ${command('add')}`;
  if (!isAboutKeys(id)) return undefined;
  return `If the team has a new key, this shows and trusts it: ${command('update')}`;
}

/** Whether a refusal is for the keys that have signed. */
function isAboutKeys(id: string): boolean {
  return ['key-revoked', 'envelope-untrusted-key', 'envelope-threshold'].includes(id);
}

/** What to do about something installed that can't be proved. */
export function proofAdvice(
  { id, installation: { team, name, version }, trustsRevoked }: Untrusted,
  options: { root?: string | undefined; trust?: string | undefined },
): string {
  const pull = (reference: string) => `sudo aa-registry pull ${reference}${where(options)}`;
  // Once no key that is trusted is revoked, it is another version that helps; one that it can't prove says what to do.
  if (isAboutKeys(id) && !trustsRevoked) {
    return `If its team has signed a version with the keys that are trusted now: ${pull(`${team}/${name}`)}`;
  }
  const trust = trustAdvice(id, team, options);
  if (trust !== undefined) return trust;
  return `To have it proved anew: ${pull(`${team}/${name}@${version}`)}`;
}

function where({ root, trust }: { root?: string | undefined; trust?: string | undefined }): string {
  return [root && ` --root ${root}`, trust && ` --trust ${trust}`].filter(Boolean).join('');
}
