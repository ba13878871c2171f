import type { Publication, Published } from '../contract/index.ts';
import {
  decodeBase64,
  isVersionLogged,
  parseCheckpoint,
  parseNote,
  sha256,
} from '../trust/index.ts';

/**
 * Whether the response to a publication states that exactly these bytes and this statement are published, and proves that
 * the tree of its checkpoint has them. Who signed the checkpoint is not verified: publishers pin no log.
 */
export async function confirmsPublication(
  { team, name, version }: { team: string; name: string; version: string },
  { profile, envelope }: Publication,
  published: Published,
): Promise<boolean> {
  const digest = await sha256(new TextEncoder().encode(profile));
  const payload = await sha256(decodeBase64(envelope.payload) ?? new Uint8Array());
  const { proof } = published;
  const checkpoint = parseCheckpoint(parseNote(proof.checkpoint)?.text ?? '');
  return (
    published.team === team &&
    published.name === name &&
    published.version === version &&
    published.digest === digest &&
    checkpoint !== undefined &&
    (await isVersionLogged({ team, name, version, digest, payload }, proof, checkpoint))
  );
}
