import * as z from 'zod';
import { type Envelope, open, sign } from './dsse.ts';
import { parseJson } from './json.ts';
import type { KeyPair, PublicKey } from './key.ts';
import { payloadType, statementType } from './statement.ts';
import type { TeamPolicy } from './verify.ts';

const predicateType = 'urn:aa-registry:key:v1';

/** The in-toto Statement v1 with which a team's key endorses another. */
const EndorsementStatement = z.strictObject({
  _type: z.literal(statementType),
  subject: z.tuple([
    z.strictObject({ name: z.string(), digest: z.strictObject({ sha256: z.string() }) }),
  ]),
  predicateType: z.literal(predicateType),
  predicate: z.strictObject({ team: z.string(), publicKey: z.string() }),
});

/** Endorses `next` as a key of `team`, signed by `signers`. */
export async function endorse(
  team: string,
  next: PublicKey,
  ...signers: KeyPair[]
): Promise<Envelope> {
  const statement: z.infer<typeof EndorsementStatement> = {
    _type: statementType,
    subject: [{ name: team, digest: { sha256: next.keyId.slice('sha256:'.length) } }],
    predicateType,
    predicate: { team, publicKey: next.text },
  };
  return sign(payloadType, new TextEncoder().encode(JSON.stringify(statement)), signers);
}

/** The claim that a team's keys endorse another key. */
export interface EndorsementClaim {
  team: string;
  key: PublicKey;
  endorsement: Envelope;
}

export type Endorsed = { ok: true; by: PublicKey[] } | { ok: false; reason: string };

/**
 * Verifies that enough of the team's trusted keys endorse the claim's key. The threshold is that for profiles; otherwise
 * one stolen key could add the others. Never throws.
 */
export async function verifyEndorsement(
  { team, key, endorsement }: EndorsementClaim,
  { keys, threshold }: TeamPolicy,
): Promise<Endorsed> {
  const opened =
    endorsement.payloadType === payloadType ? await open(endorsement, keys) : undefined;
  const by = opened?.signers ?? [];
  if (!opened || by.length === 0) {
    return { ok: false, reason: `no trusted key of team ${team} has signed it` };
  }
  if (by.length < threshold) {
    const reason = `${by.length} of the ${threshold} trusted keys that team ${team} requires have signed it`;
    return { ok: false, reason };
  }
  const statement = parse(opened.payload);
  const about = statement?.subject[0];
  const same =
    about?.name === team &&
    `sha256:${about.digest.sha256}` === key.keyId &&
    statement?.predicate.team === team &&
    statement.predicate.publicKey === key.text;
  return same ? { ok: true, by } : { ok: false, reason: 'it is about another team or key' };
}

function parse(payload: Uint8Array): z.infer<typeof EndorsementStatement> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
    return EndorsementStatement.safeParse(parseJson(text)).data;
  } catch {
    return undefined;
  }
}
