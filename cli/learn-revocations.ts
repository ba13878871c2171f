import { type Client, RegistryError, UnreachableError } from '../sdk/client.ts';
import { type KeptView, readKeptView } from '../sdk/host/kept.ts';
import { hostSeenFolder } from '../sdk/host/seen.ts';
import { learnRevocations } from '../sdk/revocations.ts';
import type { HostTrust } from '../sdk/trust-file.ts';
import type { Io } from './terminal/io.ts';

/**
 * What decides about versions that a host has kept: with the revocations that the registry has now, and where it can't
 * be asked, as when there is no `client`, those that were seen before.
 */
export async function currentView(
  io: Io,
  client: Client | undefined,
  root: string,
  trust: HostTrust,
  teams: Iterable<string>,
): Promise<KeptView> {
  const folder = hostSeenFolder(root, trust.log.key);
  if (client) {
    try {
      const { revoked, log } = await learnRevocations(client, { trust, folder, teams }).catch(
        (error: NodeJS.ErrnoException) => {
          // Who only looks may not be able to write.
          if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '')) throw error;
          return learnRevocations(client, { trust, folder, teams, keep: false });
        },
      );
      if (log) io.tell(`Warning: the registry's log is not believed: ${log.reason} [${log.id}]`);
      return { trust, revoked };
    } catch (error) {
      if (!(error instanceof UnreachableError || error instanceof RegistryError)) throw error;
      io.tell(`Which keys were revoked is known as of before: ${error.message}`);
    }
  }
  return readKeptView(root, trust);
}
