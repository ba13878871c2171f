// The record of an installation that follows another one.
import type { VerifiedProfile } from '../resolve/index.ts';
import type { InstallOptions } from './install-options.ts';
import {
  type Earlier,
  type Installation,
  recordManifest,
  releaseOf,
  wasLeft,
} from './installation.ts';
import { installedPlace } from './state.ts';

/** The maximum number of stored versions besides the installed one. */
const maxEarlier = 5;

/** The new record of a profile's installation. */
export function succeed(
  profile: VerifiedProfile,
  before: Installation | undefined,
  options: InstallOptions,
): Installation {
  const { team, name, version, digest, versionDigest } = profile;
  const { now = () => new Date(), rolledBackFrom } = options;
  const time = now().toISOString();
  const needed = options.needed ?? (before?.version === version ? before.needed : undefined);
  const complain = options.complain ?? before?.complain ?? false;
  const complainChosen = complain && (options.complainChosen ?? before?.complainChosen ?? false);
  const isRollback = before !== undefined && rolledBackFrom === before.version;
  const known = !before
    ? []
    : isRollback
      ? earlierAfterRollback(before, version)
      : [releaseOf(before), ...before.earlier];
  return {
    team,
    name,
    ...recordManifest(profile.manifest, profile.variant),
    version,
    digest,
    ...(versionDigest !== digest && { versionDigest }),
    file: installedPlace('/', profile).path,
    ...(needed && { needed }),
    verifiedAt: options.verifiedAt ?? time,
    installedAt: time,
    reference: options.reference ?? before?.reference ?? `${team}/${name}@${version}`,
    origin: options.origin ?? before?.origin ?? 'pull',
    complain,
    ...(complainChosen ? { complainChosen } : {}),
    earlier: known.filter((one) => one.version !== version).slice(0, maxEarlier),
    ...(rolledBackFrom === undefined ? {} : { rolledBackFrom }),
    // What waits was compared with this text.
    ...(before?.digest === digest ? pickUpdate(before) : {}),
  };
}

function pickUpdate({
  waiting,
  approved,
}: Installation): Pick<Installation, 'waiting' | 'approved'> {
  return { ...(waiting && { waiting }), ...(approved && { approved }) };
}

/**
 * The releases installed before the target of a rollback. The ones that it leaves or skips come last and are marked, so
 * that another rollback goes further back and never forward.
 */
function earlierAfterRollback(before: Installation, version: string): Earlier[] {
  const { earlier } = before;
  const at = earlier.findIndex((one) => one.version === version);
  const older = earlier.filter((one, index) => index > at && !wasLeft(before, one));
  const left = [releaseOf(before), ...earlier.filter((one) => !older.includes(one))];
  return [...older, ...left.map((one) => ({ ...one, left: true }))];
}
