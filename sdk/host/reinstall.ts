import type { Verified, VerifiedProfile } from '../resolve/index.ts';
import { type Installed, type InstallOptions, install } from './install.ts';
import type { Installation, Release } from './installation.ts';
import { type TrustView, verifyStored } from './store.ts';

export type Reinstalled =
  | (Extract<Installed, { ok: true }> & { profile: VerifiedProfile })
  | Extract<Installed, { ok: false }>
  | Extract<Verified, { ok: false }>
  | { ok: false; id: 'not-kept'; reason: string };

/**
 * Installs a version from the version store, without a network: verified again with the current trust, then installed
 * like any other. Used for rollbacks, mode changes and repairs.
 */
export async function reinstall(
  installation: Installation,
  release: Release,
  view: TrustView,
  options: InstallOptions,
): Promise<Reinstalled> {
  const verified = await verifyStored(options.root, installation, release, view);
  if (!verified.ok) return verified;
  const { profile } = verified;
  const done = await install(profile, { ...options, verifiedAt: release.verifiedAt });
  return done.ok ? { ...done, profile } : done;
}
