import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type Digest, isDigest, isProfileName, isTeam, isVersion } from '../../trust/index.ts';
import { removeFile, type StagedFile, stageFile, writeFileAtomically } from './atomic.ts';
import { DamagedFileError, readFileIfPresent } from './read-file.ts';

/** A version that was proved and is kept, with its proof (see kept.ts). */
const Release = z.object({
  version: z.string().refine(isVersion),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  /** When it was proved; its proof is judged by the clock of that time. */
  verifiedAt: z.iso.datetime(),
});
export type Release = z.infer<typeof Release>;

/** What this program installed of a profile: one small file each. */
export const Installation = Release.extend({
  team: z.string().refine(isTeam),
  name: z.string().refine(isProfileName),
  file: z.string(),
  installedAt: z.iso.datetime(),
  /** The reference that it was installed for. */
  reference: z.string(),
  /** Who asked for it: only what `sync` installed is removed by `sync`. */
  origin: z.enum(['pull', 'sync']),
  /** Whether it is loaded in complain mode, whatever its flags say. */
  complain: z.boolean(),
  /** What the kernel had of it right after it was loaded; nothing for another root. */
  kernel: z.object({ mode: z.string(), hashes: z.array(z.string()) }).optional(),
  /** What was installed before it, the newest first. */
  earlier: z.array(Release),
  /** The version that a rollback has left: sync does not go back to it. */
  rolledBackFrom: z.string().optional(),
});
export type Installation = z.infer<typeof Installation>;

/** A change that has begun: written before the first step and gone after the last. */
const Pending = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('install'), installation: Installation }),
  z.object({ kind: z.literal('remove'), installation: Installation }),
]);
export type Pending = z.infer<typeof Pending>;

/** A profile of a team, and the part of every file's name that stands for it. */
export interface Named {
  team: string;
  name: string;
}

export function statePath(root: string, ...parts: string[]): string {
  return join(root, 'var/lib/aa-registry', ...parts);
}

/** The file a profile is installed as: at the top level, the only one that boot loads. */
export function installedPath(root: string, named: Named): string {
  return join(root, 'etc/apparmor.d', installedName(named));
}

export function installedName({ team, name }: Named): string {
  return `aa-registry.${team}.${name}`;
}

function recordPath(root: string, kind: 'installed' | 'pending', { team, name }: Named): string {
  return statePath(root, kind, `${team}.${name}.json`);
}

/** What is installed of this profile; `undefined` when nothing is. Throws when the record is damaged. */
export function readInstallation(root: string, named: Named): Promise<Installation | undefined> {
  return readRecord(recordPath(root, 'installed', named), Installation);
}

/** Everything that is installed, by file name. Throws when a record is damaged. */
export async function listInstallations(root: string): Promise<Installation[]> {
  return readRecords(statePath(root, 'installed'), Installation);
}

/** The changes that were begun and not ended. */
export async function listPending(root: string): Promise<Pending[]> {
  return readRecords(statePath(root, 'pending'), Pending);
}

/** The record of an installation, to be put in place of the one before. */
export function stageInstallation(root: string, installation: Installation): Promise<StagedFile> {
  return stageFile(recordPath(root, 'installed', installation), format(installation), 0o644);
}

export async function forgetInstallation(root: string, named: Named): Promise<void> {
  await removeFile(recordPath(root, 'installed', named));
}

export function writePending(root: string, pending: Pending): Promise<void> {
  const path = recordPath(root, 'pending', pending.installation);
  return writeFileAtomically(path, format(pending), 0o644);
}

export async function forgetPending(root: string, named: Named): Promise<void> {
  await removeFile(recordPath(root, 'pending', named));
}

/** The release of an installation, as its successors remember it. */
export function releaseOf({ version, digest, verifiedAt }: Installation): Release {
  return { version, digest, verifiedAt };
}

function format(record: Installation | Pending): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

async function readRecord<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): Promise<z.infer<Schema> | undefined> {
  const text = await readFileIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new DamagedFileError(`${path} is damaged; remove it and pull again`);
  }
}

async function readRecords<Schema extends z.ZodType>(
  folder: string,
  schema: Schema,
): Promise<z.infer<Schema>[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const records: z.infer<Schema>[] = [];
  for (const name of names.sort()) {
    if (name.startsWith('.') || !name.endsWith('.json')) continue;
    const record = await readRecord(join(folder, name), schema);
    if (record !== undefined) records.push(record);
  }
  return records;
}
