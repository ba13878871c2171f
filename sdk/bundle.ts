import * as z from 'zod';
import {
  decodeBase64,
  Envelope,
  encodeBase64,
  isProfileName,
  isTeam,
  isVersion,
  type Offer,
} from '../trust/index.ts';

const LogProof = z.strictObject({
  index: z.int().min(0),
  entry: z.string(),
  inclusion: z.array(z.string()).max(64),
});

const BundledOffer = z.strictObject({
  team: z.string().refine(isTeam),
  name: z.string().refine(isProfileName),
  version: z.string().refine(isVersion),
  /** Base64 of the exact bytes. */
  profile: z.base64(),
  envelope: Envelope,
  proof: LogProof,
  keys: z.array(
    z.strictObject({
      publicKey: z.string(),
      revoked: z.boolean(),
      endorsement: z.strictObject({ envelope: Envelope, proof: LogProof }).optional(),
    }),
  ),
});

/**
 * Profiles with all that proves them, in one file, for hosts without a network. One checkpoint stands for all
 * of them; `consistency` has a proof for each size of the log that such a host may have seen.
 */
export const Bundle = z.strictObject({
  format: z.literal('aa-registry-bundle/v1'),
  checkpoint: z.string(),
  consistency: z.record(z.string(), z.array(z.string()).max(128)),
  offers: z.array(BundledOffer).min(1).max(1000),
});
export type Bundle = z.infer<typeof Bundle>;

/** The bundle of these offers, which must all be under one checkpoint. */
export function makeBundle(offers: Offer[], consistency: Record<string, string[]>): Bundle {
  return {
    format: 'aa-registry-bundle/v1',
    checkpoint: offers[0]?.log.checkpoint ?? '',
    consistency,
    offers: offers.map(({ team, name, version, profile, envelope, proof, keys }) => ({
      team,
      name,
      version,
      profile: encodeBase64(profile),
      envelope,
      proof: pickProof(proof),
      keys: keys.map(({ publicKey, revoked, endorsement }) => ({
        publicKey,
        revoked,
        ...(endorsement
          ? { endorsement: { envelope: endorsement.envelope, proof: pickProof(endorsement.proof) } }
          : {}),
      })),
    })),
  };
}

function pickProof({ index, entry, inclusion }: Offer['proof']): Offer['proof'] {
  return { index, entry, inclusion };
}

/** Reads a bundle's file; `undefined` when it is none. */
export function parseBundle(text: string): Bundle | undefined {
  try {
    return Bundle.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The offers of a bundle, for a host that has seen the log at size `seen`. Nothing is verified. */
export function bundledOffers({ checkpoint, consistency, offers }: Bundle, seen: number): Offer[] {
  const log = { checkpoint, consistency: consistency[seen] ?? [] };
  return offers.map((offer) => {
    const { profile, keys, ...rest } = offer;
    return {
      ...rest,
      log,
      profile: decodeBase64(profile) ?? new Uint8Array(),
      keys: keys.map(({ endorsement, ...key }) => ({
        ...key,
        ...(endorsement ? { endorsement } : {}),
      })),
    };
  });
}
