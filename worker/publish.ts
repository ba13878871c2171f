import type { Publication } from '../contract/index.ts';
import type { NeededText, StoredAnalysis } from '../db/analyses.ts';
import type { RegisteredKey } from '../db/keys.ts';
import type { Profile } from '../db/profiles.ts';
import { readPublishingState } from '../db/publishing.ts';
import { countVersion } from '../db/quotas.ts';
import type { StoredVariant } from '../db/schema.ts';
import { insertVersion, type Version } from '../db/versions.ts';
import type { Viewer } from '../db/viewer.ts';
import { announce } from '../db/webhooks.ts';
import {
  type Claim,
  type Digest,
  decodeBase64,
  importPublicKey,
  type Manifest,
  makeBlind,
  sha256,
  verify,
  versionManifests,
} from '../trust/index.ts';
import { analyseFor, analysisOf } from './analysis/version.ts';
import { requireDependencies } from './dependencies.ts';
import { logEntryName } from './log/entry-name.ts';
import type { Analysed, AppendedEntry, Deps } from './ports.ts';
import { ProblemError } from './problem.ts';
import { quotaProblem } from './quota.ts';
import { requireNoWidening } from './widening.ts';

/** The maximum number of attempts while the profile changes concurrently. */
const maxAttempts = 5;

/** A published version, without database ids. */
type PublishedVersion = Omit<Version, 'id' | 'profileId' | 'precedence' | 'prerelease'>;

/** A stored version, with the rest of the response. */
export interface Publishing {
  /** Whether this request created it. */
  created: boolean;
  version: PublishedVersion;
  analysis: StoredAnalysis;
  /** Its log entry. */
  logged: AppendedEntry;
  /** The blinding factor of a private profile's name in the log. */
  blind: string | null;
}

/**
 * Publishes a version: checks its size, its envelope against the team's keys, and the profile, also by the team's version
 * policy, and stores everything in one transaction. Publishing the same bytes again changes nothing. Otherwise throws a
 * {@link ProblemError} and stores nothing. Takes two round trips to the database, besides those of the token and the
 * response, and those of a comparison with the version that it follows.
 */
export async function publish(
  deps: Deps,
  viewer: Viewer,
  team: string,
  name: string,
  version: string,
  { profile, variants: others = [], envelope, readme, visibility }: Publication,
): Promise<Publishing> {
  const { db, log, now, limits } = deps;
  const files = [profile, ...others].map((text) => encodeText(text, 'profile'));
  const length = files.reduce((sum, one) => sum + one.length, 0);
  if (length > limits.profileBytes) {
    const what = files.length === 1 ? 'The profile has' : 'The variants have';
    throw new ProblemError(
      'profile-too-large',
      `${what} ${length} bytes; the limit is ${limits.profileBytes}.`,
    );
  }

  const readmeBytes = readme === undefined ? undefined : encodeText(readme, 'README');
  const envelopeText = JSON.stringify(envelope);
  const size = length + encodeText(envelopeText, 'envelope').length + (readmeBytes?.length ?? 0);
  let analysed: Analysed | undefined;
  let needed: NeededText[] | undefined;
  /** The version that it was compared with. */
  let compared: string | undefined;
  const payload = await sha256(decodeBase64(envelope.payload) ?? new Uint8Array());
  const readState = () => readPublishingState(db, viewer, { team, name, version, now: now() });
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const found = await readState();
    if (!found.team) throw new ProblemError('not-found', `Team ${team} does not exist.`);
    const { version: stored, profile: existing, quota } = found;
    const { digest, manifest, signers, variants } = await requireVerified(
      { team, name, version, envelope },
      files,
      found.keys,
    );
    await requireReadme(readmeBytes, manifest.readme);
    if (stored && existing) {
      if (stored.version.digest !== digest) throw otherBytes(stored.version);
      if (payloadOf(stored.version) !== envelope.payload) throw otherStatement(stored.version);
      return {
        created: false,
        version: stored.version,
        analysis: await analysisOf(deps, team, name, stored),
        logged: { index: stored.version.logIndex },
        blind: existing.blind,
      };
    }
    needed ??= await requireDependencies(db, viewer, { team, name, manifest });
    const pack = { team, name, manifest, text: profile, others, readme, needed };
    analysed ??= await analyseFor(deps.analyse)(pack, team);
    const analysis = analysed;
    if (analysis.errors > 0) throw invalid(`${team}/${name}@${version}`, analysis);
    const target = existing ?? newProfile(visibility);
    if (existing) requireSameVisibility(existing, visibility);
    const more = { profiles: existing ? 0 : 1, versions: 1, bytes: size };
    const full = quotaProblem(deps, team, quota, more);
    if (full) throw full;

    const { predecessor } = found;
    if (predecessor && predecessor.version !== compared) {
      await requireNoWidening(
        deps,
        viewer,
        { team, name, version, manifest, text: profile, others, needed },
        predecessor,
      );
      compared = predecessor.version;
    }

    const time = now().toISOString();
    const row = {
      version,
      digest,
      size: files[0]?.length ?? 0,
      variants,
      envelope: envelopeText,
      signers,
      manifest,
      publishedAt: time,
    };
    const ociManifests = await versionManifests({ ...row, name });
    const entryName = await logEntryName(team, name, target);
    const logged = await log.append(
      { kind: 'version', time, team, name: entryName, version, digest, envelope: payload },
      (logIndex) => [
        ...countVersion(db, { team, name, bytes: size }, limits.team),
        ...insertVersion(
          db,
          {
            ...row,
            team,
            name,
            text: profile,
            others,
            analysis,
            readme,
            ociManifests,
            profile: target,
            predecessor: predecessor?.version,
          },
          logIndex,
        ),
        announce(db, team, {
          kind: 'version.published',
          time,
          data: { team, name, version, digest, logIndex },
        }),
      ],
      // A concurrent publisher won, the quota was reached, or the profile or the version that it follows changed.
      async () => {
        const current = await readState();
        return (
          current.version !== undefined ||
          current.predecessor?.version !== predecessor?.version ||
          hasChanged(target, existing, current.profile) ||
          quotaProblem(deps, team, current.quota, more) !== undefined
        );
      },
      found.logHead,
    );
    if (!logged) continue;
    const published = { ...row, logIndex: logged.index, yankReason: null };
    return { created: true, version: published, analysis, logged, blind: target.blind };
  }
  throw new ProblemError(
    'profile-changed',
    `${team}/${name} was changed ${maxAttempts} times while ${version} was published; nothing was stored.`,
  );
}

function invalid(what: string, { errors, diagnostics, omitted }: Analysed): ProblemError {
  const detail = `${errors} ${errors === 1 ? 'error' : 'errors'} in ${what}; nothing was stored.`;
  return new ProblemError('profile-invalid', detail, { diagnostics, omitted });
}

function encodeText(text: string, what: string): Uint8Array<ArrayBuffer> {
  if (text.isWellFormed()) return new TextEncoder().encode(text);
  const detail = `The ${what} contains an unpaired surrogate and can’t be encoded as UTF-8.`;
  throw new ProblemError('body-malformed', detail);
}

/** Requires an envelope that one of the team's keys signed about exactly these files, and returns what it states. */
async function requireVerified(
  signed: Omit<Claim, 'profile'>,
  files: readonly Uint8Array<ArrayBuffer>[],
  registered: readonly RegisteredKey[],
): Promise<{
  digest: Digest;
  manifest: Manifest;
  signers: Digest[];
  variants: StoredVariant[] | null;
}> {
  const valid = registered.filter(({ revokedAt }) => revokedAt === null);
  const imported = await Promise.all(valid.map((key) => importPublicKey(key.publicKey)));
  const keys = imported.filter((key) => key !== undefined);
  const [profile = new Uint8Array()] = files;
  const verified = await verify({ ...signed, profile }, { keys, threshold: 1 });
  if (!verified.ok) {
    throw new ProblemError('envelope-refused', `${verified.id}: ${verified.reason}.`);
  }
  const { digest, digests, manifest, signers } = verified;
  const sent = await Promise.all(files.map(sha256));
  if (sent.join() !== digests.join()) {
    throw new ProblemError(
      'envelope-refused',
      `digest-mismatch: the variants have the digests ${sent.join(', ')}, the signed ones are ${digests.join(', ')}.`,
    );
  }
  const variants = manifest.variants?.map((from, at) => ({
    from,
    digest: digests[at] ?? digest,
    size: files[at]?.length ?? 0,
  }));
  return {
    ...{ digest, manifest, variants: variants ?? null },
    signers: signers.map(({ keyId }) => keyId),
  };
}

/** Requires the README that the signed manifest names. */
async function requireReadme(
  readme: Uint8Array<ArrayBuffer> | undefined,
  digest: string | undefined,
): Promise<void> {
  const sent = readme && (await sha256(readme));
  if (sent === digest) return;
  throw new ProblemError(
    'envelope-refused',
    sent === undefined
      ? 'The manifest names a README, but none was sent.'
      : digest === undefined
        ? 'A README was sent, but the manifest names none.'
        : `The digest of the README is ${sent}; the manifest names ${digest}.`,
  );
}

function newProfile(visibility: Profile['visibility'] = 'public') {
  return { visibility, blind: visibility === 'private' ? makeBlind() : null };
}

function requireSameVisibility(
  { team, name, visibility, movedTo }: Profile,
  requested: Profile['visibility'] | undefined,
): void {
  if (movedTo !== null) {
    const detail = `${team}/${name} was transferred. Publish ${movedTo}/${name} instead.`;
    throw new ProblemError('profile-moved', detail);
  }
  if (requested !== undefined && requested !== visibility) {
    const detail = `${team}/${name} is ${visibility}; publishing a version does not change the visibility.`;
    throw new ProblemError('visibility-other', detail);
  }
}

function hasChanged(
  target: Pick<Profile, 'visibility' | 'blind'>,
  existing: Profile | undefined,
  now: Profile | undefined,
): boolean {
  if (!now) return existing !== undefined;
  return (
    now.movedTo !== (existing?.movedTo ?? null) ||
    now.visibility !== target.visibility ||
    now.blind !== target.blind
  );
}

/** The signed statement of a version, in base64: it covers the manifest and the README's digest. */
function payloadOf({ envelope }: Version): string | undefined {
  return (JSON.parse(envelope) as Publication['envelope']).payload;
}

function otherStatement({ version }: Version): ProblemError {
  const detail =
    `Version ${version} exists with the same profile but another manifest or README. ` +
    'Versions are immutable: publish a new one.';
  return new ProblemError('version-exists', detail);
}

function otherBytes(stored: Version): ProblemError {
  return new ProblemError(
    'version-exists',
    `Version ${stored.version} exists with the digest ${stored.digest}. Versions are immutable: publish a new one.`,
  );
}
