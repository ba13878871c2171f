import { link, mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseDecimal } from '../trust/log/index.ts';
import { ifPresent, readTextIfPresent, syncFolder, writeNew } from './files.ts';

/** The latest stored checkpoint that a witness cosigned for a log. */
export interface StoredCheckpoint {
  /** The number of checkpoints cosigned before; 0 if none. */
  number: number;
  /** The signed note; `undefined` if none. */
  note: string | undefined;
}

/**
 * Reads the latest checkpoint from a log's folder. The folder has numbered files, of which the highest counts and no
 * number is used twice, so several processes may share it.
 */
export async function readStored(folder: string): Promise<StoredCheckpoint> {
  for (;;) {
    const number = Math.max(0, ...(await numbersIn(folder)));
    if (number === 0) return { number, note: undefined };
    const note = await readTextIfPresent(join(folder, String(number)));
    // Otherwise a later one has replaced it.
    if (note !== undefined) return { number, note };
  }
}

/**
 * Stores `note` as the latest checkpoint if it is still the one after `before`; otherwise returns false and changes
 * nothing (tlog-witness: compare and set). True means that it is durable.
 */
export async function replaceStored(
  folder: string,
  before: StoredCheckpoint,
  note: string,
): Promise<boolean> {
  await makeFolder(folder);
  const number = before.number + 1;
  const path = join(folder, String(number));
  const staged = join(folder, `.${number}.${process.pid}.${++staging}.tmp`);
  try {
    await writeNew(staged, note, 0o644);
    await link(staged, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await unlink(staged).catch(() => {});
  }
  // A number can be free again after its process has stored a higher one, which then shows.
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
  const names = (await ifPresent(readdir(folder))) ?? [];
  return names.map(parseDecimal).filter((number) => number !== undefined);
}

/** Counts staged files, so that each has its own name. */
let staging = 0;

/** The names of staged files: the number and process id, or a random name from older versions. */
const stagedName = /^\.\d+\.(?:(\d+)\.\d+|[0-9a-f-]{36})\.tmp$/;

/** How long a staged file of an unknown process is left in place, in milliseconds. */
const maxStagingAge = 60_000;

/**
 * Removes files that killed processes left staged in a log's folder. Call it before this process stores anything there;
 * other processes may share the folder.
 */
export async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [staged, pid] = stagedName.exec(name) ?? [];
    if (staged === undefined) continue;
    const path = join(folder, name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? 0);
    const isTheirs = pid !== undefined && Number(pid) !== process.pid && isRunning(Number(pid));
    if (age > maxStagingAge || (pid !== undefined && !isTheirs)) await unlink(path).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Creates a folder and its parents durably. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}
