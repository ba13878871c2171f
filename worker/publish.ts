import { listKeys } from '../db/keys.ts';
import { findProfile } from '../db/profiles.ts';
import { countVersion } from '../db/quotas.ts';
import { findVersion, insertVersion, type Version } from '../db/versions.ts';
import type { Viewer } from '../db/viewer.ts';
import { decodeBase64, importPublicKey, sha256, verify } from '../trust/index.ts';
import type { Publication } from './api/schema/index.ts';
import type { Deps } from './deps.ts';
import { findingsOf } from './findings.ts';
import { ProblemError } from './problem.ts';
import { noRoom } from './quota.ts';

/**
 * Publishes a version: checks its size, its envelope against the team's registered keys, and the profile
 * itself; then stores it whole. The same bytes again change nothing. Throws a {@link ProblemError} for
 * anything else, and then nothing has been stored.
 */
export async function publish(
  deps: Deps,
  viewer: Viewer,
  team: string,
  name: string,
  version: string,
  { profile, envelope }: Publication,
): Promise<{ created: boolean; version: Version }> {
  const { db, log, now, limits } = deps;
  if (!profile.isWellFormed()) {
    throw new ProblemError(
      'body-malformed',
      'The profile holds half a surrogate pair, so it is no UTF-8.',
    );
  }
  const bytes = new TextEncoder().encode(profile);
  if (bytes.length > limits.profileBytes) {
    throw new ProblemError(
      'profile-too-large',
      `The profile has ${bytes.length} bytes; ${limits.profileBytes} are allowed.`,
    );
  }

  const registered = (await listKeys(db, team)).filter(({ revokedAt }) => revokedAt === null);
  const imported = await Promise.all(registered.map((key) => importPublicKey(key.publicKey)));
  const keys = imported.filter((key) => key !== undefined);
  const verified = await verify(
    { team, name, version, profile: bytes, envelope },
    { keys, threshold: 1 },
  );
  if (!verified.ok) {
    throw new ProblemError('envelope-refused', `${verified.id}: ${verified.reason}.`);
  }

  const stored = await findVersion(db, viewer, team, name, version);
  if (stored) return unchanged(stored, verified.digest);

  const { ok, diagnostics } = findingsOf(verified.digest, name, profile);
  if (!ok) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    throw new ProblemError(
      'profile-invalid',
      `${errors} ${errors === 1 ? 'error' : 'errors'} in ${team}/${name}@${version}; nothing was stored.`,
      diagnostics,
    );
  }

  const envelopeText = JSON.stringify(envelope);
  const storedBytes = bytes.length + new TextEncoder().encode(envelopeText).length;
  const full = async () => {
    const profiles = (await findProfile(db, viewer, team, name)) ? 0 : 1;
    return noRoom(deps, team, { profiles, versions: 1, bytes: storedBytes });
  };
  const noRoomNow = await full();
  if (noRoomNow) throw noRoomNow;

  const time = now().toISOString();
  const payload = await sha256(decodeBase64(envelope.payload) ?? new Uint8Array());
  const { digest } = verified;
  const index = await log.append(
    { kind: 'version', time, team, name, version, digest, envelope: payload },
    (logIndex) => [
      ...countVersion(db, { team, name, bytes: storedBytes }, limits.team),
      ...insertVersion(
        db,
        {
          team,
          name,
          version,
          digest,
          text: profile,
          size: bytes.length,
          envelope: envelopeText,
          signers: verified.signers.map(({ keyId }) => keyId),
          manifest: verified.manifest,
          publishedAt: time,
        },
        logIndex,
      ),
    ],
    // Two publishers at once: the unique index, or the quota, let one of them in.
    async () =>
      (await findVersion(db, viewer, team, name, version)) !== undefined ||
      (await full()) !== undefined,
  );
  const inserted = await findVersion(db, viewer, team, name, version);
  if (!inserted) {
    throw (await full()) ?? new Error(`${team}/${name}@${version} was stored and is not there`);
  }
  return index === undefined ? unchanged(inserted, digest) : { created: true, version: inserted };
}

function unchanged(stored: Version, digest: string): { created: boolean; version: Version } {
  if (stored.digest === digest) return { created: false, version: stored };
  throw new ProblemError(
    'version-exists',
    `Version ${stored.version} is ${stored.digest}; a version is written once. Publish a new version.`,
  );
}
