import type { Reference } from '../../trust/index.ts';
import { hostSeenFolder, userSeenFolder } from '../host/seen.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import {
  type HostEvent,
  type HostOptions,
  type NoTrustRefusal,
  openHost,
  tryLearnRevocations,
} from './context.ts';
import {
  openSource,
  type ProveEvent,
  type ProveRefusal,
  prove,
  type SourceRefusal,
} from './prove.ts';

export interface VerifyOptions extends HostOptions<HostEvent | ProveEvent> {
  /** The path of a bundle to take the profiles from, instead of the registry. */
  bundle?: string | undefined;
  /** With a bundle: do not ask the registry which keys were revoked since it was made. */
  offline?: boolean | undefined;
  /** What names the user's folders, in one of which it is remembered how far the log was seen; the process's when left out. */
  env?: NodeJS.ProcessEnv | undefined;
}

export type VerifyRefusal = NoTrustRefusal | SourceRefusal | ProveRefusal;

/**
 * Fetches the profile that a reference names and proves where it came from; installs nothing. How far the log was seen is
 * remembered in the user's own folder, so that it needs no root. Throws when the registry can't be reached or refuses.
 */
export async function verify(
  reference: string | Reference,
  options: VerifyOptions = {},
): Promise<{ ok: true; profile: VerifiedProfile } | VerifyRefusal> {
  const verified = await verifyAll([reference], options);
  if (!verified.ok) return verified;
  return { ok: true, profile: verified.profiles[0] as VerifiedProfile };
}

/** As {@link verify}, for several profiles, or with none named all of a bundle. */
export async function verifyAll(
  references: readonly (string | Reference)[],
  options: VerifyOptions = {},
): Promise<{ ok: true; profiles: VerifiedProfile[] } | VerifyRefusal> {
  const { bundle, offline = false, env = process.env, onEvent: emit = () => {} } = options;
  const opened = await openHost(options, { change: false });
  if (!opened.ok) return opened as NoTrustRefusal;
  const { host } = opened;
  const { root, trust } = host;
  const wanted = await openSource(host, references, bundle);
  if (!wanted.ok) return wanted;
  const { source } = wanted;
  const own = userSeenFolder(env, trust.log.key);
  // A bundle may be older than a revocation.
  if (bundle !== undefined && !offline) {
    const teams = source.references.map(({ team }) => team);
    await tryLearnRevocations(
      await host.connect({ brief: true }),
      { trust, folder: own, teams },
      emit,
    );
  }
  return prove(host, source, { folders: [own, hostSeenFolder(root, trust.log.key)] }, emit);
}
