import * as z from 'zod';
import {
  type Digest,
  formatReference,
  isDigest,
  isVersion,
  parseReference,
  type Reference,
} from '../trust/index.ts';
import { SdkError } from './error.ts';
import { readTextIfPresent, writeFileAtomically } from './files.ts';
import { type Installation, maxRecords } from './host/state.ts';
import { Place } from './host/tree.ts';
import { type Fields, parseToml } from './toml.ts';

/** A profile that a host is to have. */
export interface WantedProfile {
  reference: Reference;
  /** Whether it is to be in complain mode. */
  complain: boolean;
}

/** A version that a reference was locked to. */
export interface LockedProfile {
  /** The reference as profiles.toml has it. */
  reference: string;
  version: string;
  digest: Digest;
}

const Entry = z.union([
  z.string(),
  z.strictObject({ reference: z.string(), complain: z.boolean().default(false) }),
]);

/** What profiles.toml has, for whoever wrote something else. */
const profilesFields: Fields = {
  profiles: {
    what: 'an array of references, or of tables that have one',
    example: 'profiles = ["docker-nginx", { reference = "acme/api", complain = true }]',
  },
  'profiles.reference': { what: 'what to install', example: 'reference = "acme/web@^1.2"' },
  'profiles.complain': { what: 'whether it only logs', example: 'complain = true' },
};

/** A host keeps no more records of installations. */
const maxProfiles = maxRecords.count;

const ProfilesFile = z.strictObject({ profiles: z.array(Entry).max(maxProfiles) });

const LockFile = z.strictObject({
  lock: z.literal(1),
  profiles: z
    .array(
      z.strictObject({
        reference: z.string(),
        version: z.string().refine(isVersion, 'is not a version'),
        digest: z.custom<Digest>(
          (value) => typeof value === 'string' && isDigest(value),
          'is not a digest',
        ),
      }),
    )
    .max(maxProfiles)
    .default([]),
});

/** What was installed by "pull" and is not among the wanted profiles: no sync changes or removes it. */
export function unlisted(
  installed: readonly Installation[],
  wanted: readonly WantedProfile[],
): Installation[] {
  return installed.filter(
    ({ team, name, origin }) =>
      origin === 'pull' &&
      !wanted.some(({ reference }) => reference.team === team && reference.name === name),
  );
}

/** Where a host's profiles.toml is. */
export function profilesPlace(root: string): Place {
  return new Place(root, 'etc/aa-registry/profiles.toml');
}

/** The lock file that belongs to a profiles.toml: beside it. */
export function lockPath<File extends string | Place>(profiles: File): File;
export function lockPath(profiles: string | Place): string | Place {
  if (profiles instanceof Place) return profiles.parent.at(lockPath(profiles.name));
  return profiles.replace(/(\.toml)?$/, '.lock.toml');
}

/** Reads a profiles.toml; `undefined` when there is none. Throws {@link SdkError} when it is malformed. */
export async function readProfiles(path: string | Place): Promise<WantedProfile[] | undefined> {
  const file = await readToml(path, ProfilesFile);
  if (!file) return undefined;
  const wanted = file.profiles.map((entry) => {
    const { reference: text, complain } =
      typeof entry === 'string' ? { reference: entry, complain: false } : entry;
    const parsed = parseReference(text);
    if (!parsed.ok) throw new SdkError('profiles-file', `${path}: ${parsed.reason}`);
    return { reference: parsed.reference, complain };
  });
  const names = new Set<string>();
  const twice = wanted
    .map(({ reference }) => reference.name)
    .find((name) => {
      const isKnown = names.has(name);
      names.add(name);
      return isKnown;
    });
  if (twice !== undefined) {
    throw new SdkError(
      'profiles-file',
      `${path}: ${twice} is there twice; a host has a profile once`,
    );
  }
  return wanted;
}

/** Reads a lock file; `undefined` when there is none. Throws {@link SdkError} when it is malformed. */
export async function readLock(path: string | Place): Promise<LockedProfile[] | undefined> {
  return (await readToml(path, LockFile))?.profiles;
}

/** Writes a lock file: the same for the same versions, byte for byte. */
export async function writeLock(
  path: string | Place,
  locked: readonly LockedProfile[],
): Promise<void> {
  await writeFileAtomically(path, formatLock(locked), 0o644);
}

export function formatLock(locked: readonly LockedProfile[]): string {
  const sorted = [...locked].sort((a, b) => (a.reference < b.reference ? -1 : 1));
  return [
    '# Written by "aa-registry lock", for "aa-registry sync" to follow. Not to be edited.',
    'lock = 1',
    ...sorted.map(({ reference, version, digest }) =>
      [
        '',
        '[[profiles]]',
        `reference = "${reference}"`,
        `version = "${version}"`,
        `digest = "${digest}"`,
      ].join('\n'),
    ),
    '',
  ].join('\n');
}

/** The version that each wanted profile is locked to. Throws when the lock is not for these references. */
export function lockedVersions(
  path: string | Place,
  wanted: readonly WantedProfile[],
  locked: readonly LockedProfile[],
): LockedProfile[] {
  const found = wanted.map(({ reference }) => {
    const text = formatReference(reference);
    const one = locked.find((candidate) => candidate.reference === text);
    if (!one)
      throw new SdkError(
        'profiles-file',
        `${path} has no ${text}; bring it up to date with "lock"`,
      );
    return one;
  });
  const stray = locked.find((one) => !found.includes(one));
  if (stray) {
    throw new SdkError(
      'profiles-file',
      `${path} has ${stray.reference}, which is not wanted any more; bring it up to date with "lock"`,
    );
  }
  return found;
}

async function readToml<Schema extends z.ZodType>(
  path: string | Place,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const text = await readTextIfPresent(path);
  if (text === undefined) return undefined;
  const file = parseToml(`${path}`, text, schema, profilesFields);
  if (!file.ok) throw new SdkError('profiles-file', file.reason);
  return file.value;
}
