import { listKeys } from '../db/keys.ts';
import { findProfile, type Profile } from '../db/profiles.ts';
import { countVersion } from '../db/quotas.ts';
import { findVersion, insertVersion, type Version } from '../db/versions.ts';
import type { Viewer } from '../db/viewer.ts';
import { announce } from '../db/webhooks.ts';
import { gradeOf } from '../policy/index.ts';
import { decodeBase64, importPublicKey, makeBlind, sha256, verify } from '../trust/index.ts';
import type { Publication } from './api/schema/index.ts';
import type { Deps } from './deps.ts';
import { findingsOf } from './findings.ts';
import { loggedName } from './logged-name.ts';
import { ProblemError } from './problem.ts';
import { noRoom } from './quota.ts';

/** How often it is tried again when the profile changes while a version of it is published. */
const maximumTries = 5;

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
  { profile, envelope, readme, visibility }: Publication,
): Promise<{ created: boolean; version: Version }> {
  const { db, log, now, limits } = deps;
  const bytes = encodeText(profile, 'profile');
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
  const { digest, manifest } = verified;
  const readmeBytes = readme === undefined ? undefined : encodeText(readme, 'README');
  await requireReadme(readmeBytes, manifest.readme);

  const stored = await findVersion(db, viewer, team, name, version);
  if (stored) return unchanged(stored, digest);

  const { ok, diagnostics } = findingsOf(digest, name, profile);
  if (!ok) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    throw new ProblemError(
      'profile-invalid',
      `${errors} ${errors === 1 ? 'error' : 'errors'} in ${team}/${name}@${version}; nothing was stored.`,
      diagnostics,
    );
  }

  const envelopeText = JSON.stringify(envelope);
  const storedBytes =
    bytes.length + encodeText(envelopeText, 'envelope').length + (readmeBytes?.length ?? 0);
  const payload = await sha256(decodeBase64(envelope.payload) ?? new Uint8Array());
  for (let attempt = 1; attempt <= maximumTries; attempt++) {
    const existing = await findProfile(db, viewer, team, name);
    const home = existing ?? newProfile(visibility);
    if (existing) requireSame(existing, visibility);
    const full = () =>
      noRoom(deps, team, { profiles: existing ? 0 : 1, versions: 1, bytes: storedBytes });
    const noRoomNow = await full();
    if (noRoomNow) throw noRoomNow;

    const time = now().toISOString();
    const logged = await loggedName(team, name, home);
    const index = await log.append(
      { kind: 'version', time, team, name: logged, version, digest, envelope: payload },
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
            manifest,
            grade: gradeOf(diagnostics),
            readme,
            publishedAt: time,
            profile: home,
          },
          logIndex,
        ),
        announce(db, team, {
          kind: 'version.published',
          time,
          data: { team, name, version, digest, logIndex },
        }),
      ],
      // Two publishers at once: the unique index, or the quota, let one of them in; or the profile is another now.
      async () =>
        (await findVersion(db, viewer, team, name, version)) !== undefined ||
        hasChanged(home, existing, await findProfile(db, viewer, team, name)) ||
        (await full()) !== undefined,
    );
    const inserted = await findVersion(db, viewer, team, name, version);
    if (!inserted) continue;
    return index === undefined ? unchanged(inserted, digest) : { created: true, version: inserted };
  }
  throw new Error(`${team}/${name}@${version} could not be stored`);
}

function encodeText(text: string, what: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  const detail = `The ${what} holds half a surrogate pair, so it is no UTF-8.`;
  throw new ProblemError('body-malformed', detail);
}

/** The README is the one that the signed manifest names. */
async function requireReadme(
  readme: Uint8Array<ArrayBuffer> | undefined,
  digest: string | undefined,
): Promise<void> {
  const sent = readme && (await sha256(readme));
  if (sent === digest) return;
  throw new ProblemError(
    'envelope-refused',
    sent === undefined
      ? 'The manifest names a README that was not sent.'
      : `The manifest names the README ${digest ?? 'none'}; what was sent is ${sent}.`,
  );
}

function newProfile(visibility: Profile['visibility'] = 'public') {
  return { visibility, blind: visibility === 'private' ? makeBlind() : null };
}

function requireSame(
  { team, name, visibility, movedTo }: Profile,
  asked: Profile['visibility'] | undefined,
): void {
  if (movedTo !== null) {
    const detail = `${team}/${name} was transferred: publish ${movedTo}/${name}.`;
    throw new ProblemError('profile-moved', detail);
  }
  if (asked !== undefined && asked !== visibility) {
    const detail = `${team}/${name} is ${visibility}; a publication does not change that.`;
    throw new ProblemError('visibility-other', detail);
  }
}

function hasChanged(
  home: Pick<Profile, 'visibility' | 'blind'>,
  existing: Profile | undefined,
  now: Profile | undefined,
): boolean {
  if (!now) return existing !== undefined;
  return (
    now.movedTo !== (existing?.movedTo ?? null) ||
    now.visibility !== home.visibility ||
    now.blind !== home.blind
  );
}

function unchanged(stored: Version, digest: string): { created: boolean; version: Version } {
  if (stored.digest === digest) return { created: false, version: stored };
  throw new ProblemError(
    'version-exists',
    `Version ${stored.version} is ${stored.digest}; a version is written once. Publish a new version.`,
  );
}
