import { formatReference } from '../../trust/index.ts';
import { isForcedToComplain } from './complain.ts';
import { digestOf } from './digest-of.ts';
import { type Installation, recordManifest } from './installation.ts';
import {
  type DamagedRecord,
  installedPath,
  installedPlace,
  listDamaged,
  maxRecord,
  type PackageName,
  readInstallation,
  recordPlace,
  stageInstallation,
} from './state.ts';
import { listStored, readStoredPackage } from './store.ts';
import { lookAt, readBytes, rename, write } from './tree.ts';

/** A damaged record and its repair. */
export interface RepairedRecord {
  record: DamagedRecord;
  /** The path of a copy of the damaged file. */
  copy: string;
  /** The rebuilt installation, from the version store; `undefined` if that is not possible. */
  installation: Installation | undefined;
}

/**
 * Rebuilds damaged records from the installed file and the version store. A record that can't be rebuilt stays until
 * its profile is pulled again; that of an interrupted change is set aside, as the change is unknown. The caller holds
 * the host's lock (see change.ts).
 */
export async function repairRecords(root: string): Promise<RepairedRecord[]> {
  const repaired: RepairedRecord[] = [];
  for (const record of await listDamaged(root)) {
    const place = recordPlace(root, record.kind, record);
    const copy = place.parent.at(`${place.name}.damaged`);
    if (record.kind === 'pending') rename(place, copy);
    else await write(copy, readBytes(place, maxRecord) ?? '', 0o644);
    const known = await readInstallation(root, record);
    const installation = known ?? (await rebuild(root, record));
    if (installation && !known) await stageInstallation(root, installation).commit();
    repaired.push({ record, copy: copy.path, installation });
  }
  return repaired;
}

/** Rebuilds the record of a profile whose file is a stored version. Whether `pull` or `sync` installed it is lost. */
async function rebuild(
  root: string,
  { team, name }: PackageName,
): Promise<Installation | undefined> {
  const [latest] = await listStored(root, { team, name });
  const kind = latest && readStoredPackage(root, { team, name }, latest)?.manifest.kind;
  const named = { team, name, kind };
  const digest = await digestOf(root, named);
  const file = lookAt(installedPlace(root, named));
  const stored = await listStored(root, named);
  const current = stored.find((one) => one.digest === digest);
  const stated = current && readStoredPackage(root, named, current);
  const variant = stated?.variants.find(({ digest }) => digest === current?.digest)?.from;
  if (!current || !stated || !file) return undefined;
  return {
    ...{ team, name },
    ...recordManifest(stated.manifest, variant),
    ...current,
    file: installedPath('/', named),
    installedAt: file.stats.mtime.toISOString(),
    reference: formatReference({ ...named, selector: { kind: 'default' } }),
    // As pulled, so that sync does not remove it.
    origin: 'pull',
    complain: isForcedToComplain(root, named),
    earlier: stored.filter((one) => one !== current),
  };
}
