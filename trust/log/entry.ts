import * as z from 'zod';
import { decodeBase64 } from '../base64.ts';
import { isDigest } from '../digest.ts';
import { parseJson } from '../json.ts';
import { linePattern } from '../line.ts';
import { isProfileName, isTeam } from '../name.ts';
import { isChannel } from '../reference.ts';
import { isVersion } from '../version.ts';

const team = z
  .string()
  .refine(
    isTeam,
    'must be 1 to 40 lower-case letters, digits and hyphens, and begin and end with a letter or digit',
  );
/** A profile's name, blinded by {@link blindName} while the profile is private. No name has the form of a digest. */
const name = z
  .string()
  .refine((text) => isProfileName(text) || isDigest(text), 'must be a profile name, or blinded');
const version = z.string().refine(isVersion, 'must be a semantic version without build metadata');
const channel = z.string().refine(isChannel, 'must be the name of a channel that can be moved');
const digest = z.string().refine(isDigest, 'must be a sha256 digest');
/** An Ed25519 SubjectPublicKeyInfo is 44 bytes long (RFC 8410). */
const publicKey = z
  .string()
  .refine((text) => decodeBase64(text)?.length === 44, 'must be an Ed25519 public key');
/** One line for people. */
const line = z.string().max(300).regex(linePattern, 'must be one line of text');
/** As `Date.prototype.toISOString` writes it. */
const time = z.iso.datetime({ precision: 3 });

/** A version of a profile was published, with its digest and that of its envelope's payload. */
const VersionEntry = z.strictObject({
  kind: z.literal('version'),
  time,
  team,
  name,
  version,
  digest,
  envelope: digest,
});

/** A channel was moved to a version, from the one it named before. */
const ChannelEntry = z.strictObject({
  kind: z.literal('channel'),
  time,
  team,
  name,
  channel,
  version,
  previous: version.nullable(),
});

/** A version was yanked, or restored. */
const YankEntry = z.strictObject({
  kind: z.literal('yank'),
  time,
  team,
  name,
  version,
  yanked: z.boolean(),
  reason: line,
});

/** A profile was transferred: its later versions are published in the other team, signed by that team's keys. */
const TransferEntry = z.strictObject({ kind: z.literal('transfer'), time, team, name, to: team });

/** A team registered a publisher key. */
const KeyEntry = z.strictObject({
  kind: z.literal('key'),
  time,
  team,
  keyId: digest,
  publicKey,
  label: line,
});

/** A team revoked a publisher key. */
const KeyRevocationEntry = z.strictObject({
  kind: z.literal('key-revocation'),
  time,
  team,
  keyId: digest,
  reason: line,
});

/** An entry of the log: a permanent record of a change. */
export const LogEntry = z.discriminatedUnion('kind', [
  VersionEntry,
  ChannelEntry,
  YankEntry,
  TransferEntry,
  KeyEntry,
  KeyRevocationEntry,
]);
export type LogEntry = z.infer<typeof LogEntry>;

/**
 * The text of an entry in the log, in UTF-8: JSON without white space, with the fields in the schema's order. Throws if
 * it is invalid.
 */
export function formatEntry(entry: LogEntry): string {
  // Parsing puts the fields into the schema's order.
  return JSON.stringify(LogEntry.parse(entry));
}

/**
 * Parses an entry; `undefined` unless the bytes are exactly those of {@link formatEntry}, so that an entry has one leaf
 * hash. Never throws.
 */
export function parseEntry(bytes: Uint8Array): LogEntry | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const entry = LogEntry.parse(parseJson(text));
    return JSON.stringify(entry) === text ? entry : undefined;
  } catch {
    return undefined;
  }
}
