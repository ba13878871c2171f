import { join } from 'node:path';
import * as z from 'zod';
import { isDigest, isVersion } from '../../trust/index.ts';
import { type StagedFile, stageFile } from './atomic.ts';
import { DamagedFileError, readFileIfPresent } from './read-file.ts';

/** What this program installed: one small file each, so that two runs at once never lose a record. */
export const Installation = z.object({
  team: z.string(),
  name: z.string(),
  version: z.string().refine(isVersion),
  digest: z.string().refine(isDigest),
  file: z.string(),
  installedAt: z.iso.datetime(),
});
export type Installation = z.infer<typeof Installation>;

function recordPath(root: string, team: string, name: string): string {
  return join(root, 'var/lib/aa-registry/installed', `${team}.${name}.json`);
}

/** What is installed of this profile; `undefined` when nothing is. Throws when the record is damaged. */
export async function readInstallation(
  root: string,
  team: string,
  name: string,
): Promise<Installation | undefined> {
  const path = recordPath(root, team, name);
  const text = await readFileIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return Installation.parse(JSON.parse(text));
  } catch {
    throw new DamagedFileError(`${path} is damaged; remove it and pull again`);
  }
}

/** The record of an installation, to be put in place of the one before. */
export async function stageInstallation(
  root: string,
  installation: Installation,
): Promise<StagedFile> {
  return stageFile(
    recordPath(root, installation.team, installation.name),
    `${JSON.stringify(installation, null, 2)}\n`,
    0o644,
  );
}
