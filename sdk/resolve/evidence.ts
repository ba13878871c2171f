import type { Evidence, KeyEvidence, LogView } from '../../trust/index.ts';
import { parseCheckpoint, parseNote } from '../../trust/log/index.ts';
import type { Client } from '../client.ts';
import { mapInParallel } from '../in-parallel.ts';
import { chosenVariant, statedVariants } from './variant.ts';
import type { HostView } from './verify.ts';

/**
 * Fetches a registry's evidence for one version, unverified. The proofs are under the log's latest checkpoint, from the
 * `seen` one on, or under an earlier `log` view from the caller. Skips proofs for keys already known to be revoked. Of a
 * version with variants, fetches the one for `choice`; without it, all of them.
 */
export async function fetchEvidence(
  client: Client,
  path: { team: string; name: string; version: string },
  {
    seen,
    revoked,
    choice,
    log: view,
  }: Partial<Pick<HostView, 'seen' | 'revoked' | 'choice'>> & { log?: LogView },
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
