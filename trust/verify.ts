import { type Digest, sha256 } from './digest.ts';
import { type Envelope, open } from './dsse.ts';
import type { PublicKey } from './key.ts';
import { type Manifest, parseStatement, payloadType } from './statement.ts';

/** Who may sign for a team, and how many of them must have. */
export interface TeamPolicy {
  keys: PublicKey[];
  threshold: number;
}

/** What the caller asked for and what it was handed. */
export interface Claim {
  team: string;
  name: string;
  version: string;
  profile: Uint8Array<ArrayBuffer>;
  envelope: Envelope;
}

/** Why a profile was refused; each id is stable. */
export type RefusalId =
  | 'envelope-malformed'
  | 'envelope-untrusted-key'
  | 'envelope-threshold'
  | 'statement-malformed'
  | 'statement-other-profile'
  | 'statement-other-version'
  | 'digest-mismatch';

export type Verification =
  | { ok: true; digest: Digest; manifest: Manifest; signers: PublicKey[] }
  | { ok: false; id: RefusalId; reason: string };

/**
 * Decides whether a profile is what its team published: the envelope is signed by enough of the team's
 * keys, its statement names this team, profile and version, and the bytes have the statement's digest.
 * The service runs it on upload, hosts run it on download. Never throws.
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
      `${opened.signers.length} of the ${policy.threshold} signatures that team ${team} needs`,
    );
  }
  const statement = parseStatement(opened.payload);
  if (!statement) {
    return refused('statement-malformed', 'the signed payload is no statement about a profile');
  }
  const { subject, predicate } = statement;
  const named = `${predicate.team}/${predicate.name}`;
  if (named !== `${team}/${name}` || subject[0].name !== named) {
    return refused('statement-other-profile', `it was signed as ${named}, not as ${team}/${name}`);
  }
  if (predicate.version !== version) {
    return refused(
      'statement-other-version',
      `it was signed as version ${predicate.version}, not as ${version}`,
    );
  }
  const digest = await sha256(profile);
  if (digest !== `sha256:${subject[0].digest.sha256}`) {
    return refused(
      'digest-mismatch',
      `the profile's digest is ${digest}, the signed one is sha256:${subject[0].digest.sha256}`,
    );
  }
  return { ok: true, digest, manifest: predicate.manifest, signers: opened.signers };
}

function refused(id: RefusalId, reason: string): Verification {
  return { ok: false, id, reason };
}
