import * as z from 'zod';
import { wholeNumber } from './number.ts';

const hashes = z
  .array(z.base64())
  .meta({ description: 'SHA-256 hashes, base64, in the order of RFC 6962' });

/** An inclusion proof of an entry and a consistency proof from an earlier log size. */
export const Proof = z
  .object({
    index: z.int().meta({ description: 'The index of the entry, from 0' }),
    entry: z.string().meta({ description: "The entry's exact text" }),
    inclusion: hashes,
    checkpoint: z.string().meta({ description: 'Signed note with a timestamped cosignature' }),
    blind: z.string().max(200).optional().meta({
      description: 'Opens the blinded name of an entry about a private profile',
    }),
    consistency: hashes.meta({ description: 'From the size in the query; empty without one' }),
  })
  .meta({ id: 'Proof' });
export type Proof = z.infer<typeof Proof>;

const size = wholeNumber();

export const ProofQuery = z.object({
  since: size
    .optional()
    .meta({ description: 'Also prove that the log extends the log of this size' }),
  size: size.optional().meta({ description: 'Prove inclusion in the log of this size' }),
});

/** The log's public key, which hosts pin on first contact. */
export const LogKey = z
  .object({ verifier: z.string() })
  .meta({ id: 'LogKey', description: "The log's verifier key (C2SP signed-note)" });
export type LogKey = z.infer<typeof LogKey>;
