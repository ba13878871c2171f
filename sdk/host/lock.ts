import { spawn } from 'node:child_process';
import { access, constants, type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where flock(1) lives, in util-linux or busybox; the PATH of whoever calls is not asked. */
const places = ['/usr/bin/flock', '/bin/flock'];

/** How often a lock that somebody has is asked for again, in milliseconds. */
const interval = 200;

/** How long somebody else may take, in milliseconds: a pull of many profiles over a slow network. */
const patience = 300_000;

/** Nobody else may change what is installed meanwhile, and that can't be had. */
export class LockError extends Error {}

export interface LockOptions {
  /** Told once, when another run has the lock. */
  onWait?: () => void;
  /** How long to wait for it, in milliseconds. */
  limit?: number;
}

/**
 * Does `work` while no other run of this program changes what is installed below `root`. The lock is the
 * kernel's own (flock(2)), on the state folder itself: it goes with the process that has it, however that ends,
 * leaves nothing behind, and holds across containers that share the folder.
 */
export async function exclusively<Result>(
  root: string,
  work: () => Promise<Result>,
  { onWait = () => {}, limit = patience }: LockOptions = {},
): Promise<Result> {
  const path = join(root, 'var/lib/aa-registry');
  await mkdir(path, { recursive: true, mode: 0o755 });
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const program = await findFlock();
    const end = Date.now() + limit;
    for (let told = false; !(await lock(program, folder)); told = true) {
      if (!told) onWait();
      if (Date.now() >= end) {
        throw new LockError('another aa-registry is changing what is installed; try again later');
      }
      await sleep(interval);
    }
    return await work();
  } finally {
    await folder.close();
  }
}

async function findFlock(): Promise<string> {
  for (const path of places) {
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  throw new LockError('flock (from util-linux) is not installed, which keeps two runs apart');
}

/** The lock belongs to the open folder, which this process shares with flock(1) and keeps when that has ended. */
function lock(program: string, { fd }: FileHandle): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', fd] });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(true);
      else if (code === 1) resolve(false);
      else reject(new LockError(`${program} ended with exit code ${code}`));
    });
  });
}
