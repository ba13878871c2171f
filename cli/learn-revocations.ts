import { type Client, RegistryError, UnreachableError } from '../sdk/client.ts';
import type { KeptView } from '../sdk/host/kept.ts';
import { type RevokedByTeam, readRevoked, type SeenFolder, seenFolder } from '../sdk/host/seen.ts';
import { learnRevocations } from '../sdk/revocations.ts';
import type { HostTrust } from '../sdk/trust-file.ts';
import type { Io } from './terminal/io.ts';

/**
 * Asks the registry which keys of these teams the log shows to be revoked, and remembers them in `folder`. Says why when
 * the log is not believed or the registry can't be asked; the result is then `undefined`, and earlier revocations count.
 */
export async function tryLearnRevocations(
  io: Io,
  client: Client,
  options: { trust: HostTrust; folder: SeenFolder; teams: Iterable<string> },
): Promise<RevokedByTeam | undefined> {
  try {
    const { revoked, log } = await learnRevocations(client, options).catch(
      (error: NodeJS.ErrnoException) => {
        // A user who only reads may not be able to write there.
        if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code ?? '')) throw error;
        return learnRevocations(client, { ...options, keep: false });
      },
    );
    if (log) io.tell(`Warning: the registry's log is not believed: ${log.reason} [${log.id}]`);
    return revoked;
  } catch (error) {
    if (!(error instanceof UnreachableError || error instanceof RegistryError)) throw error;
    io.tell(`Which keys were revoked is known as of before: ${error.message}`);
    return undefined;
  }
}

/**
 * What stored versions are verified against: the revocations that the registry has now, or those seen before where there
 * is no `client` or it can't be asked.
 */
export async function currentView(
  io: Io,
  client: Client | undefined,
  root: string,
  trust: HostTrust,
  teams: Iterable<string>,
): Promise<KeptView> {
  const folder = seenFolder(io.env, root, trust.log.key);
  const revoked = client && (await tryLearnRevocations(io, client, { trust, folder, teams }));
  return { trust, revoked: revoked ?? (await readRevoked(folder)) };
}
