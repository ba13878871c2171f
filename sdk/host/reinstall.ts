import { installPlanned, planAgain } from '../install-plan.ts';
import type { Refusal } from '../refusal.ts';
import type { Verified, VerifiedProfile } from '../resolve/index.ts';
import type { Installed } from './install.ts';
import type { InstallOptions } from './install-options.ts';
import type { Installation, Release } from './installation.ts';
import { listInstallations } from './state.ts';
import { type TrustView, verifyStored } from './store.ts';

export type Reinstalled =
  | (Extract<Installed, { ok: true }> & { profile: VerifiedProfile })
  | Extract<Installed, { ok: false }>
  | Extract<Verified, { ok: false }>
  | Refusal<'not-kept' | 'dependent-unverified'>;

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
  const plan = planAgain(profile, await listInstallations(options.root));
  const done = await installPlanned(plan, { ...options, verifiedAt: release.verifiedAt }, view);
  return done.ok ? { ...done, profile } : done;
}
