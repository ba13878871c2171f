import { decodeBase64, importPublicKey, isDigest, type LogEntry, sha256 } from '../trust/index.ts';
import { type Client, RegistryError } from './client.ts';

/** Why what an entry says can't be so; each id is stable. */
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
 * Whether what an entry says is so: a key's id is its digest and, when `contents` are looked at, the registry
 * serves the profile and the envelope of a version. `undefined` when it is.
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
      // What is private can't be asked for: that it is there is for its team to check.
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
  return undefined;
}

/** What the registry has, or `undefined` when it says that it has no such thing. */
async function found<Result>(answer: Promise<Result>): Promise<Result | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return undefined;
    throw error;
  }
}
