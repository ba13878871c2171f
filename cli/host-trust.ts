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

/** Loads the trust file; throws before the command does anything if there is none. */
export async function requireTrust(
  { trust, registry }: { trust?: string; registry?: string },
  root: string,
  teams: readonly string[] = [],
): Promise<HostTrust> {
  const missing = await checkRoot(root);
  if (missing) throw refused(missing);
  const found = await readTrust(trust ?? trustPlace(root));
  if (found) return found;
  throw refused(noTrustFile(root, trust, { registry, teams }));
}

/** The refused profile. */
export interface RefusedFor {
  team: string;
  name: string;
  /** Whether too few unrevoked trusted keys of its team are left for the required signatures. */
  lacksKeys: boolean;
  /** The selector of the user's reference, if there was one. */
  selector?: Reference['selector'] | undefined;
}

/** The hint for a refusal about trust; `undefined` for any other. */
export function trustAdvice(
  id: string,
  { team, name, lacksKeys, selector }: RefusedFor,
  options: AdvisedHost,
): string | undefined {
  const command = (words: string) => hostCommand(words, options);
  if (id === 'team-untrusted') return `To trust that team: ${command(`trust add ${team}`)}`;
  if (!isAboutKeys(id)) return undefined;
  if (id !== 'key-revoked') {
    return `To show the team’s new keys and trust them: ${command(`trust update ${team}`)}`;
  }
  if (lacksKeys) {
    return `Every key of team ${team} that this host trusts is revoked, or too few are left. Once the team has a new key, run ${command(`trust update ${team}`)}`;
  }
  const path = pathOf({ team, name });
  if (selector?.kind === 'channel' && selector.channel === 'latest') {
    return `The latest version of ${path} is refused: team ${team} has to publish a version signed with another key.`;
  }
  // The default, channel stable, may still point at a version that was signed with that key.
  return `Only a version signed with another key can be installed; to try the latest: ${command(`pull ${path}:latest`)}`;
}

/** Whether a refusal is about the signing keys. */
function isAboutKeys(id: string): boolean {
  return ['key-revoked', 'envelope-untrusted-key', 'envelope-threshold'].includes(id);
}

/** The hint for an installed profile that can't be verified. */
export function proofAdvice(
  { id, installation: { team, name, version }, lacksKeys, next }: Untrusted,
  options: AdvisedHost,
): string {
  const command = (words: string) => hostCommand(words, options);
  const path = pathOf({ team, name });
  if (id === 'team-untrusted') return `To trust that team: ${command(`trust add ${team}`)}`;
  if (next !== undefined) return next;
  if (!isAboutKeys(id)) return `To verify it again: ${command(`pull ${path}@${version}`)}`;
  // If the trusted keys are good, another version is needed.
  return lacksKeys
    ? `Once team ${team} has a new key: ${command(`trust update ${team}`)}, then ${command(`pull ${path}`)}`
    : `Once its team has a version signed with trusted keys: ${command(`pull ${path}`)}`;
}
