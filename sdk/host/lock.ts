import { spawn } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, readSync, type Stats, writeSync } from 'node:fs';
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SdkError } from '../error.ts';
import { statePlace } from './state.ts';
import { lookAt, openPrivate, type Place } from './tree.ts';

/** The path of flock(1), from util-linux or busybox; the caller's PATH is not used. */
const places = ['/usr/bin/flock', '/bin/flock'];

/** The interval at which a held lock is retried, in milliseconds. */
const interval = 200;

/** How long to wait for another run, in milliseconds: it may pull many profiles over a slow network. */
const defaultTimeout = 300_000;

/** The maximum length of a command in a message, in characters. */
const maxCommand = 120;

export interface LockOptions {
  /** Called once if another run holds the lock, with its process and command if known. */
  onWait?: (holder: string | undefined) => void;
  /** How long to wait for the lock, in milliseconds. */
  timeout?: number;
}

/** The lock file. Only users who may change the host can open it, so that others can't block it. */
export function lockPlace(root: string): Place {
  return statePlace(root, 'lock');
}

/**
 * Runs `work` while no other run of this program changes what is installed below `root`. The lock is a kernel lock
 * (flock(2)) on a file in the state folder that only its owner can open: it is released when its process ends for any
 * reason, and works across containers that share the folder. The file stays and names the holder.
 */
export async function withLock<Result>(
  root: string,
  work: () => Promise<Result>,
  { onWait = () => {}, timeout = defaultTimeout }: LockOptions = {},
): Promise<Result> {
  const file = openPrivate(lockPlace(root));
  try {
    const program = await findFlock();
    const end = Date.now() + timeout;
    for (let reported = false; !(await lock(program, file)); reported = true) {
      if (!reported) onWait(await findHolder(file));
      if (Date.now() >= end) {
        const holder = await findHolder(file);
        const who = holder === undefined ? '' : ` (${holder})`;
        throw new SdkError(
          'host-locked',
          `another aa-registry is changing what is installed${who}; try again later`,
        );
      }
      await sleep(interval);
    }
    sign(file, `${process.pid}\n`);
    try {
      return await work();
    } finally {
      sign(file, '');
    }
  } finally {
    closeSync(file);
  }
}

/** Records the holder. This is informational, so a full disk does not matter. */
function sign(file: number, text: string): void {
  try {
    ftruncateSync(file);
    writeSync(file, text, 0);
  } catch {
    // The message of a waiting run then has less detail.
  }
}

/** Whether a run currently holds the lock of a host. */
export async function isLocked(root: string): Promise<boolean> {
  const found = lookAt(lockPlace(root));
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  return found !== undefined && new RegExp(`FLOCK .*:${found.stats.ino} `).test(locks);
}

/**
 * The process that holds the lock, and its command. The kernel names flock(1), which has ended, so this is the process
 * that wrote its id into the file, or else the first other one that has the file open. `undefined` if neither is
 * visible, as from another container.
 */
async function findHolder(file: number): Promise<string | undefined> {
  const own = fstatSync(file);
  const text = Buffer.alloc(16);
  const written = text.toString('latin1', 0, readSync(file, text, 0, text.length, 0)).trim();
  const others = (await readdir('/proc').catch(() => [])).filter(
    (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
  );
  const candidates = /^\d+$/.test(written) ? [written, ...others] : others;
  for (const pid of candidates) {
    if (await hasOpen(pid, own)) return `process ${pid}, ${await commandOf(pid)}`;
  }
  return undefined;
}

async function hasOpen(pid: string, { dev, ino }: Stats): Promise<boolean> {
  for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
    const opened = await stat(`/proc/${pid}/fd/${fd}`).catch(() => undefined);
    if (opened?.ino === ino && opened.dev === dev) return true;
  }
  return false;
}

async function commandOf(pid: string): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  // The process can set this text itself.
  const words = text
    .replaceAll('\0', ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();
  return words.length > maxCommand ? `${words.slice(0, maxCommand)}…` : words;
}

async function findFlock(): Promise<string> {
  for (const path of places) {
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  throw new SdkError(
    'host-locked',
    'flock (from util-linux) is not installed; it is required for locking',
  );
}

/** The lock belongs to the open file, which this process shares with flock(1) and keeps open after that has ended. */
function lock(program: string, file: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['-n', '3'], { stdio: ['ignore', 'ignore', 'ignore', file] });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(true);
      else if (code === 1) resolve(false);
      else reject(new SdkError('host-locked', `${program} ended with exit code ${code}`));
    });
  });
}
