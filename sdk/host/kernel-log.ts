// The kernel logs of a machine, line by line: the existing lines, or new ones too.

import { spawn } from 'node:child_process';
import { closeSync, constants } from 'node:fs';
import { access, type FileHandle, open, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSdkError } from '../error.ts';
import { openReadable } from '../files.ts';
import { LineSplitter } from './line-splitter.ts';
import { asText, LogFormError, piped, textForm } from './log-text.ts';
import { lookBehind, openForReading, Place, unsafePlace } from './tree.ts';

/** One log. */
export interface KernelLog {
  /** Its name for people: its path, or the program that prints it. */
  name: string;
  /** The number of bytes skipped at the start of another system's log that is too large. */
  unread?: () => number;
  /** The existing lines; calls `leftOut` for each line about AppArmor that is too long. */
  read: (leftOut?: () => void) => AsyncIterable<string>;
  /** New lines until aborted; from the `start`, after the existing ones. */
  follow: (from: 'start' | 'end', until: AbortSignal) => Promise<AsyncIterable<string>>;
}

/** The maximum that is read of another system's log, in bytes: its end. */
const maxLog = 64 * 1024 * 1024;

const auditLog = 'var/log/audit/audit.log';
const kernelMessages = '/dev/kmsg';
const journalctl = '/usr/bin/journalctl';

/** How often a followed log is polled, in milliseconds. */
const interval = 250;
/** The timeout of journalctl for existing lines, in milliseconds. */
const timeLimit = 30_000;

/**
 * The logs of a machine: auditd's, else the kernel's own messages, and journald's, which also has older ones. An event
 * may be in several. For another system's root, auditd's only.
 */
export async function findKernelLogs(root: string): Promise<KernelLog[]> {
  const found: KernelLog[] = [];
  // The owner is not checked, as log contents are not trusted anyway.
  const audit = new Place(root, auditLog).ofAnybody;
  if (isThere(audit)) found.push(auditdLog(audit));
  if (root !== '/') return found;
  if (await exists(kernelMessages)) found.push(kmsgLog());
  // Only where journald runs: otherwise journalctl has nothing to show.
  if ((await exists('/run/systemd/journal/socket')) && (await exists(journalctl))) {
    found.push(journalLog());
  }
  return found;
}

/** A file, such as a copy of another machine's log. */
export function fileLog(path: string): KernelLog {
  return {
    name: path,
    async *read(leftOut) {
      await refuseFolder(path);
      const file = await openReadable(path);
      yield* textLines(file.createReadStream(), path, undefined, leftOut);
    },
    async follow(from, until) {
      await refuseUnlessPlain(path);
      return followFile(path, from, until);
    },
  };
}

/** Lines from a stream, such as standard input. */
export function streamLog(name: string, stream: Readable): KernelLog {
  return {
    name,
    read: (leftOut) => textLines(stream, name, undefined, leftOut),
    follow: async (_, until) => textLines(stream, name, until),
  };
}

/** The lines of a log that may be compressed or in UTF-16. */
function textLines(
  stream: Readable,
  name: string,
  until?: AbortSignal,
  leftOut?: () => void,
): AsyncGenerator<string> {
  return lines(stream, until, (bytes) => asText(bytes, name), leftOut);
}

/** Journald's logs are folders of files, so a folder is probably one of them. */
async function refuseFolder(path: string): Promise<void> {
  if (!(await stat(path)).isDirectory()) return;
  throw new LogFormError(
    path,
    'is a folder, not a log.',
    `Of a journal: ${piped('journalctl --grep apparmor= --output short-iso --directory', path)}`,
  );
}

/** Only a file read from its start can be decompressed. */
async function refuseUnlessPlain(path: string): Promise<void> {
  const file = await openReadable(path);
  try {
    if (!(await file.stat()).isFile()) return;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const form = textForm(buffer.subarray(0, bytesRead));
    if (form === 'text') return;
    throw new LogFormError(path, 'is not plain text; only plain text can be followed.');
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** auditd's log below a system's root; of another system's, the last {@link maxLog} bytes. */
function auditdLog(place: Place): KernelLog {
  let start = 0;
  return {
    name: place.path,
    unread: () => start,
    async *read(leftOut) {
      const file = await openLog(place);
      const { size } = await file.stat();
      start = startOf(place, size);
      const stream = file.createReadStream({ start, end: size });
      yield* lines(stream, undefined, undefined, leftOut);
    },
    follow: (from, until) => followFile(place, from, until),
  };
}

/** The offset at which reading starts. This machine's own log is read completely, since root controls its size. */
function startOf(path: string | Place, size: number): number {
  const isAnothers = path instanceof Place && path.root !== '/';
  return isAnothers ? Math.max(0, size - maxLog) : 0;
}

/** Opens a log; below a system's root as tree.ts does, a file that the user names directly. */
async function openLog(path: string | Place): Promise<FileHandle> {
  if (typeof path === 'string') return open(path, 'r');
  const fd = openForReading(path);
  if (fd === undefined) throw unsafePlace(path.path, 'no longer exists');
  try {
    return await open(`/proc/self/fd/${fd}`, 'r');
  } finally {
    closeSync(fd);
  }
}

function isThere(place: Place): boolean {
  try {
    return lookBehind(place) !== undefined;
  } catch (error) {
    if (isSdkError(error, 'unsafe-place')) throw error;
    // As for a user who may not look into the folder.
    return false;
  }
}

/** The lines of a stream, limited in length by {@link LineSplitter}. */
async function* lines(
  stream: Readable,
  until?: AbortSignal,
  decoded: (bytes: AsyncIterable<Buffer>) => AsyncIterable<Uint8Array> = (bytes) => bytes,
  leftOut: () => void = () => {},
): AsyncGenerator<string> {
  const splitter = new LineSplitter({ mark: 'apparmor', leftOut });
  const stop = () => stream.destroy();
  until?.addEventListener('abort', stop);
  try {
    for await (const piece of decoded(stream)) yield* splitter.push(piece);
    const [last = ''] = splitter.end();
    if (last !== '') yield last;
  } catch (error) {
    if (!until?.aborted) throw error;
  } finally {
    until?.removeEventListener('abort', stop);
  }
}

/** A growing file, which logrotate may replace. */
async function followFile(
  path: string | Place,
  from: 'start' | 'end',
  until: AbortSignal,
): Promise<AsyncIterable<string>> {
  const file = await openLog(path);
  const { size } = await file.stat();
  return linesAfter(path, file, from === 'end' ? size : startOf(path, size), until);
}

async function* linesAfter(
  path: string | Place,
  opened: FileHandle,
  from: number,
  until: AbortSignal,
): AsyncGenerator<string> {
  let file = opened;
  let at = from;
  let splitter = new LineSplitter();
  try {
    while (!until.aborted) {
      const size = (await file.stat()).size;
      if (size < at) at = 0;
      while (at < size) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, at);
        if (bytesRead === 0) break;
        at += bytesRead;
        yield* splitter.push(buffer.subarray(0, bytesRead));
      }
      const [old, current] = [await file.stat(), await statusOf(path)];
      if (current && current.ino !== old.ino && old.size <= at) {
        await file.close();
        file = await openLog(path);
        at = 0;
        splitter = new LineSplitter();
        continue;
      }
      await pause(until);
    }
  } finally {
    await file.close();
  }
}

async function statusOf(path: string | Place): Promise<{ ino: number } | undefined> {
  if (typeof path === 'string') return stat(path).catch(() => undefined);
  return lookBehind(path)?.stats;
}

async function pause(until: AbortSignal): Promise<void> {
  await sleep(interval, undefined, { signal: until }).catch(() => {});
}

function kmsgLog(): KernelLog {
  return {
    name: kernelMessages,
    read: () => readMessages(undefined),
    // /dev/kmsg can only be read from its start, so callers that want new messages compare times.
    follow: async (_, until) => readMessages(until),
  };
}

/** The kernel's messages (the kernel's Documentation/ABI/testing/dev-kmsg): a record for each read. */
async function* readMessages(until: AbortSignal | undefined): AsyncGenerator<string> {
  const file = await open(kernelMessages, constants.O_RDONLY | constants.O_NONBLOCK);
  const buffer = Buffer.alloc(16 * 1024);
  try {
    for (;;) {
      const length = await nextRecord(file, buffer);
      if (length === undefined) {
        if (!until || until.aborted) return;
        await pause(until);
      } else yield message(buffer.toString('utf8', 0, length));
    }
  } finally {
    await file.close();
  }
}

/** The length of the next record; `undefined` if none is ready. */
async function nextRecord(file: FileHandle, buffer: Buffer): Promise<number | undefined> {
  for (;;) {
    try {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      return bytesRead > 0 ? bytesRead : undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') return undefined;
      // The next record was overwritten before it was read; the following read continues after the gap.
      if (code !== 'EPIPE') throw error;
    }
  }
}

/** Parses `6,339,5140900,-;text` with continuation lines for device fields. */
function message(record: string): string {
  const [first = ''] = record.split('\n', 1);
  const text = first.slice(first.indexOf(';') + 1);
  return text.replace(/\\x([0-9a-f]{2})/g, (_, code) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
}

/** The kernel messages since boot from journald, read with journalctl(1), for at most `limit` milliseconds. */
export function journalLog(program = journalctl, limit = timeLimit): KernelLog {
  return {
    name: 'journalctl -k',
    async *read() {
      const late = AbortSignal.timeout(limit);
      yield* runJournalctl(program, [], late);
      if (late.aborted) throw new Error(`it did not end within ${limit / 1000} seconds`);
    },
    // From the start, since lines before journalctl started would be lost.
    follow: async (_, until) => runJournalctl(program, ['--follow', '--lines=all'], until),
  };
}

async function* runJournalctl(
  program: string,
  args: string[],
  until: AbortSignal,
): AsyncGenerator<string> {
  const common = ['--dmesg', '--no-pager', '--quiet', '--output=short-iso'];
  const child = spawn(program, [...common, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    cwd: '/',
    signal: until,
    killSignal: 'SIGKILL',
  });
  // It could not be started, or was killed: its output so far is used.
  child.on('error', () => {});
  try {
    yield* lines(child.stdout, until);
  } finally {
    child.kill('SIGKILL');
  }
}
