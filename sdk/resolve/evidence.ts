import type { Proof } from '../../contract/log.ts';
import type { Team } from '../../contract/team.ts';
import type {
  Envelope,
  Evidence,
  KeyEvidence,
  LogView,
  RevokedKeys,
  SeenCheckpoint,
} from '../../trust/index.ts';
import { parseCheckpoint, parseNote } from '../../trust/log/index.ts';
import { mapInParallel } from '../in-parallel.ts';
import { chosenVariant, statedVariants, type VariantChoice } from './variant.ts';

interface VersionPath {
  team: string;
  name: string;
  version: string;
}

/** The part of a registry's API that has the evidence: a host's client, or a page of the catalog. */
export interface EvidenceSource {
  getContent(path: VersionPath, release?: string): Promise<Uint8Array<ArrayBuffer>>;
  getEnvelope(path: VersionPath): Promise<Envelope>;
  getProof(path: VersionPath, since: number): Promise<Proof>;
  getEntryProof(index: number, size: number): Promise<Proof>;
  getTeam(team: string): Promise<Team>;
}

/**
 * Fetches a registry's evidence for one version, unverified. The proofs are under the log's latest checkpoint, from the
 * `seen` one on, or under an earlier `log` view from the caller. Skips proofs for keys already known to be revoked. Of a
 * version with variants, fetches the one for `choice`; without it, all of them.
 */
export async function fetchEvidence(
  client: EvidenceSource,
  path: VersionPath,
  {
    seen,
    revoked,
    choice,
    log: view,
  }: {
    seen?: SeenCheckpoint | undefined;
    revoked?: ReadonlyMap<string, RevokedKeys> | undefined;
    choice?: VariantChoice | undefined;
    log?: LogView;
  },
): Promise<Evidence> {
  const since = seen?.size ?? 0;
  const known = revoked?.get(path.team);
  const [first, envelope, current, team] = await Promise.all([
    client.getContent(path),
    client.getEnvelope(path),
    client.getProof(path, since),
    client.getTeam(path.team),
  ]);
  const log = view ?? { checkpoint: current.checkpoint, consistency: current.consistency };
  const size = parseCheckpoint(parseNote(log.checkpoint)?.text ?? '')?.size ?? 0;
  // The proof of an entry lacks the random bits of a private profile's name.
  const { blind } = current;
  const proof = view
    ? { ...(await client.getEntryProof(current.index, size)), ...(blind && { blind }) }
    : current;
  const keys = await mapInParallel(team.keys, async (key): Promise<KeyEvidence> => {
    const { publicKey, revocationLogIndex: at } = key;
    if (key.revokedAt !== null) {
      // A revoked key endorses nothing, so only its revocation needs a proof.
      const isNew = at !== null && at < size && !known?.has(key.keyId);
      const revocation = isNew ? await client.getEntryProof(at, size) : undefined;
      return { publicKey, revoked: true, revocation };
    }
    const evidence = { publicKey, revoked: false };
    if (key.endorsement === null || key.logIndex >= size) return evidence;
    const entry = await client.getEntryProof(key.logIndex, size);
    return { ...evidence, endorsement: { envelope: key.endorsement, proof: entry } };
  });
  const variants = statedVariants(envelope).map(({ from }) => from);
  const wanted = choice ? variants[chosenVariant(variants, choice)] : undefined;
  // Any release may be served: what was received is verified.
  const profile =
    wanted === undefined || wanted === variants[0] ? first : await client.getContent(path, wanted);
  const further = choice ? [] : variants.slice(1);
  const others = await mapInParallel(further, (from) => client.getContent(path, from));
  return {
    ...{ ...path, profile, envelope, proof, log, keys },
    ...(others.length > 0 && { others }),
  };
}
