import * as z from 'zod';
import type { Evidence } from './admission.ts';
import { encodeBase64 } from './base64.ts';
import { Envelope } from './dsse.ts';
import { maxKeys } from './key.ts';
import { isProfileName, isTeam } from './name.ts';
import { maxVariants } from './variants.ts';
import { isVersion } from './version.ts';

const LogProof = z.strictObject({
  index: z.int().min(0),
  entry: z.string(),
  inclusion: z.array(z.string()).max(64),
  blind: z.string().max(200).optional(),
});

const BundledEvidence = z.strictObject({
  team: z.string().refine(isTeam),
  name: z.string().refine(isProfileName),
  version: z.string().refine(isVersion),
  /** Base64 of the exact bytes of the profile, or of its first variant. */
  profile: z.base64(),
  /** The same of the further variants; a host's version store has only the one that it took, as `profile`. */
  variants: z.array(z.base64()).max(maxVariants).optional(),
  envelope: Envelope,
  proof: LogProof,
  keys: z
    .array(
      z.strictObject({
        publicKey: z.string(),
        revoked: z.boolean(),
        endorsement: z.strictObject({ envelope: Envelope, proof: LogProof }).optional(),
        revocation: LogProof.optional(),
      }),
    )
    .max(maxKeys),
});

/**
 * Profiles with their evidence in one file, for hosts without a network. All are proved under one checkpoint;
 * `consistency` has a proof for each log size that such a host may have seen.
 */
export const Bundle = z.strictObject({
  format: z.literal('aa-registry-bundle/v1'),
  checkpoint: z.string(),
  consistency: z.record(z.string(), z.array(z.string()).max(128)),
  offers: z.array(BundledEvidence).min(1).max(1000),
});
export type Bundle = z.infer<typeof Bundle>;

/** The bundle of these offers, which must all be under one checkpoint. */
export function makeBundle(
  offers: readonly Evidence[],
  consistency: Record<string, string[]>,
): Bundle {
  return {
    format: 'aa-registry-bundle/v1',
    checkpoint: offers[0]?.log.checkpoint ?? '',
    consistency,
    offers: offers.map(({ team, name, version, profile, others, envelope, proof, keys }) => ({
      team,
      name,
      version,
      profile: encodeBase64(profile),
      ...(others && { variants: others.map(encodeBase64) }),
      envelope,
      proof: pickProof(proof),
      keys: keys.map(({ publicKey, revoked, endorsement, revocation }) => ({
        publicKey,
        revoked,
        ...(revocation ? { revocation: pickProof(revocation) } : {}),
        ...(endorsement
          ? { endorsement: { envelope: endorsement.envelope, proof: pickProof(endorsement.proof) } }
          : {}),
      })),
    })),
  };
}

function pickProof({ index, entry, inclusion, blind }: Evidence['proof']): Evidence['proof'] {
  return { index, entry, inclusion, ...(blind === undefined ? {} : { blind }) };
}
