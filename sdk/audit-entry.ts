import { decodeBase64, importPublicKey, isDigest, type LogEntry, sha256 } from '../trust/index.ts';
import { type Client, RegistryError } from './client.ts';
import { statedVariants } from './resolve/variant.ts';

/** Why a log entry is wrong; each id is stable. */
export type EntryRefusalId =
  | 'key-mismatch'
  | 'content-missing'
  | 'content-digest'
  | 'envelope-missing'
  | 'envelope-digest';

export interface EntryRefusal {
  id: EntryRefusalId;
  reason: string;
}

/**
 * Checks a log entry: a key's id must be its digest and, with `contents`, the registry must serve the profile and the
 * envelope of a version. Returns `undefined` when the entry is correct.
 */
export async function checkEntry(
  client: Client,
  entry: LogEntry,
  contents: boolean,
): Promise<EntryRefusal | undefined> {
  switch (entry.kind) {
    case 'key':
      return checkKey(entry);
    case 'version':
      // Private contents require access; checking them is left to their team.
      return contents && !isDigest(entry.name) ? checkVersion(client, entry) : undefined;
    default:
      return undefined;
  }
}

async function checkKey({
  team,
  keyId,
  publicKey,
}: Extract<LogEntry, { kind: 'key' }>): Promise<EntryRefusal | undefined> {
  if ((await importPublicKey(publicKey))?.keyId === keyId) return undefined;
  return { id: 'key-mismatch', reason: `the key of team ${team} is not ${keyId}` };
}

async function checkVersion(
  client: Client,
  { team, name, version, digest, envelope }: Extract<LogEntry, { kind: 'version' }>,
): Promise<EntryRefusal | undefined> {
  const path = { team, name, version };
  const title = `${team}/${name}@${version}`;
  const [profile, signed] = await Promise.all([
    found(client.getContent(path)),
    found(client.getEnvelope(path)),
  ]);
  if (!profile) return { id: 'content-missing', reason: `the registry has no ${title}` };
  if ((await sha256(profile)) !== digest) {
    return { id: 'content-digest', reason: `${title} is not the profile that was published` };
  }
  if (!signed) {
    return { id: 'envelope-missing', reason: `the registry has no envelope of ${title}` };
  }
  const payload = decodeBase64(signed.payload);
  if (!payload || (await sha256(payload)) !== envelope) {
    return {
      id: 'envelope-digest',
      reason: `the envelope of ${title} is not the one that was published`,
    };
  }
  for (const { from, digest } of statedVariants(signed).slice(1)) {
    const variant = await found(client.getContent(path, from));
    if (variant && (await sha256(variant)) === digest) continue;
    const what = `the variant of ${title} for AppArmor ${from}`;
    return { id: 'content-digest', reason: `${what} is not the one that was published` };
  }
  return undefined;
}

/** The registry's response, or `undefined` for 404. */
async function found<Result>(response: Promise<Result>): Promise<Result | undefined> {
  try {
    return await response;
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  }
}
