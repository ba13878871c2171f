// Versions between the installed one and an update that waits: they may permit no more than the installed one does.
import {
  compareVersions,
  isInRange,
  isPrerelease,
  latestChannel,
  type Reference,
} from '../trust/index.ts';
import type { Client } from './client.ts';
import { type Installation, isHeldFrom } from './host/installation.ts';

/** How many versions are tried. */
const maxTried = 10;

/**
 * The versions that a reference also selects between the installed one and the one that waits, newest first; at most ten.
 * An exact version or a channel that was moved selects no others. Throws the errors of the client.
 */
export async function earlierVersions(
  client: Client,
  { team, name, selector }: Reference,
  installation: Installation,
  waiting: string,
): Promise<string[]> {
  if (selector.kind === 'version' || selector.kind === 'digest') return [];
  if (selector.kind === 'channel' && selector.channel !== latestChannel) return [];
  const all = await client.listVersions({ team, name });
  const selected = all
    .filter(({ version, yankReason }) => {
      const isSelected =
        selector.kind === 'range' ? isInRange(version, selector.range) : !isPrerelease(version);
      return isSelected && yankReason === null;
    })
    .map(({ version }) => version);
  // Without a range, a version that is not the highest is that of the default channel.
  if (selector.kind !== 'range' && selected[0] !== waiting) return [];
  return selected
    .filter(
      (version) =>
        compareVersions(version, installation.version) > 0 &&
        compareVersions(version, waiting) < 0 &&
        !isHeldFrom(installation, version),
    )
    .slice(0, maxTried);
}
