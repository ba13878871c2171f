import * as z from 'zod';
import {
  abstractionFolder,
  isProfileName,
  isTeam,
  type Manifest,
  parseJson,
} from '../../trust/index.ts';
import { Installation } from './installation.ts';
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

/** The maximum number of packages of a change besides its first: those that are needed and those loaded again. */
const maxOthers = 512;

/** A change in progress: written before the first step and removed after the last. */
const Pending = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('install'),
    installation: Installation,
    /** What is installed together with it: all of it, or nothing; and what was installed of all before. */
    others: z.array(Installation).max(maxOthers).optional(),
    replaced: z
      .array(Installation)
      .max(maxOthers + 1)
      .optional(),
  }),
  z.object({ kind: z.literal('remove'), installation: Installation }),
]);
export type Pending = z.infer<typeof Pending>;

/** A team's package, which its file names identify. */
export interface PackageName {
  team: string;
  name: string;
}

/** A package with what decides about its place. */
export interface Named extends PackageName {
  /** What it is, where that decides about its place. */
  kind?: Manifest['kind'];
}

export function statePlace(root: string, ...parts: string[]): Place {
  return new Place(root, 'var/lib/aa-registry').at(...parts);
}

export function policyPlace(root: string): Place {
  return new Place(root, 'etc/apparmor.d');
}

/**
 * The path a package is installed at: a profile's at the top level, which is all that boot loads, and an abstraction's
 * where profiles include it from.
 */
export function installedPlace(root: string, named: Named): Place {
  const { team, name, kind } = named;
  return kind === 'abstraction'
    ? abstractionsPlace(root).at(team, name)
    : policyPlace(root).at(installedName(named));
}

/** The folder of the abstractions of packages, with a folder for each team. */
export function abstractionsPlace(root: string): Place {
  return policyPlace(root).at(...abstractionFolder.split('/'));
}

/** Its absolute path, for messages. */
export function installedPath(root: string, named: Named): string {
  return installedPlace(root, named).path;
}

export function installedName({ team, name }: PackageName): string {
  return `aa-registry.${team}.${name}`;
}

/** The kinds of records and their folders. */
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

/** The maximum size of a record, in bytes. */
export const maxRecord = 256 * 1024;

/** The maximum size of the record of a change, which may be about many packages. */
const maxPendingRecord = 8 * 1024 * 1024;

/** The maximum number and total size, in bytes, of records read of each kind. */
export const maxRecords = { count: 1000, bytes: 16 * 1024 * 1024 } as const;

export function recordPlace(root: string, kind: Kind, { team, name }: PackageName): Place {
  return statePlace(root, kind, `${team}.${name}.json`);
}

/** A record whose contents are invalid. */
export interface DamagedRecord extends PackageName {
  kind: Kind;
  path: string;
}

/** The installation of this profile; `undefined` if there is none or its record is damaged. */
export async function readInstallation(
  root: string,
  named: PackageName,
): Promise<Installation | undefined> {
  const record = readRecord(root, 'installed', named);
  return record?.ok ? record.value : undefined;
}

/** All installations by file name, except those in {@link listDamaged}. */
export function listInstallations(root: string): Promise<Installation[]> {
  return listSound(root, 'installed');
}

/** All interrupted changes, except those in {@link listDamaged}. */
export function listPending(root: string): Promise<Pending[]> {
  return listSound(root, 'pending');
}

/** The damaged records. The profile's name is known from the file name only. */
export async function listDamaged(root: string): Promise<DamagedRecord[]> {
  return kinds.flatMap((kind) => readAll(root, kind).damaged);
}

/** All records below a root, up to {@link maxRecords} of each kind. */
export interface AllRecords {
  installed: Installation[];
  pending: Pending[];
  damaged: DamagedRecord[];
  /** The folders that were not read completely. */
  unread: UnreadRecords[];
}

export interface UnreadRecords {
  folder: string;
  count: number;
}

/** Reads the records for display; changes require all of them, see {@link listInstallations}. */
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

/** Stages the new record of an installation. */
export function stageInstallation(root: string, installation: Installation): StagedFile {
  return stage(recordPlace(root, 'installed', installation), format(installation), 0o644);
}

/** Writes the record of an installation of which only what waits or is approved has changed. */
export async function writeUpdate(root: string, installation: Installation): Promise<void> {
  await stageInstallation(root, installation).commit();
}

export function forgetInstallation(root: string, named: PackageName): void {
  remove(recordPlace(root, 'installed', named));
}

export function writePending(root: string, pending: Pending): Promise<void> {
  return write(recordPlace(root, 'pending', pending.installation), format(pending), 0o644);
}

export function forgetPending(root: string, named: PackageName): void {
  remove(recordPlace(root, 'pending', named));
}

function format(record: Installation | Pending): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

function maxSize(kind: Kind): number {
  return kind === 'pending' ? maxPendingRecord : maxRecord;
}

/** Reads a record; `undefined` if it does not exist or was removed meanwhile. */
function readRecord<K extends Kind>(
  root: string,
  kind: K,
  named: PackageName,
): { ok: true; value: Records[K] } | { ok: false } | undefined {
  const text = readText(recordPlace(root, kind, named), maxSize(kind));
  return text === undefined ? undefined : recordIn(text, kind, named);
}

function recordIn<K extends Kind>(
  text: string,
  kind: K,
  named: PackageName,
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
  /** The number of records not read. */
  unread: number;
}

/** All records of a kind; throws an {@link SdkError} if there are more than the maximum. */
function readAll<K extends Kind>(root: string, kind: K): SomeRecords<K> {
  const found = readSome(root, kind);
  if (found.unread === 0) return found;
  const most = `at most ${maxRecords.count}, of ${maxRecords.bytes >> 20} MiB in all`;
  throw unsafePlace(
    found.folder,
    `holds more records than are read: ${most}`,
    'Remove those that this program did not write.',
  );
}

function readSome<K extends Kind>(root: string, kind: K): SomeRecords<K> {
  const folder = statePlace(root, kind).path;
  const found: SomeRecords<K> = { folder, sound: [], damaged: [], unread: 0 };
  let bytes = 0;
  for (const [index, named] of listNames(root, kind).entries()) {
    const place = recordPlace(root, kind, named);
    const isWithin = index < maxRecords.count && bytes <= maxRecords.bytes;
    const text = isWithin ? readText(place, maxSize(kind)) : undefined;
    if (!isWithin) found.unread++;
    if (text === undefined) continue;
    bytes += Buffer.byteLength(text);
    const record = recordIn(text, kind, named);
    if (record.ok) found.sound.push(record.value);
    else found.damaged.push({ ...named, kind, path: place.path });
  }
  return found;
}

/** The profiles that have records. */
function listNames(root: string, kind: Kind): PackageName[] {
  return list(statePlace(root, kind)).flatMap(({ name: file }) => {
    // A team's name has no dot; a profile's may.
    const [, team = '', name = ''] = /^([^.]+)\.(.+)\.json$/.exec(file) ?? [];
    return isTeam(team) && isProfileName(name) ? [{ team, name }] : [];
  });
}
