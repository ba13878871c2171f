import { lstat, readdir, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { baseFolders, baseLimits, isBasePath } from '../contract/index.ts';
import { isIgnoredInclude } from '../policy/index.ts';
import { SdkError } from './error.ts';
import { ifPresent, readBounded } from './files.ts';

/** The files of a base policy, by their paths below /etc/apparmor.d. */
export type BaseFiles = Record<string, string>;

/** Deeper folders are a loop of links. */
const maxDepth = 16;

/**
 * Reads the base policy of a folder like /etc/apparmor.d: its abstractions, tunables and abi files, without those that
 * including a folder leaves out, such as backups. Links are followed within the folder. Throws {@link SdkError} for links
 * that leave it, anything but regular files and folders, files that are not UTF-8, and more than a base policy may hold.
 */
export async function readBaseFolder(folder: string): Promise<BaseFiles> {
  const root = await realpath(folder);
  const files: BaseFiles = {};
  const left = { names: 4 * baseLimits.files, bytes: baseLimits.bytes };

  const refuse = (path: string, what: string) =>
    new SdkError('file-unusable', `${join(folder, path)} ${what}`);
  const tooMuch = () =>
    refuse(
      '',
      `has more than a base policy: ${baseLimits.files} files and ${baseLimits.bytes >> 20} MiB`,
    );

  const visit = async (path: string, depth: number): Promise<void> => {
    if (depth > maxDepth) throw refuse(path, `is nested deeper than ${maxDepth} folders`);
    const real = await realpath(join(root, path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw refuse(path, 'is a link that leads nowhere');
      throw error;
    });
    const below = relative(root, real);
    if (below === '..' || below.startsWith('../')) {
      throw refuse(path, `is a link that leaves the folder: it leads to ${real}`);
    }
    // Of the real path, so that it is no link.
    const stats = await lstat(real);
    if (stats.isDirectory()) {
      const names = await readdir(real);
      left.names -= names.length;
      if (left.names < 0) throw tooMuch();
      for (const name of names.sort()) {
        if (!isIgnoredInclude(name)) await visit(`${path}/${name}`, depth + 1);
      }
      return;
    }
    if (!stats.isFile()) throw refuse(path, 'is neither a regular file nor a folder');
    if (!isBasePath(path)) {
      throw refuse(
        path,
        `has a name that no file of a base policy has: ${baseLimits.pathLength} printable ASCII characters at most`,
      );
    }
    if (stats.size > left.bytes || Object.keys(files).length >= baseLimits.files) throw tooMuch();
    const bytes = await readBounded(real, left.bytes);
    left.bytes -= bytes.length;
    files[path] = decode(bytes) ?? fail(refuse(path, 'is not UTF-8 text, or has a NUL byte'));
  };

  for (const name of baseFolders) {
    if (await ifPresent(lstat(join(root, name)))) await visit(name, 1);
  }
  if (Object.keys(files).length === 0) {
    throw new SdkError('file-unusable', `${folder} has no base policy`, {
      next: `Name a folder like /etc/apparmor.d, with ${baseFolders.join(', ')} in it.`,
    });
  }
  return files;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.includes('\0') ? undefined : text;
  } catch {
    return undefined;
  }
}

function fail(error: Error): never {
  throw error;
}
