import {
  decodeBase64,
  type Evidence,
  formatReference,
  type Manifest,
  makeBundle,
  parseStatement,
  sha256,
} from '../../trust/index.ts';
import { evidenceIn, parseBundle } from '../bundle.ts';
import { type Verified, verifyEvidence } from '../resolve/index.ts';
import { statedVariants } from '../resolve/variant.ts';
import type { HostTrust } from '../trust-file.ts';
import type { Installation, Release } from './installation.ts';
import { hostSeenFolder, type RevokedByTeam, readRevoked } from './seen.ts';
import { type PackageName, statePlace } from './state.ts';
import { list, lookAt, type Place, readText, removeAll, write } from './tree.ts';

/**
 * A host's version store: each current and previous version as a bundle of one, named by its version, because versions
 * with another manifest may have the same text and digest. Earlier releases named it by the digest; such files are still
 * read. Versions are verified and reinstalled from it without a network.
 */
function storeFolder(root: string, { team, name }: PackageName): Place {
  return statePlace(root, 'kept', `${team}.${name}`);
}

/** The maximum size of a stored version, in bytes: far more than a registry accepts. */
const maxStored = 4 * 1024 * 1024;

function bundleName(version: string): string {
  return `${version}.bundle`;
}

/** The file name that earlier releases used. */
function digestName(digest: string): string {
  return `${digest.slice('sha256:'.length)}.bundle`;
}

/** Stores verified evidence; revocations are stored separately (see seen.ts). */
export async function store(root: string, proved: Evidence): Promise<void> {
  const keys = proved.keys.map(({ revocation: _, ...key }) => key);
  const { others: _, ...evidence } = { ...proved, keys };
  const place = storeFolder(root, evidence).at(bundleName(evidence.version));
  await write(place, `${JSON.stringify(makeBundle([evidence], {}))}\n`, 0o644);
}

/** What stored versions are verified against: the host's current trust and known revocations. */
export interface TrustView {
  trust: HostTrust;
  revoked: RevokedByTeam;
}

/** The current trust for stored versions below `root`, with the known revocations. */
export async function readTrustView(root: string, trust: HostTrust): Promise<TrustView> {
  return { trust, revoked: await readRevoked(hostSeenFolder(root, trust.log.key)) };
}

/**
 * Verifies a stored version against the host's current trust. Its checkpoint's age counts at the first verification, as
 * a growing log is no reason to refuse it. Signatures of keys revoked since don't count.
 */
export async function verifyStored(
  root: string,
  named: PackageName,
  { version, digest, verifiedAt }: Release,
  view: TrustView,
): Promise<Verified | { ok: false; id: 'not-kept'; reason: string }> {
  const evidence = readStored(root, named, { version, digest });
  const reference = { ...named, selector: { kind: 'version', version } } as const;
  if (!evidence) {
    const reason = `${formatReference(reference)} is not in this host's version store`;
    return { ok: false, id: 'not-kept', reason };
  }
  const now = new Date(verifiedAt);
  const verified = await verifyEvidence(evidence, reference, { ...view, seen: undefined, now });
  // Otherwise another version's evidence, stored under this name, would vouch for the installation.
  if (verified.ok && verified.profile.digest !== digest) {
    const reason = `the stored ${formatReference(reference)} has the digest ${verified.profile.digest}, not ${digest}`;
    return { ok: false, id: 'digest-mismatch', reason, revoked: verified.revoked };
  }
  return verified;
}

/** The manifest and bytes of a stored version, which was verified before; `undefined` if the host does not have it. */
export function readStoredPackage(
  root: string,
  named: PackageName,
  release: Pick<Release, 'version' | 'digest'>,
):
  | { manifest: Manifest; variants: ReturnType<typeof statedVariants>; bytes: Uint8Array }
  | undefined {
  const evidence = readStored(root, named, release);
  const payload = evidence && decodeBase64(evidence.envelope.payload);
  const statement = payload && parseStatement(payload);
  if (!statement) return undefined;
  const variants = statedVariants(evidence.envelope);
  return { manifest: statement.predicate.manifest, variants, bytes: evidence.profile };
}

/** The stored text of an installation, whatever its digest is; `undefined` if the host does not have it. */
export function readStoredProfile(
  root: string,
  installation: Installation,
): Uint8Array<ArrayBuffer> | undefined {
  return readStored(root, installation, installation)?.profile;
}

/** The stored versions that match their digests, latest first; each was verified before it was stored. */
export async function listStored(root: string, named: PackageName): Promise<Release[]> {
  const folder = storeFolder(root, named);
  const releases: Release[] = [];
  for (const { name: file } of list(folder)) {
    const evidence = file.endsWith('.bundle') ? readBundle(folder.at(file)) : undefined;
    if (!evidence) continue;
    const { version, profile } = evidence;
    const digest = await sha256(profile);
    if (file !== bundleName(version) && file !== digestName(digest)) continue;
    const verifiedAt = lookAt(folder.at(file))?.stats.mtime.toISOString();
    if (verifiedAt === undefined) continue;
    const [first] = statedVariants(evidence.envelope);
    const versionDigest = first?.digest === digest ? undefined : first?.digest;
    releases.push({ version, digest, ...(versionDigest && { versionDigest }), verifiedAt });
  }
  releases.sort((a, b) => (a.verifiedAt > b.verifiedAt ? -1 : 1));
  return releases.filter(
    ({ version }, at) => releases.findIndex((one) => one.version === version) === at,
  );
}

/** The stored evidence of a version; a file named by its digest may be that of another version with the same text. */
function readStored(
  root: string,
  named: PackageName,
  { version, digest }: Pick<Release, 'version' | 'digest'>,
): Evidence | undefined {
  const folder = storeFolder(root, named);
  return [bundleName(version), digestName(digest)]
    .map((file) => readBundle(folder.at(file)))
    .find((evidence) => evidence?.version === version);
}

function readBundle(place: Place): Evidence | undefined {
  const text = readText(place, maxStored);
  const bundle = text === undefined ? undefined : parseBundle(text);
  return bundle && evidenceIn(bundle, 0)[0];
}

/** Removes the stored versions that an installation's record does not name, and their staged files. */
export function dropUnneeded(root: string, installation: Installation): void {
  const folder = storeFolder(root, installation);
  const needed = [installation, ...installation.earlier].flatMap(({ version, digest }) => [
    bundleName(version),
    digestName(digest),
  ]);
  for (const { name } of list(folder)) {
    if (!needed.includes(name)) removeAll(folder.at(name));
  }
}

/** Removes every stored version of a profile. */
export function dropStored(root: string, named: PackageName): void {
  removeAll(storeFolder(root, named));
}

/**
 * Removes the stored versions that no record names, as after an abandoned change. Those of `unknown`, whose records are
 * damaged, stay.
 */
export function tidyStore(
  root: string,
  installed: readonly Installation[],
  unknown: readonly PackageName[],
): void {
  for (const installation of installed) dropUnneeded(root, installation);
  const needed = [...installed, ...unknown].map((one) => storeFolder(root, one).name);
  const folder = statePlace(root, 'kept');
  for (const { name } of list(folder)) {
    if (!needed.includes(name)) removeAll(folder.at(name));
  }
}
