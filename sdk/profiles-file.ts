import * as z from 'zod';
import {
  type Digest,
  formatReference,
  isDigest,
  isPackagePath,
  isVersion,
  parseReference,
  type Reference,
} from '../trust/index.ts';
import { SdkError } from './error.ts';
import { readTextIfPresent, writeFileAtomically } from './files.ts';
import type { Installation } from './host/installation.ts';
import { maxRecords } from './host/state.ts';
import { Place } from './host/tree.ts';
import { hostCommand } from './host-command.ts';
import { type Fields, parseToml } from './toml.ts';
import { type UpdateRule, updateRules } from './update-rule.ts';

/** A profile wanted on a host. */
export interface WantedProfile {
  reference: Reference;
  /** Whether it should be in complain mode. */
  complain: boolean;
  /** Which updates sync installs without approval. */
  updates: UpdateRule;
}

/** The version that a reference is locked to. */
export interface LockedProfile {
  /** The reference as written in profiles.toml. */
  reference: string;
  version: string;
  digest: Digest;
}

/** The version that a package is locked to which wanted ones need. */
export interface LockedDependency {
  /** `team/name`. */
  name: string;
  version: string;
  digest: Digest;
}

/** The contents of a lock file. */
export interface Lock {
  profiles: LockedProfile[];
  dependencies: LockedDependency[];
}

/** A reference alone is a table with nothing else. */
const Entry = z.preprocess(
  (value) => (typeof value === 'string' ? { reference: value } : value),
  z.strictObject({
    reference: z.string(),
    complain: z.boolean().default(false),
    updates: z.enum(updateRules).default('any'),
  }),
);

/** The purpose and an example of each field of profiles.toml. */
const profilesFields: Fields = {
  profiles: {
    what: 'an array of references, or of tables with a reference',
    example: 'profiles = ["docker-nginx", { reference = "acme/api", complain = true }]',
  },
  'profiles.reference': { what: 'what to install', example: 'reference = "acme/web@^1.2"' },
  'profiles.complain': { what: 'whether it runs in complain mode', example: 'complain = true' },
  'profiles.updates': {
    what: 'which updates are installed without approval: any, narrowing or same',
    example: 'updates = "narrowing"',
  },
};

/** The maximum number of installation records on a host. */
const maxProfiles = maxRecords.count;

const ProfilesFile = z.strictObject({ profiles: z.array(Entry).max(maxProfiles) });

const LockedVersion = z.strictObject({
  version: z.string().refine(isVersion, 'is not a version'),
  digest: z.custom<Digest>(
    (value) => typeof value === 'string' && isDigest(value),
    'is not a digest',
  ),
});

const LockFile = z.strictObject({
  lock: z.literal(1),
  profiles: z
    .array(LockedVersion.extend({ reference: z.string() }))
    .max(maxProfiles)
    .default([]),
  dependencies: z
    .array(
      LockedVersion.extend({ name: z.string().refine(isPackagePath, 'is not a team and a name') }),
    )
    .max(maxProfiles)
    .default([]),
});

/** Profiles that "pull" installed and that are not wanted: sync neither changes nor removes them. */
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

/** The path of a host's profiles.toml. */
export function profilesPlace(root: string): Place {
  return new Place(root, 'etc/aa-registry/profiles.toml');
}

/** The path of the lock file for a profiles.toml: beside it. */
export function lockPath<File extends string | Place>(profiles: File): File;
export function lockPath(profiles: string | Place): string | Place {
  if (profiles instanceof Place) return profiles.parent.at(lockPath(profiles.name));
  return profiles.replace(/(\.toml)?$/, '.lock.toml');
}

/** Reads a profiles.toml; `undefined` if it does not exist. Throws {@link SdkError} if it is malformed. */
export async function readProfiles(path: string | Place): Promise<WantedProfile[] | undefined> {
  const file = await readToml(path, ProfilesFile);
  if (!file) return undefined;
  const wanted = file.profiles.map(({ reference: text, complain, updates }) => {
    const parsed = parseReference(text);
    if (!parsed.ok) throw new SdkError('profiles-file', `${path}: ${parsed.reason}`);
    return { reference: parsed.reference, complain, updates };
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
    throw new SdkError('profiles-file', `${path}: ${twice} is listed twice`);
  }
  return wanted;
}

/** Reads a lock file; `undefined` if it does not exist. Throws {@link SdkError} if it is malformed. */
export async function readLock(path: string | Place): Promise<Lock | undefined> {
  const file = await readToml(path, LockFile);
  return file && { profiles: file.profiles, dependencies: file.dependencies };
}

/** Writes a lock file. The same versions give the same bytes. */
export async function writeLock(path: string | Place, locked: Lock): Promise<void> {
  await writeFileAtomically(path, formatLock(locked), 0o644);
}

export function formatLock({ profiles, dependencies }: Lock): string {
  const table = (name: string, fields: Record<string, string>) =>
    [
      '',
      `[[${name}]]`,
      ...Object.entries(fields).map(([key, value]) => `${key} = "${value}"`),
    ].join('\n');
  const sorted = profiles.toSorted((a, b) => (a.reference < b.reference ? -1 : 1));
  const needed = dependencies.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [
    '# Generated by "aa-registry lock" and read by "aa-registry sync". Do not edit.',
    'lock = 1',
    ...sorted.map(({ reference, version, digest }) =>
      table('profiles', { reference, version, digest }),
    ),
    ...needed.map(({ name, version, digest }) => table('dependencies', { name, version, digest })),
    '',
  ].join('\n');
}

/** The version that each wanted profile is locked to. Throws if the lock file does not match the references. */
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
        `${path} has no ${text}; update it with "${lockCommand(path)}"`,
      );
    return one;
  });
  const stray = locked.find((one) => !found.includes(one));
  if (stray) {
    throw new SdkError(
      'profiles-file',
      `${path} has ${stray.reference}, which is no longer wanted; update it with "${lockCommand(path)}"`,
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

/** The command that rewrites a lock file. */
function lockCommand(path: string | Place): string {
  return hostCommand('lock', typeof path === 'string' ? {} : { root: path.root });
}
