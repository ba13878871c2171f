import { checkRoot } from '../sdk/calls/context.ts';
import type { Untrusted } from '../sdk/host/trust-check.ts';
import { type HostTrust, readTrust, trustPlace } from '../sdk/trust-file.ts';
import type { Reference } from '../trust/index.ts';
import { pathOf } from './installed.ts';
import { refused } from './refused.ts';
import { sudoFor } from './target.ts';

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
  const missing = await checkRoot(root);
  if (missing) throw refused(missing);
  const file = trust ?? trustPlace(root);
  const found = await readTrust(file);
  if (found) return found;
  throw refused({ ok: false, id: 'no-trust-file', reason: `${file} does not exist` });
}

/** The profile that was refused. */
export interface RefusedFor {
  team: string;
  name: string;
  /** Whether fewer keys of its team are trusted and not revoked than must sign. */
  lacksKeys: boolean;
  /** The selector of the user's reference, if there was one. */
  selector?: Reference['selector'] | undefined;
}

/** What to do about a refusal that has to do with trust; `undefined` of any other. */
export function trustAdvice(
  id: string,
  { team, name, lacksKeys, selector }: RefusedFor,
  options: { root?: string | undefined; trust?: string | undefined },
): string | undefined {
  const command = (words: string) =>
    `${sudoFor(options.root)}aa-registry ${words}${where(options)}`;
  if (id === 'team-untrusted') return `To trust that team: ${command(`trust add ${team}`)}`;
  if (!isAboutKeys(id)) return undefined;
  if (id !== 'key-revoked') {
    return `If the team has a new key, this shows and trusts it: ${command(`trust update ${team}`)}`;
  }
  if (lacksKeys) {
    return `Every key of team ${team} that this host trusts is revoked, or too few are left. Once the team has a new one: ${command(`trust update ${team}`)}`;
  }
  const path = pathOf({ team, name });
  if (selector?.kind === 'channel' && selector.channel === 'latest') {
    return `The latest version of ${path} is refused, so team ${team} has to publish one that is signed with another key.`;
  }
  // Without a selector it would be the channel stable, which may name a version that was signed with that key.
  return `A version that is signed with another key is needed; to try the latest: ${command(`pull ${path}:latest`)}`;
}

/** Whether a refusal is for the keys that have signed. */
function isAboutKeys(id: string): boolean {
  return ['key-revoked', 'envelope-untrusted-key', 'envelope-threshold'].includes(id);
}

/** What to do about something installed that can't be proved. */
export function proofAdvice(
  { id, installation: { team, name, version }, lacksKeys }: Untrusted,
  options: { root?: string | undefined; trust?: string | undefined },
): string {
  const command = (words: string) =>
    `${sudoFor(options.root)}aa-registry ${words}${where(options)}`;
  const path = pathOf({ team, name });
  if (id === 'team-untrusted') return `To trust that team: ${command(`trust add ${team}`)}`;
  if (!isAboutKeys(id)) return `To have it proved again: ${command(`pull ${path}@${version}`)}`;
  // With keys that can be relied on, it is another version that helps.
  return lacksKeys
    ? `Once team ${team} has a new key: ${command(`trust update ${team}`)}, then ${command(`pull ${path}`)}`
    : `If its team has signed a version with the keys that are trusted now: ${command(`pull ${path}`)}`;
}

function where({ root, trust }: { root?: string | undefined; trust?: string | undefined }): string {
  return [root && ` --root ${root}`, trust && ` --trust ${trust}`].filter(Boolean).join('');
}
