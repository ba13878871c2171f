import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { SdkError } from './error.ts';

/** All of what a user names, which may be a pipe or a device too: so many bytes at most. */
export async function readFileAtMost(path: string, limit: number): Promise<Buffer<ArrayBuffer>> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOCTTY);
  try {
    return await readAll(file, path, limit);
  } finally {
    await file.close();
  }
}

/**
 * All of a regular file that has no other name: no link is followed and nothing else is opened, so what is read is what
 * stands there. `undefined` when there is none.
 */
export async function readOwnFile(
  path: string,
  limit: number,
): Promise<Buffer<ArrayBuffer> | undefined> {
  // Looked at before it is opened: opening a device or a pipe can do something already.
  const found = await lstat(path).catch(ignoreAbsent);
  if (!found) return undefined;
  if (found.isSymbolicLink())
    throw new SdkError('file-unusable', `${path} is a link, which is not followed`);
  if (!found.isFile()) throw new SdkError('file-unusable', `${path} is no regular file`);
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  try {
    const opened = await file.stat();
    if (!opened.isFile()) throw new SdkError('file-unusable', `${path} is no regular file`);
    if (opened.nlink > 1) {
      throw new SdkError(
        'file-unusable',
        `${path} is a hard link to a file that has another name too`,
      );
    }
    return await readAll(file, path, limit);
  } finally {
    await file.close();
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw error;
}

async function readAll(
  file: FileHandle,
  path: string,
  limit: number,
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(64 * 1024), 0, 64 * 1024);
    if (bytesRead === 0) return Buffer.concat(chunks);
    length += bytesRead;
    if (length > limit) throw new SdkError('file-unusable', `${path} has more than ${limit} bytes`);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}
