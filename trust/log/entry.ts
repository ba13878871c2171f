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
/** A profile's name, or what {@link blindName} makes of it while the profile is private. No name is a digest. */
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

/** A profile goes on in another team: what is published from now on is there, signed by that team's keys. */
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

/** A team's publisher key counts no longer. */
const KeyRevocationEntry = z.strictObject({
  kind: z.literal('key-revocation'),
  time,
  team,
  keyId: digest,
  reason: line,
});

/** One fact of the registry, as its log holds it for ever. */
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
 * The entry as it stands in the log, to be encoded as UTF-8: JSON without white space, the fields in the
 * order of the schema above. Throws when it is no entry.
 */
export function formatEntry(entry: LogEntry): string {
  // A parsed object has its fields in the schema's order, whatever order they came in.
  return JSON.stringify(LogEntry.parse(entry));
}

/**
 * Reads an entry; `undefined` unless these are exactly the bytes of what {@link formatEntry} makes of it, so
 * that one entry has one leaf hash. Never throws.
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
