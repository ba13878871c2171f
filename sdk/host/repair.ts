import { formatReference } from '../../trust/index.ts';
import { isForcedToComplain } from './complain.ts';
import { digestOf } from './digest-of.ts';
import {
  type DamagedRecord,
  type Installation,
  installedPath,
  installedPlace,
  listDamaged,
  longestRecord,
  type Named,
  readInstallation,
  recordPlace,
  stageInstallation,
} from './state.ts';
import { listStored } from './store.ts';
import { lookAt, readBytes, rename, write } from './tree.ts';

/** A damaged record, and what was done about it. */
export interface RepairedRecord {
  record: DamagedRecord;
  /** Where what it held is kept. */
  copy: string;
  /** What is installed after all, by what the host has kept; `undefined` where that can't be told. */
  installation: Installation | undefined;
}

/**
 * Makes damaged records anew, from the file that is installed and the versions that the host has kept. One of an
 * installation for which that can't be done stays, until its profile is pulled again; one of a change that was begun
 * goes: what it was about can't be told. Nobody else may be changing anything meanwhile (see change.ts).
 */
export async function repairRecords(root: string): Promise<RepairedRecord[]> {
  const repaired: RepairedRecord[] = [];
  for (const record of await listDamaged(root)) {
    const place = recordPlace(root, record.kind, record);
    const copy = place.parent.at(`${place.name}.damaged`);
    if (record.kind === 'pending') rename(place, copy);
    else await write(copy, readBytes(place, longestRecord) ?? '', 0o644);
    const known = await readInstallation(root, record);
    const installation = known ?? (await rebuild(root, record));
    if (installation && !known) await stageInstallation(root, installation).commit();
    repaired.push({ record, copy: copy.path, installation });
  }
  return repaired;
}

/** The record of a profile whose file is a version that was kept. Whoever asked for it is not known any more. */
async function rebuild(root: string, { team, name }: Named): Promise<Installation | undefined> {
  const named = { team, name };
  const digest = await digestOf(root, named);
  const file = lookAt(installedPlace(root, named));
  const kept = await listStored(root, named);
  const current = kept.find((one) => one.digest === digest);
  if (!current || !file) return undefined;
  return {
    ...named,
    ...current,
    file: installedPath('/', named),
    installedAt: file.stats.mtime.toISOString(),
    reference: formatReference({ ...named, selector: { kind: 'default' } }),
    // Of what it was not told to, sync removes nothing.
    origin: 'pull',
    complain: isForcedToComplain(root, named),
    earlier: kept.filter((one) => one !== current),
  };
}
