import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Place, type StagedFile, write } from './tree.ts';

// For the files of whoever runs this program, where they say; those below a system's root are the business of tree.ts.

/** Who a file belongs to. */
export interface Owner {
  uid: number;
  gid: number;
}

/** Changes who a file belongs to where that is another; only root can for every other. */
async function keepOwner(file: FileHandle, { uid, gid }: Owner): Promise<void> {
  const now = await file.stat();
  if (now.uid !== uid || now.gid !== gid) await file.chown(uid, gid);
}

/** Stages `data` for `path`, with these permissions and this owner, or whoever runs this. The folder is made when it is absent. */
export async function stageFile(
  path: string,
  data: Uint8Array | string,
  mode: number,
  owner?: Owner,
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
    if (owner) await keepOwner(file, owner);
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
  path: string | Place,
  data: Uint8Array | string,
  mode: number,
  owner?: Owner,
): Promise<void> {
  if (path instanceof Place) return write(path, data, mode);
  const staged = await stageFile(path, data, mode, owner);
  try {
    await staged.commit();
  } catch (error) {
    await staged.discard().catch(() => {});
    throw error;
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
