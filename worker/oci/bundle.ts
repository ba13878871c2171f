import {
  type BundleCheckpoint,
  listBundleCheckpoints,
  saveBundleCheckpoint,
} from '../../db/bundle-checkpoints.ts';
import { listKeys } from '../../db/keys.ts';
import { readLogEntries } from '../../db/log.ts';
import { type Referred, saveBundle } from '../../db/oci.ts';
import { findContent, findVersion } from '../../db/versions.ts';
import type { Viewer } from '../../db/viewer.ts';
import {
  bundleManifest,
  createdAnnotation,
  encodeBase64,
  type KeyEvidence,
  type LogProof,
  logSizeAnnotation,
  makeBundle,
  type OciManifest,
} from '../../trust/index.ts';
import type { Deps } from '../ports.ts';

/** How long bundles are proved under the same checkpoint, in milliseconds: hosts refuse one older than 24 hours by default. */
const checkpointLifetime = 6 * 3_600_000;

/** Whether an artifact has a bundle under the newest checkpoint, and that is still recent. */
export function hasCurrentBundle({ checkpoint, referrers }: Referred, now: Date): boolean {
  if (!checkpoint || !isRecent(checkpoint, now)) return false;
  const { size, createdAt } = checkpoint;
  return referrers.some((one) => one.role === 'bundle' && isUnder(one, { size, createdAt }));
}

/**
 * Makes and stores a bundle of an artifact's version, with which hosts verify it without the registry. All bundles are
 * under the same checkpoint as long as it is recent and includes what they prove, so that a host which has seen the log in
 * one accepts the next.
 */
export async function makeVersionBundle(
  deps: Deps,
  viewer: Viewer,
  { team, name }: { team: string; name: string },
  { artifact, version, logIndex, blind }: Referred,
): Promise<void> {
  const { db } = deps;
  const row = await findVersion(db, viewer, team, name, version);
  if (!row) throw new Error(`${team}/${name}@${version} is missing`);
  const { size, note, consistency, createdAt } = await checkpointFor(deps, logIndex);
  const prove = (index: number) => proveAt(deps, index, size);
  const digests = row.variants?.map(({ digest }) => digest) ?? [row.digest];
  const [proof, keys, ...files] = await Promise.all([
    prove(logIndex),
    proveKeys(deps, team, { size, prove }),
    ...digests.map(async (digest) => encoder.encode(await findContent(db, digest))),
  ]);
  const [profile = new Uint8Array(), ...others] = files;
  const evidence = {
    ...{ team, name, version, profile, keys },
    ...(others.length > 0 && { others }),
    envelope: JSON.parse(row.envelope),
    proof: { ...proof, ...(blind !== null && { blind }) },
    log: { checkpoint: note, consistency: [] },
  };
  const layerText = JSON.stringify(makeBundle([evidence], consistency));
  const made = { name, bundle: layerText, created: createdAt, logSize: size };
  const manifest = await bundleManifest(artifact, made);
  await saveBundle(db, { team, name, version }, { ...manifest, layerText });
}

/** The newest checkpoint of bundles, if it is recent and includes the entry at `index`; otherwise a new one, now stored. */
async function checkpointFor(deps: Deps, index: number): Promise<BundleCheckpoint> {
  const { db, log, now } = deps;
  const before = await listBundleCheckpoints(db);
  const [newest] = before;
  if (newest && newest.size > index && isRecent(newest, now())) return newest;
  const { size, note } = await log.checkpoint(Math.max(index + 1, newest?.size ?? 0));
  const older = before.filter((one) => one.size < size);
  const proofs = await Promise.all(
    older.map(async (one) => {
      const hashes = await log.proveConsistency(one.size, size);
      return [one.size, hashes.map(encodeBase64)] as const;
    }),
  );
  const consistency = Object.fromEntries(proofs);
  const time = now();
  const expired = new Date(time.getTime() - checkpointLifetime).toISOString();
  const made = { size, note, consistency, createdAt: time.toISOString() };
  await saveBundleCheckpoint(db, made, expired);
  // Not the one that was just made: that of a concurrent request may have been stored.
  const [stored] = await listBundleCheckpoints(db);
  return stored ?? made;
}

/** What a bundle has of a team's keys, in the log of `size`. */
async function proveKeys(
  { db }: Deps,
  team: string,
  { size, prove }: { size: number; prove: (index: number) => Promise<LogProof> },
): Promise<KeyEvidence[]> {
  const keys = await listKeys(db, team);
  return Promise.all(
    keys.map(async ({ publicKey, endorsement, logIndex, revokedAt, revocationLogIndex: at }) => {
      if (revokedAt !== null) {
        const revocation = at !== null && at < size ? await prove(at) : undefined;
        return { publicKey, revoked: true, revocation };
      }
      if (endorsement === null || logIndex >= size) return { publicKey, revoked: false };
      const envelope = JSON.parse(endorsement);
      return { publicKey, revoked: false, endorsement: { envelope, proof: await prove(logIndex) } };
    }),
  );
}

/** The proof that the log of `size` has the entry at `index`. */
async function proveAt({ db, log }: Deps, index: number, size: number): Promise<LogProof> {
  const [[entry], inclusion] = await Promise.all([
    readLogEntries(db, index, index + 1),
    log.proveInclusion(index, size),
  ]);
  if (entry === undefined) throw new Error(`entry ${index} of the log is missing`);
  return { index, entry, inclusion: inclusion.map(encodeBase64) };
}

function isRecent({ createdAt }: { createdAt: string }, now: Date): boolean {
  return Date.parse(createdAt) > now.getTime() - checkpointLifetime;
}

function isUnder({ text }: OciManifest, { size, createdAt }: { size: number; createdAt: string }) {
  const { annotations } = JSON.parse(text) as { annotations: Record<string, string> };
  return (
    annotations[logSizeAnnotation] === `${size}` && annotations[createdAnnotation] === createdAt
  );
}

const encoder = new TextEncoder();
