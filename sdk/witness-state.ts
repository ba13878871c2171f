import { link, mkdir, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseDecimal } from '../trust/log/index.ts';
import { ifPresent, readTextIfPresent, syncFolder, writeNew } from './files.ts';

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
export async function readStored(folder: string): Promise<KeptCheckpoint> {
  for (;;) {
    const number = Math.max(0, ...(await numbersIn(folder)));
    if (number === 0) return { number, note: undefined };
    const note = await readTextIfPresent(join(folder, String(number)));
    // Else a later one has replaced it meanwhile.
    if (note !== undefined) return { number, note };
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
  const names = (await ifPresent(readdir(folder))) ?? [];
  return names.map(parseDecimal).filter((number) => number !== undefined);
}

/** How many files this process has staged: no two have the same name. */
let staging = 0;

/** The names of staged files: the number, and the process that stages it; or a random one, as there were once. */
const stagedName = /^\.\d+\.(?:(\d+)\.\d+|[0-9a-f-]{36})\.tmp$/;

/** For how long a staged file may be somebody's still of whom nothing is known, in milliseconds. */
const maxStagingAge = 60_000;

/**
 * Removes what killed processes have left half done in a log's folder. To be called before this process keeps anything
 * there; other processes that share the folder go on.
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
    // It is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes a folder and what is above it, in a way that survives a power cut. */
async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}
