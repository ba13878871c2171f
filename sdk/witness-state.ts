import { link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDecimal } from '../trust/log/index.ts';
import { stageFile } from './host/atomic.ts';

/** The latest checkpoint that a witness cosigned of a log, as it is kept. */
export interface KeptCheckpoint {
  /** How many it has cosigned before: 0 when there is none. */
  number: number;
  /** The signed note; `undefined` when there is none. */
  note: string | undefined;
}

/**
 * Reads the latest checkpoint from a log's folder. It holds numbered files, of which the highest counts and
 * no number is taken twice: so several processes may share it.
 */
export async function readKept(folder: string): Promise<KeptCheckpoint> {
  for (;;) {
    const number = Math.max(0, ...(await numbersIn(folder)));
    if (number === 0) return { number, note: undefined };
    try {
      return { number, note: await readFile(join(folder, String(number)), 'utf8') };
    } catch (error) {
      // Replaced by a later one meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
}

/**
 * Keeps `note` as the latest checkpoint, unless another has become that since `before` was read: then it
 * returns false and changes nothing (tlog-witness: compare and set). When it returns true, a power cut can't
 * undo it.
 */
export async function replaceKept(
  folder: string,
  before: KeptCheckpoint,
  note: string,
): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const number = before.number + 1;
  const path = join(folder, String(number));
  const staged = await stageFile(path, note, 0o644);
  try {
    await link(staged.path, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await staged.discard();
  }
  // A number can be free again when whoever took it has gone on to a higher one, which is then to be seen.
  const numbers = await numbersIn(folder);
  if (numbers.some((other) => other > number)) {
    await unlink(path).catch(() => {});
    return false;
  }
  await syncFolder(folder);
  for (const older of numbers.filter((other) => other < number)) {
    await unlink(join(folder, String(older))).catch(() => {});
  }
  return true;
}

async function numbersIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.map(parseDecimal).filter((number) => number !== undefined);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
