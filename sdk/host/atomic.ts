import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * A file written and synced beside its final name, but not there yet. Its name begins with a dot, which
 * apparmor_parser and the boot scripts skip.
 */
export interface StagedFile {
  path: string;
  /** Puts it in place of whatever has the final name, in one step, and makes that survive a power cut. */
  commit: () => Promise<void>;
  discard: () => Promise<void>;
}

/** Stages `data` for `path`, with these permissions. The folder is made when it is absent. */
export async function stageFile(
  path: string,
  data: Uint8Array | string,
  mode: number,
): Promise<StagedFile> {
  const folder = dirname(path);
  // Others may never write there, whatever the umask says.
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const staged = join(folder, `.${basename(path)}.${randomUUID()}.tmp`);
  // 'wx' neither follows nor replaces anything that somebody put there first.
  const file = await open(staged, 'wx', mode);
  const discard = () => unlink(staged);
  try {
    await file.writeFile(data);
    await file.chmod(mode);
    await file.sync();
  } catch (error) {
    await discard();
    throw error;
  } finally {
    await file.close();
  }
  return {
    path: staged,
    discard,
    commit: async () => {
      await rename(staged, path);
      await syncFolder(folder);
    },
  };
}

/** Writes a file whole or not at all: whoever reads `path` sees the old data or the new. */
export async function writeFileAtomically(
  path: string,
  data: Uint8Array | string,
  mode: number,
): Promise<void> {
  const staged = await stageFile(path, data, mode);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard().catch(() => {});
    throw error;
  }
}

/** Removes a file, in a way that survives a power cut; no error when there is none. */
export async function removeFile(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return;
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The names that {@link stageFile} gives, which a run that was killed leaves behind. */
const stagedName = /^\..+\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/**
 * Removes what killed runs have staged in `folder` under names that begin with `prefix`. Only for whoever can be
 * sure that nobody is staging there now.
 */
export async function removeStaged(folder: string, prefix = ''): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const { name, parentPath } of entries.filter((entry) => entry.isFile())) {
    if (stagedName.test(name) && name.startsWith(`.${prefix}`)) {
      await unlink(join(parentPath, name)).catch(() => {});
    }
  }
}

/** Makes what was renamed, linked or removed in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
