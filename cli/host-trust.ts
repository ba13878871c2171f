import { checkRoot } from '../sdk/calls/context.ts';
import type { Untrusted } from '../sdk/host/trust-check.ts';
import { type AdvisedHost, hostCommand } from '../sdk/host-command.ts';
import { type HostTrust, noTrustFile, readTrust, trustPlace } from '../sdk/trust-file.ts';
import type { Reference } from '../trust/index.ts';
import { pathOf } from './installed.ts';
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
  const missing = await checkRoot(root);
  if (missing) throw refused(missing);
  const found = await readTrust(trust ?? trustPlace(root));
  if (found) return found;
  throw refused(noTrustFile(root, trust));
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
  options: AdvisedHost,
): string | undefined {
  const command = (words: string) => hostCommand(words, options);
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
  options: AdvisedHost,
): string {
  const command = (words: string) => hostCommand(words, options);
  const path = pathOf({ team, name });
  if (id === 'team-untrusted') return `To trust that team: ${command(`trust add ${team}`)}`;
  if (!isAboutKeys(id)) return `To have it proved again: ${command(`pull ${path}@${version}`)}`;
  // With keys that can be relied on, it is another version that helps.
  return lacksKeys
    ? `Once team ${team} has a new key: ${command(`trust update ${team}`)}, then ${command(`pull ${path}`)}`
    : `If its team has signed a version with the keys that are trusted now: ${command(`pull ${path}`)}`;
}
