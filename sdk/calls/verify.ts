import type { Reference } from '../../trust/index.ts';
import { seenFolder } from '../host/seen.ts';
import { findNeeded, type PlanRefusal } from '../install-plan.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { explainingErrors } from '../system-error.ts';
import {
  type HostEvent,
  type HostOptions,
  type NoRootRefusal,
  type NoTrustRefusal,
  openHost,
  tryLearnRevocations,
} from './context.ts';
import {
  isCopy,
  openSource,
  type ProveEvent,
  type ProveRefusal,
  prove,
  type SourceOptions,
  type SourceRefusal,
  sourceView,
  teamsOf,
} from './prove.ts';

export type VerifyEvent = HostEvent | ProveEvent;

export interface VerifyOptions extends HostOptions<VerifyEvent>, SourceOptions {}

export type VerifyRefusal =
  | NoRootRefusal
  | NoTrustRefusal
  | SourceRefusal
  | ProveRefusal
  | PlanRefusal;

/** A verified package with the packages that it needs, in the versions that a new host would get. */
export interface VerifiedPackage extends VerifiedProfile {
  needed: readonly VerifiedProfile[];
}

/**
 * Fetches the profile that a reference names, with the packages that it needs, and verifies their origin; installs nothing and does not require root. The
 * log's checkpoint is stored in the user's own folder if the host's is not writable or `trust` is given. Throws if the
 * registry can't be reached or refuses.
 */
export async function verify(
  reference: string | Reference,
  options: VerifyOptions = {},
): Promise<{ ok: true; profile: VerifiedPackage } | VerifyRefusal> {
  const verified = await verifyAll([reference], options);
  if (!verified.ok) return verified;
  return { ok: true, profile: verified.profiles[0] as VerifiedPackage };
}

/** Like {@link verify} for several profiles, or for all of a bundle if none is named. */
export async function verifyAll(
  references: readonly (string | Reference)[],
  options: VerifyOptions = {},
): Promise<{ ok: true; profiles: VerifiedPackage[] } | VerifyRefusal> {
  return explainingErrors(() => verifyEach(references, options));
}

async function verifyEach(
  references: readonly (string | Reference)[],
  options: VerifyOptions,
): Promise<{ ok: true; profiles: VerifiedPackage[] } | VerifyRefusal> {
  const { offline = false, env = process.env, onEvent: emit = () => {} } = options;
  const opened = await openHost(options, { change: false, teams: teamsOf(references) });
  if (!opened.ok) return opened as NoRootRefusal | NoTrustRefusal;
  const { host } = opened;
  const { root, trust } = host;
  const wanted = await openSource(host, references, options);
  if (!wanted.ok) return wanted;
  const { source } = wanted;
  const folder = seenFolder(env, root, trust.log.key, { isForeign: options.trust !== undefined });
  // A copy may be older than a revocation.
  if (isCopy(options) && !offline) {
    const teams = source.references.map(({ team }) => team);
    await tryLearnRevocations(await host.connect({ brief: true }), { trust, folder, teams }, emit);
  }
  const proved = await prove(host, source, { folder }, emit);
  if (!proved.ok) return proved;
  const packages = source.needed(await sourceView({ ...host, folder }, true));
  const profiles: VerifiedPackage[] = [];
  for (const profile of proved.profiles) {
    const found = await findNeeded(profile, packages);
    if (!found.ok) return found;
    profiles.push({ ...profile, needed: found.needed });
  }
  return { ok: true, profiles };
}
