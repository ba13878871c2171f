import {
  Envelope,
  importPublicKey,
  type PublicKey,
  parseJson as parseBounded,
  verifyEndorsement,
} from '../../trust/index.ts';
import type { Database } from '../database.ts';
import type { RegisteredKey } from '../keys.ts';
import { keys } from '../schema.ts';
import { type Facts, path } from './facts.ts';
import type { Report } from './report.ts';

/** All keys, including revoked ones, by team. */
export type TeamKeys = Map<string, PublicKey[]>;

/** Checks the teams' keys against the log, and their endorsements against each other. */
export async function checkKeys(db: Database, facts: Facts, report: Report): Promise<TeamKeys> {
  const imported: TeamKeys = new Map();
  const rows = await db.select().from(keys);
  const known = new Set<string>();
  for (const row of rows) {
    known.add(path(row.team, row.keyId));
    const key = await importPublicKey(row.publicKey);
    if (key?.keyId === row.keyId) {
      imported.set(row.team, [...(imported.get(row.team) ?? []), key]);
    } else report('key-invalid', `the key ${row.keyId} of team ${row.team} has another id`);
    checkKey(row, facts, report);
  }
  for (const row of rows) await checkEndorsement(row, imported.get(row.team) ?? [], report);
  for (const [at, { index, team, keyId }] of facts.keys) {
    if (!known.has(at)) report('row-missing', `key ${keyId} of team ${team} (entry ${index})`);
  }
  return imported;
}

function checkKey(row: RegisteredKey, facts: Facts, report: Report): void {
  const { team, keyId } = row;
  const what = `key ${keyId} of team ${team}`;
  const logged = facts.keys.get(path(team, keyId));
  if (!logged) {
    report('entry-absent', what);
    return;
  }
  const same =
    logged.index === row.logIndex &&
    logged.publicKey === row.publicKey &&
    logged.label === row.label &&
    logged.time === row.createdAt;
  if (!same) report('row-differs', `${what} (entry ${logged.index})`);
  const revoked = facts.revocations.get(path(team, keyId));
  if (
    (revoked?.index ?? null) === row.revocationLogIndex &&
    (revoked?.time ?? null) === row.revokedAt
  ) {
    return;
  }
  if (revoked) report('row-differs', `the revocation of ${what} (entry ${revoked.index})`);
  else report('entry-absent', `the revocation of ${what}`);
}

async function checkEndorsement(
  { team, keyId, endorsement }: RegisteredKey,
  teamKeys: PublicKey[],
  report: Report,
): Promise<void> {
  if (endorsement === null) return;
  const key = teamKeys.find((one) => one.keyId === keyId);
  const envelope = Envelope.safeParse(parseJson(endorsement));
  const others = teamKeys.filter((one) => one.keyId !== keyId);
  const endorsed =
    key && envelope.success
      ? await verifyEndorsement(
          { team, key, endorsement: envelope.data },
          { keys: others, threshold: 1 },
        )
      : undefined;
  if (!endorsed?.ok) {
    report('envelope-invalid', `the endorsement of key ${keyId} of team ${team}`);
  }
}

/** Parses JSON; `undefined` when it is malformed. */
export function parseJson(text: string): unknown {
  try {
    return parseBounded(text);
  } catch {
    return undefined;
  }
}
