import { spawn } from 'node:child_process';
import { closeSync, fstatSync, ftruncateSync, readSync, type Stats, writeSync } from 'node:fs';
import { access, constants, readdir, readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { SdkError } from '../error.ts';
import { statePlace } from './state.ts';
import { lookAt, openPrivate, type Place } from './tree.ts';

/** Where flock(1) lives, in util-linux or busybox; the caller's PATH is not used. */
const places = ['/usr/bin/flock', '/bin/flock'];

/** How often a lock that another run holds is tried again, in milliseconds. */
const interval = 200;

/** How long to wait for another run, in milliseconds: it may pull many profiles over a slow network. */
const defaultTimeout = 300_000;

/** How much of a command is told, in characters. */
const maxCommand = 120;

export interface LockOptions {
  /** Told once, when another run has the lock: its process and command, where they are known. */
  onWait?: (holder: string | undefined) => void;
  /** How long to wait for it, in milliseconds. */
  timeout?: number;
}

/** The file that is locked. Only users who may change the host can open it; other users can't block it. */
export function lockPlace(root: string): Place {
  return statePlace(root, 'lock');
}

/**
 * Does `work` while no other run of this program changes what is installed below `root`. The lock is the
 * kernel's own (flock(2)), on a file in the state folder that only its owner can open: it goes with the process that
 * has it, however that ends, and holds across containers that share the folder. The file stays, and says who has the
 * lock.
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
    for (let told = false; !(await lock(program, file)); told = true) {
      if (!told) onWait(await findHolder(file));
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

/** Records who holds the lock: for people only, so a full disk does not matter. */
function sign(file: number, text: string): void {
  try {
    ftruncateSync(file);
    writeSync(file, text, 0);
  } catch {
    // A waiting run then says less.
  }
}

/** Whether a run holds the lock of a host now. */
export async function isLocked(root: string): Promise<boolean> {
  const found = lookAt(lockPlace(root));
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '');
  return found !== undefined && new RegExp(`FLOCK .*:${found.stats.ino} `).test(locks);
}

/**
 * The process that has the lock and its command. The kernel names flock(1), which has ended; so it is the one that has
 * written its id into the file, or, as for a stranger, the first other that has the file open. `undefined` where neither
 * can be seen, as from another container.
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
  // The process chose these words itself.
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
    'flock (from util-linux) is not installed, which keeps two runs apart',
  );
}

/** The lock belongs to the open file, which this process shares with flock(1) and keeps when that has ended. */
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
