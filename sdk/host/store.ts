import { type Evidence, formatReference, isDigest, sha256 } from '../../trust/index.ts';
import { evidenceIn, makeBundle, parseBundle } from '../bundle.ts';
import { type Verified, verifyEvidence } from '../resolve/index.ts';
import type { HostTrust } from '../trust-file.ts';
import { hostSeenFolder, type RevokedByTeam, readRevoked } from './seen.ts';
import { type Installation, type Named, type Release, statePlace } from './state.ts';
import { list, lookAt, type Place, readText, removeAll, write } from './tree.ts';

/**
 * What a host keeps of the versions it has and had: each as a bundle of one, named by its digest. With it a
 * version is proved and installed again without a network.
 */
function storeFolder(root: string, { team, name }: Named): Place {
  return statePlace(root, 'kept', `${team}.${name}`);
}

/** The most that what is kept of a version may hold, in bytes: far more than a registry takes. */
const maxStored = 4 * 1024 * 1024;

function bundleName(digest: string): string {
  return `${digest.slice('sha256:'.length)}.bundle`;
}

/** Stores evidence that was verified; which keys are revoked is remembered with the log (see seen.ts). */
export async function store(root: string, proved: Evidence, digest: string): Promise<void> {
  const keys = proved.keys.map(({ revocation: _, ...key }) => key);
  const evidence = { ...proved, keys };
  const place = storeFolder(root, evidence).at(bundleName(digest));
  await write(place, `${JSON.stringify(makeBundle([evidence], {}))}\n`, 0o644);
}

/** What decides about a kept version: what the host trusts now, and the keys that it has seen revoked. */
export interface TrustView {
  trust: HostTrust;
  revoked: RevokedByTeam;
}

/** What decides about kept versions below `root`, by what was seen so far. */
export async function readTrustView(root: string, trust: HostTrust): Promise<TrustView> {
  return { trust, revoked: await readRevoked(hostSeenFolder(root, trust.log.key)) };
}

/**
 * A kept version, proved again by what the host trusts now. Its checkpoint is judged by the clock of the time at
 * which it was proved first: the log has grown since, which proves nothing against it. A key that was revoked since
 * counts no longer.
 */
export async function verifyStored(
  root: string,
  named: Named,
  { version, digest, verifiedAt }: Release,
  view: TrustView,
): Promise<Verified | { ok: false; id: 'not-kept'; reason: string }> {
  const evidence = readStored(root, named, digest);
  const reference = { ...named, selector: { kind: 'version', version } } as const;
  if (!evidence) {
    const reason = `this host has not kept ${formatReference(reference)}`;
    return { ok: false, id: 'not-kept', reason };
  }
  const now = new Date(verifiedAt);
  const verified = await verifyEvidence(evidence, reference, { ...view, seen: undefined, now });
  // Else another version's proof, under this one's name, would speak for what is installed.
  if (verified.ok && verified.profile.digest !== digest) {
    const reason = `what is kept of ${formatReference(reference)} has the digest ${verified.profile.digest}, not ${digest}`;
    return { ok: false, id: 'digest-mismatch', reason, revoked: verified.revoked };
  }
  return verified;
}

/** The versions that are kept and are what their digests say, the last one first; each was proved when it was kept. */
export async function listStored(root: string, named: Named): Promise<Release[]> {
  const folder = storeFolder(root, named);
  const releases: Release[] = [];
  for (const { name: file } of list(folder)) {
    const digest = `sha256:${file.replace(/\.bundle$/, '')}`;
    const evidence = isDigest(digest) ? readStored(root, named, digest) : undefined;
    if (!evidence || (await sha256(evidence.profile)) !== digest) continue;
    const verifiedAt = lookAt(folder.at(file))?.stats.mtime.toISOString();
    if (verifiedAt === undefined) continue;
    releases.push({ version: evidence.version, digest, verifiedAt });
  }
  return releases.sort((a, b) => (a.verifiedAt > b.verifiedAt ? -1 : 1));
}

function readStored(root: string, named: Named, digest: string): Evidence | undefined {
  const text = readText(storeFolder(root, named).at(bundleName(digest)), maxStored);
  const bundle = text === undefined ? undefined : parseBundle(text);
  return bundle && evidenceIn(bundle, 0)[0];
}

/** Forgets the versions that an installation does not remember, and what was staged for it. */
export function dropUnneeded(root: string, installation: Installation): void {
  const folder = storeFolder(root, installation);
  const needed = [installation, ...installation.earlier].map(({ digest }) => bundleName(digest));
  for (const { name } of list(folder)) {
    if (!needed.includes(name)) removeAll(folder.at(name));
  }
}

/** Forgets every version of a profile. */
export function dropStored(root: string, named: Named): void {
  removeAll(storeFolder(root, named));
}

/**
 * Forgets whatever no installation remembers: what was kept for a change that then was not begun. What is kept of
 * `unknown`, whose records are damaged, stays.
 */
export function tidyStore(
  root: string,
  installed: readonly Installation[],
  unknown: readonly Named[],
): void {
  for (const installation of installed) dropUnneeded(root, installation);
  const needed = [...installed, ...unknown].map((one) => storeFolder(root, one).name);
  const folder = statePlace(root, 'kept');
  for (const { name } of list(folder)) {
    if (!needed.includes(name)) removeAll(folder.at(name));
  }
}
