import { type Digest, sha256 } from './digest.ts';
import { type Envelope, open } from './dsse.ts';
import type { PublicKey } from './key.ts';
import {
  type Manifest,
  parseStatement,
  payloadType,
  subjectDigests,
  subjectName,
} from './statement.ts';

/** The keys that may sign for a team, and the required number of signatures. */
export interface TeamPolicy {
  keys: PublicKey[];
  threshold: number;
}

/** A requested version, and the profile and envelope received for it. */
export interface Claim {
  team: string;
  name: string;
  version: string;
  /** The bytes of the profile, or of one of its variants. */
  profile: Uint8Array<ArrayBuffer>;
  envelope: Envelope;
}

/** Why a profile was refused; each id is stable. */
export type RefusalId =
  | 'envelope-malformed'
  | 'envelope-untrusted-key'
  | 'envelope-signature-mismatch'
  | 'envelope-threshold'
  | 'statement-malformed'
  | 'statement-other-profile'
  | 'statement-other-version'
  | 'digest-mismatch';

export type Verification =
  | {
      ok: true;
      /** The digest of the bytes. */
      digest: Digest;
      /** The digests of the profile or of all variants, the first of which stands for the version. */
      digests: Digest[];
      manifest: Manifest;
      signers: PublicKey[];
    }
  | { ok: false; id: RefusalId; reason: string };

/**
 * Verifies that a team published a profile: enough of the team's keys signed the envelope, its statement names this team,
 * profile and version, and the bytes have the digest of one of its subjects. The service verifies uploads, hosts verify downloads.
 * Never throws.
 */
export async function verify(claim: Claim, policy: TeamPolicy): Promise<Verification> {
  const { team, name, version, profile, envelope } = claim;
  if (envelope.payloadType !== payloadType) {
    return refused(
      'envelope-malformed',
      `the envelope's payload type is "${envelope.payloadType}", not "${payloadType}"`,
    );
  }
  const opened = await open(envelope, policy.keys);
  if (!opened) return refused('envelope-malformed', "the envelope's payload is not base64");
  const [mismatched] = opened.mismatched;
  if (opened.signers.length < policy.threshold && mismatched) {
    return refused(
      'envelope-signature-mismatch',
      `the signature of key ${mismatched.keyId} is not for this envelope: its payload or the signature was changed`,
    );
  }
  if (opened.signers.length === 0) {
    return refused(
      'envelope-untrusted-key',
      `no trusted key of team ${team} has signed it (it names ${envelope.signatures
        .map(({ keyid }) => keyid)
        .join(', ')})`,
    );
  }
  if (opened.signers.length < policy.threshold) {
    return refused(
      'envelope-threshold',
      `${opened.signers.length} of the ${policy.threshold} signatures that team ${team} requires`,
    );
  }
  const statement = parseStatement(opened.payload);
  if (!statement) {
    return refused('statement-malformed', 'the signed payload is not a statement about a profile');
  }
  const { subject, predicate } = statement;
  const named = `${predicate.team}/${predicate.name}`;
  const { manifest } = predicate;
  const isNamed = subject.every((one, at) => one.name === subjectName(predicate, at));
  if (named !== `${team}/${name}` || !isNamed) {
    return refused('statement-other-profile', `it was signed as ${named}, not as ${team}/${name}`);
  }
  if (predicate.version !== version) {
    return refused(
      'statement-other-version',
      `it was signed as version ${predicate.version}, not as ${version}`,
    );
  }
  const digests = subjectDigests(statement);
  if (digests.length !== (manifest.variants?.length ?? 1)) {
    return refused(
      'statement-malformed',
      'the statement is not about the variants of its manifest',
    );
  }
  const digest = await sha256(profile);
  if (!digests.includes(digest)) {
    const signed = digests.length === 1 ? 'the signed one is' : 'the signed ones are';
    return refused(
      'digest-mismatch',
      `the profile's digest is ${digest}, ${signed} ${digests.join(', ')}`,
    );
  }
  return { ok: true, digest, digests, manifest, signers: opened.signers };
}

function refused(id: RefusalId, reason: string): Verification {
  return { ok: false, id, reason };
}
