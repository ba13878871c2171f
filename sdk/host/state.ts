import * as z from 'zod';
import {
  compareVersions,
  type Digest,
  isDigest,
  isProfileName,
  isTeam,
  isVersion,
  parseJson,
} from '../../trust/index.ts';
import {
  list,
  Place,
  readText,
  remove,
  type StagedFile,
  stage,
  unsafePlace,
  write,
} from './tree.ts';

/** A version that was proved and stored, with its proof (see store.ts). */
const Release = z.object({
  version: z.string().refine(isVersion),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  /** When it was proved; its proof is judged by the clock of that time. */
  verifiedAt: z.iso.datetime(),
});
export type Release = z.infer<typeof Release>;

/** A release that was installed before, and whether a rollback has left it: then none goes to it unless it is named. */
const Earlier = Release.extend({ left: z.boolean().optional() });
export type Earlier = z.infer<typeof Earlier>;

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
  /** Whether that is what the operator of this host has asked for, whatever profiles.toml says. */
  complainChosen: z.boolean().optional(),
  /** What the kernel had of it right after it was loaded; nothing for another root. */
  kernel: z.object({ mode: z.string(), hashes: z.array(z.string()) }).optional(),
  /** What was installed before it, the newest first, and after that what rollbacks have left. */
  earlier: z.array(Earlier),
  /** The version that a rollback has left: sync does not go back to it. */
  rolledBackFrom: z.string().refine(isVersion).optional(),
});
export type Installation = z.infer<typeof Installation>;

/**
 * Whether a rollback has left a release that was installed before. Where a record does not say, as those of older
 * versions of this program, it has left what is newer than what it went to.
 */
export function wasLeft(installation: Installation, release: Earlier): boolean {
  const { version, rolledBackFrom, earlier } = installation;
  if (earlier.some(({ left }) => left)) return release.left ?? false;
  return rolledBackFrom !== undefined && compareVersions(release.version, version) > 0;
}

/** Whether this host is held back from a version: a rollback has left it, and nothing was installed since. */
export function isHeldFrom(installation: Installation, version: string): boolean {
  const { rolledBackFrom, earlier } = installation;
  if (rolledBackFrom === undefined) return false;
  const left = earlier.filter((one) => wasLeft(installation, one));
  return version === rolledBackFrom || left.some((one) => one.version === version);
}

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

export function statePlace(root: string, ...parts: string[]): Place {
  return new Place(root, 'var/lib/aa-registry').at(...parts);
}

export function policyPlace(root: string): Place {
  return new Place(root, 'etc/apparmor.d');
}

/** The file a profile is installed as: at the top level, the only one that boot loads. */
export function installedPlace(root: string, named: Named): Place {
  return policyPlace(root).at(installedName(named));
}

/** Its path, as people know it. */
export function installedPath(root: string, named: Named): string {
  return installedPlace(root, named).path;
}

export function installedName({ team, name }: Named): string {
  return `aa-registry.${team}.${name}`;
}

/** What there are records of, and the folder that they are in. */
interface Records {
  installed: Installation;
  pending: Pending;
}
type Kind = keyof Records;
const kinds: readonly Kind[] = ['installed', 'pending'];
const schemas: { [K in Kind]: z.ZodType<Records[K]> } = {
  installed: Installation,
  pending: Pending,
};

/** The most that a record may hold, in bytes. */
export const maxRecord = 256 * 1024;

/** How many records of a kind are read, and how many bytes of them. */
export const maxRecords = { count: 1000, bytes: 16 * 1024 * 1024 } as const;

export function recordPlace(root: string, kind: Kind, { team, name }: Named): Place {
  return statePlace(root, kind, `${team}.${name}.json`);
}

/** A record that does not hold what this program writes there. */
export interface DamagedRecord extends Named {
  kind: Kind;
  path: string;
}

/** What is installed of this profile; `undefined` when nothing is, or its record is damaged. */
export async function readInstallation(
  root: string,
  named: Named,
): Promise<Installation | undefined> {
  const record = readRecord(root, 'installed', named);
  return record?.ok ? record.value : undefined;
}

/** Everything that is installed, by file name, but for what {@link listDamaged} has. */
export function listInstallations(root: string): Promise<Installation[]> {
  return listSound(root, 'installed');
}

/** The changes that were begun and not ended, but for what {@link listDamaged} has. */
export function listPending(root: string): Promise<Pending[]> {
  return listSound(root, 'pending');
}

/** The records that are damaged. Of the profile only the name is known, by that of the file. */
export async function listDamaged(root: string): Promise<DamagedRecord[]> {
  return kinds.flatMap((kind) => readAll(root, kind).damaged);
}

/** All records below a root, as far as they are read: {@link maxRecords} of each kind. */
export interface AllRecords {
  installed: Installation[];
  pending: Pending[];
  damaged: DamagedRecord[];
  /** The folders of which not all was read. */
  unread: UnreadRecords[];
}

export interface UnreadRecords {
  folder: string;
  count: number;
}

/** Reads the records for who looks only: what changes a host needs all of them, and so {@link listInstallations}. */
export function readRecords(root: string): AllRecords {
  const installed = readSome(root, 'installed');
  const pending = readSome(root, 'pending');
  return {
    installed: installed.sound,
    pending: pending.sound,
    damaged: [...installed.damaged, ...pending.damaged],
    unread: [installed, pending].flatMap(({ folder, unread: count }) =>
      count > 0 ? [{ folder, count }] : [],
    ),
  };
}

/** The record of an installation, to be put in place of the one before. */
export function stageInstallation(root: string, installation: Installation): StagedFile {
  return stage(recordPlace(root, 'installed', installation), format(installation), 0o644);
}

export function forgetInstallation(root: string, named: Named): void {
  remove(recordPlace(root, 'installed', named));
}

export function writePending(root: string, pending: Pending): Promise<void> {
  return write(recordPlace(root, 'pending', pending.installation), format(pending), 0o644);
}

export function forgetPending(root: string, named: Named): void {
  remove(recordPlace(root, 'pending', named));
}

/** The release of an installation, as its successors remember it. */
export function releaseOf({ version, digest, verifiedAt }: Installation): Release {
  return { version, digest, verifiedAt };
}

function format(record: Installation | Pending): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** A record; `undefined` when there is none, or it is gone meanwhile. */
function readRecord<K extends Kind>(
  root: string,
  kind: K,
  named: Named,
): { ok: true; value: Records[K] } | { ok: false } | undefined {
  const text = readText(recordPlace(root, kind, named), maxRecord);
  return text === undefined ? undefined : recordIn(text, kind, named);
}

function recordIn<K extends Kind>(
  text: string,
  kind: K,
  named: Named,
): { ok: true; value: Records[K] } | { ok: false } {
  const value = parseRecord(schemas[kind], text);
  if (!value) return { ok: false };
  const { team, name } = 'installation' in value ? value.installation : value;
  return team === named.team && name === named.name ? { ok: true, value } : { ok: false };
}

function parseRecord<Record>(schema: z.ZodType<Record>, text: string): Record | undefined {
  try {
    return schema.parse(parseJson(text));
  } catch {
    return undefined;
  }
}

async function listSound<K extends Kind>(root: string, kind: K): Promise<Records[K][]> {
  return readAll(root, kind).sound;
}

interface SomeRecords<K extends Kind> {
  folder: string;
  sound: Records[K][];
  damaged: DamagedRecord[];
  /** How many were left unread. */
  unread: number;
}

/** Every record of a kind; an {@link SdkError} where there are more than are read. */
function readAll<K extends Kind>(root: string, kind: K): SomeRecords<K> {
  const found = readSome(root, kind);
  if (found.unread === 0) return found;
  const most = `at most ${maxRecords.count}, of ${maxRecords.bytes >> 20} MiB in all`;
  throw unsafePlace(
    found.folder,
    `holds more records than are read: ${most}`,
    'Remove those that this program has not written.',
  );
}

function readSome<K extends Kind>(root: string, kind: K): SomeRecords<K> {
  const folder = statePlace(root, kind).path;
  const found: SomeRecords<K> = { folder, sound: [], damaged: [], unread: 0 };
  let bytes = 0;
  for (const [index, named] of listNames(root, kind).entries()) {
    const place = recordPlace(root, kind, named);
    const isWithin = index < maxRecords.count && bytes <= maxRecords.bytes;
    const text = isWithin ? readText(place, maxRecord) : undefined;
    if (!isWithin) found.unread++;
    if (text === undefined) continue;
    bytes += Buffer.byteLength(text);
    const record = recordIn(text, kind, named);
    if (record.ok) found.sound.push(record.value);
    else found.damaged.push({ ...named, kind, path: place.path });
  }
  return found;
}

/** Of which profiles there are records. */
function listNames(root: string, kind: Kind): Named[] {
  return list(statePlace(root, kind)).flatMap(({ name: file }) => {
    // The name of a team has no dot, that of a profile may.
    const [, team = '', name = ''] = /^([^.]+)\.(.+)\.json$/.exec(file) ?? [];
    return isTeam(team) && isProfileName(name) ? [{ team, name }] : [];
  });
}
