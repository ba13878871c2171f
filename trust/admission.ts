import { decodeBase64 } from './base64.ts';
import { type Digest, sha256 } from './digest.ts';
import type { Envelope } from './dsse.ts';
import { verifyEndorsement } from './endorsement.ts';
import { importPublicKey, type PublicKey } from './key.ts';
import {
  blindName,
  type Checkpoint,
  type CheckpointRefusalId,
  cosignatureVerifierOf,
  type Hash,
  type LogEntry,
  leafHash,
  type NoteVerifier,
  noteKeyBytes,
  parseEntry,
  sameHash,
  type VerifiedSignature,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from './log/index.ts';
import type { Manifest } from './statement.ts';
import { type Claim, type RefusalId, type TeamPolicy, verify } from './verify.ts';

/** An entry of the log with its inclusion proof. */
export interface LogProof {
  index: number;
  /** The entry's exact text. */
  entry: string;
  /** Base64 hashes (RFC 6962 section 2.1.1). */
  inclusion: string[];
  /** Opens the blinded name of an entry about a private profile. */
  blind?: string | undefined;
}

/** The state of the log that comes with the evidence. */
export interface LogView {
  /** The checkpoint's signed note. */
  checkpoint: string;
  /** Base64 hashes of the consistency proof from the host's last checkpoint (RFC 6962 section 2.1.2). */
  consistency: string[];
}

/** The registry's evidence about one of the team's keys. */
export interface KeyEvidence {
  publicKey: string;
  revoked: boolean;
  /** The endorsement by older keys, with the proof that its entry is in the log. */
  endorsement?: { envelope: Envelope; proof: LogProof };
  /** The proof that the entry of its revocation is in the log. */
  revocation?: LogProof | undefined;
}

/** The registry's evidence for a version: the profile, its signatures and proofs. */
export interface Evidence extends Claim {
  /** The bytes of other variants, from which a host takes the one for its release. */
  others?: Uint8Array<ArrayBuffer>[] | undefined;
  proof: LogProof;
  log: LogView;
  keys: KeyEvidence[];
}

/** The latest checkpoint of a log that the host has verified. */
export interface SeenCheckpoint {
  size: number;
  root: Hash;
}

/** A host's requirements for the log. */
export interface LogPolicy {
  /** The pinned key; its name is the log's origin. */
  key: NoteVerifier;
  witnesses: NoteVerifier[];
  /** The required number of cosigning witnesses. */
  witnessThreshold: number;
  /** The maximum age of the newest cosignature, in seconds. */
  maxAge: number;
}

/**
 * The ids of a team's keys whose revocation was proved to be in the log. A host stores them, so that a registry can't
 * undo a revocation by hiding it later.
 */
export type RevokedKeys = ReadonlySet<string>;

/** A host's requirements for an installation. */
export interface HostPolicy {
  team: TeamPolicy;
  /** The team's revoked keys that the host has stored; never trusted again, whatever the evidence says. */
  revoked: RevokedKeys;
  log: LogPolicy;
  /** `undefined` on first contact. */
  seen: SeenCheckpoint | undefined;
  now: Date;
}

export type AdmissionRefusalId =
  | RefusalId
  | CheckpointRefusalId
  | 'key-revoked'
  | 'checkpoint-stale'
  | 'checkpoint-future'
  | 'checkpoint-witnesses'
  | 'log-rolled-back'
  | 'log-forked'
  | 'log-inconsistent'
  | 'proof-malformed'
  | 'entry-not-in-log'
  | 'entry-other';

export type Refusal = { ok: false; id: AdmissionRefusalId; reason: string };

export type Admission =
  | {
      ok: true;
      /** The digest of the bytes, and those of all variants, the first of which the log has. */
      digest: Digest;
      digests: Digest[];
      manifest: Manifest;
      /** The team's keys that signed it. */
      signers: PublicKey[];
      /** The checkpoint of the proofs, to be stored as the host's latest. */
      checkpoint: Checkpoint;
      /** The team's keys that the log proves to be revoked, to be stored too. */
      revoked: RevokedKeys;
      /** The time of the newest cosignature, in seconds since 1970. */
      time: number;
    }
  /** Revocations that the log proves are stored even if the version is refused. */
  | (Refusal & { revoked?: RevokedKeys });

/** The tolerated lead of a witness's clock over the host's, in seconds. */
const clockSkew = 300;

/**
 * Decides whether a host may install a version. The log must be the pinned one, fresh, witnessed and an extension of the
 * host's latest checkpoint; enough trusted keys of the team must have signed these bytes as this version; and the log
 * must contain the version's entry. Every installation is checked here, also of a stored version and after an
 * interruption. Never throws.
 */
export async function admit(evidence: Evidence, policy: HostPolicy): Promise<Admission> {
  const log = await verifyLog(evidence.log, policy);
  if (!log.ok) return log;
  const revoked = await verifyRevocations(evidence.team, evidence.keys, log.checkpoint);
  return { ...(await admitUnder(log, evidence, policy)), revoked };
}

async function admitUnder(
  { checkpoint, time }: Extract<VerifiedLog, { ok: true }>,
  evidence: Evidence,
  policy: HostPolicy,
): Promise<Omit<Extract<Admission, { ok: true }>, 'revoked'> | Refusal> {
  const keys = await trustedKeys(evidence, policy, checkpoint);
  const verified = await verify(evidence, { keys: keys.trusted, threshold: policy.team.threshold });
  if (!verified.ok) return explainRevoked(evidence, verified, keys.revoked);

  const entry = await verifyEntry(evidence.proof, checkpoint);
  if (!entry.ok) return entry;
  const payload = await sha256(decodeBase64(evidence.envelope.payload) ?? new Uint8Array());
  const { digest, digests, manifest, signers } = verified;
  const { team, name, version, proof } = evidence;
  const logged = { team, name, version, digest: digests[0] ?? digest, payload };
  if (!(await isEntryOf(entry.value, logged, proof.blind))) {
    return refused(
      'entry-other',
      `entry ${evidence.proof.index} of the log is about another profile or version`,
    );
  }
  return { ok: true, digest, digests, manifest, signers, checkpoint, time };
}

/**
 * A published version as its entry states it: `digest` is that of the profile or its first variant, `payload` that of the
 * envelope's payload.
 */
export interface LoggedVersion {
  team: string;
  name: string;
  version: string;
  digest: Digest;
  payload: Digest;
}

/** Whether an entry states exactly this version, under the profile's name, plain or blinded. */
async function isEntryOf(
  entry: LogEntry,
  { team, name, version, digest, payload }: LoggedVersion,
  blind: string | undefined,
): Promise<boolean> {
  return (
    entry.kind === 'version' &&
    entry.team === team &&
    entry.version === version &&
    entry.digest === digest &&
    entry.envelope === payload &&
    (entry.name === name ||
      (blind !== undefined && entry.name === (await blindName(team, name, blind))))
  );
}

/** Whether a version is in the log of the checkpoint. Never throws. */
export async function isVersionLogged(
  version: LoggedVersion,
  proof: LogProof,
  checkpoint: Checkpoint,
): Promise<boolean> {
  const entry = await verifyEntry(proof, checkpoint);
  return entry.ok && (await isEntryOf(entry.value, version, proof.blind));
}

type VerifiedLog = { ok: true; checkpoint: Checkpoint; time: number } | Refusal;

/** Verifies the state of the log: signed, fresh, witnessed and an extension of the host's latest checkpoint. */
export async function verifyLog(
  { checkpoint: note, consistency }: LogView,
  { log, seen, now }: Pick<HostPolicy, 'log' | 'seen' | 'now'>,
): Promise<VerifiedLog> {
  const own = await cosignatureVerifierOf(log.key);
  const identity = { origin: log.key.name, keys: [log.key], cosigner: own };
  const opened = await verifyCheckpoint(note, identity, log.witnesses);
  if (!opened.ok) return opened;
  const { checkpoint, signatures } = opened;
  const fresh = freshest(signatures, own, log, now);
  if (!fresh.ok) return fresh;
  if (!seen) return { ok: true, checkpoint, time: fresh.time };

  if (checkpoint.size < seen.size) {
    const reason = `the log has ${checkpoint.size} entries; this host has seen ${seen.size}`;
    return refused('log-rolled-back', reason);
  }
  if (checkpoint.size === seen.size && !sameHash(checkpoint.root, seen.root)) {
    const reason = `the log has forked: its tree of ${seen.size} entries differs from the one this host has seen`;
    return refused('log-forked', reason);
  }
  const proof = decodeHashes(consistency);
  const extended =
    proof !== undefined &&
    verifyConsistency({
      first: seen.size,
      firstRoot: seen.root,
      second: checkpoint.size,
      secondRoot: checkpoint.root,
      proof,
    });
  if (!extended) {
    const reason = `the log does not extend the ${seen.size} entries this host has seen`;
    return refused('log-inconsistent', reason);
  }
  return { ok: true, checkpoint, time: fresh.time };
}

function freshest(
  signatures: VerifiedSignature[],
  own: NoteVerifier,
  { witnesses, witnessThreshold, maxAge }: LogPolicy,
  now: Date,
): { ok: true; time: number } | Refusal {
  const present = now.getTime() / 1000;
  const timed = signatures.flatMap(({ verifier, time }) =>
    time === undefined ? [] : [{ verifier, time }],
  );
  // The log's own cosignature must be valid. A witness's that is in the future is ignored, like an invalid one.
  const ahead = timed.find(({ verifier, time }) => verifier === own && time > present + clockSkew);
  if (ahead) {
    const reason = `the checkpoint's time ${isoTime(ahead.time)} is in the future; check this machine's clock`;
    return refused('checkpoint-future', reason);
  }
  const cosigned = timed.filter(({ time }) => time <= present + clockSkew);
  const newest = Math.max(0, ...cosigned.map(({ time }) => time));
  if (newest < present - maxAge) {
    const reason =
      newest === 0 ? 'no signature has a time' : `the newest checkpoint is from ${isoTime(newest)}`;
    return refused('checkpoint-stale', `${reason}; the log may be frozen`);
  }
  // Counted by key: two names of a key are one witness, and the log's own key is not a witness.
  const witnessed = new Set(
    cosigned
      .filter(({ verifier, time }) => witnesses.includes(verifier) && time >= present - maxAge)
      .map(({ verifier }) => noteKeyBytes(verifier)),
  );
  witnessed.delete(noteKeyBytes(own));
  if (witnessed.size < witnessThreshold) {
    const reason = `${witnessed.size} of the ${witnessThreshold} required witnesses have cosigned the checkpoint`;
    return refused('checkpoint-witnesses', reason);
  }
  return { ok: true, time: newest };
}

/**
 * The trusted keys of a team: the pinned ones, and transitively the logged ones that enough trusted keys endorse (the
 * same threshold as for a profile). Revoked keys are not trusted and can't endorse.
 */
async function trustedKeys(
  { team, keys }: Evidence,
  { team: { keys: pinned, threshold }, revoked: before }: HostPolicy,
  checkpoint: Checkpoint,
): Promise<{ trusted: PublicKey[]; revoked: Set<string> }> {
  const known = await Promise.all(
    keys.map(async (evidence) => ({ evidence, key: await importPublicKey(evidence.publicKey) })),
  );
  const revoked = new Set<string>(before);
  for (const { evidence, key } of known) if (evidence.revoked && key) revoked.add(key.keyId);
  const trusted = pinned.filter(({ keyId }) => !revoked.has(keyId));
  for (let length = -1; length !== trusted.length; ) {
    length = trusted.length;
    for (const { evidence, key } of known) {
      if (!key || !evidence.endorsement || revoked.has(key.keyId)) continue;
      if (trusted.some(({ keyId }) => keyId === key.keyId)) continue;
      const { envelope, proof } = evidence.endorsement;
      const endorsed = await verifyEndorsement(
        { team, key, endorsement: envelope },
        { keys: trusted, threshold },
      );
      const logged = endorsed.ok && (await isKeyLogged(team, key.keyId, proof, checkpoint));
      if (logged) trusted.push(key);
    }
  }
  return { trusted, revoked };
}

function explainRevoked(
  { envelope, team }: Evidence,
  refusal: { ok: false; id: RefusalId; reason: string },
  revoked: Set<string>,
): Refusal {
  const signer = envelope.signatures.find(({ keyid }) => revoked.has(keyid));
  const keyRefusal = refusal.id === 'envelope-untrusted-key' || refusal.id === 'envelope-threshold';
  if (!signer || !keyRefusal) return refusal;
  return refused('key-revoked', `team ${team} has revoked the key that signed it, ${signer.keyid}`);
}

/** Returns the team's keys whose revocation is proved to be in the log. Never throws. */
export async function verifyRevocations(
  team: string,
  keys: readonly KeyEvidence[],
  checkpoint: Checkpoint,
): Promise<RevokedKeys> {
  const revoked = new Set<string>();
  for (const { publicKey, revocation } of keys) {
    const key = revocation && (await importPublicKey(publicKey));
    if (!key) continue;
    const entry = await verifyEntry(revocation, checkpoint);
    if (!entry.ok || entry.value.kind !== 'key-revocation') continue;
    if (entry.value.team === team && entry.value.keyId === key.keyId) revoked.add(key.keyId);
  }
  return revoked;
}

/** Whether the registration of a team's key is in the log. Never throws. */
export async function isKeyLogged(
  team: string,
  keyId: string,
  proof: LogProof,
  checkpoint: Checkpoint,
): Promise<boolean> {
  const entry = await verifyEntry(proof, checkpoint);
  return (
    entry.ok &&
    entry.value.kind === 'key' &&
    entry.value.team === team &&
    entry.value.keyId === keyId
  );
}

async function verifyEntry(
  { index, entry, inclusion }: LogProof,
  { size, root }: Checkpoint,
): Promise<{ ok: true; value: LogEntry } | Refusal> {
  const bytes = new TextEncoder().encode(entry);
  const value = parseEntry(bytes);
  const proof = decodeHashes(inclusion);
  if (!value || !proof) return refused('proof-malformed', 'the proof is malformed');
  const included = verifyInclusion({
    leafHash: leafHash(bytes),
    index,
    size,
    root,
    proof,
  });
  if (!included) {
    return refused('entry-not-in-log', `the log of ${size} entries does not have it at ${index}`);
  }
  return { ok: true, value };
}

function decodeHashes(texts: string[]): Hash[] | undefined {
  const hashes = texts.map(decodeBase64);
  return hashes.every((hash) => hash?.length === 32) ? (hashes as Hash[]) : undefined;
}

function isoTime(seconds: number): string {
  return new Date(Math.min(seconds, 8.64e12) * 1000).toISOString();
}

function refused(id: AdmissionRefusalId, reason: string): Refusal {
  return { ok: false, id, reason };
}
