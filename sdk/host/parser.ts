import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';

/** Where apparmor_parser lives; the PATH of whoever calls is not asked. */
const places = ['/usr/sbin/apparmor_parser', '/sbin/apparmor_parser', '/usr/bin/apparmor_parser'];

/** The time one run may take, in milliseconds: the parser can loop for ever on valid input (seen: 3.0.8). */
const timeLimit = 60_000;

/** The most of what it says that is kept, in bytes. */
const maximumOutput = 64 * 1024;

/** The most that a compiled profile may hold, in bytes. */
const maximumCompiled = 64 * 1024 * 1024;

/** What it says on every kernel without AppArmor, whatever else it has to say. */
const cacheNotice = /^Cache read\/write disabled:.*$/gm;

/** How a run of apparmor_parser ended. */
export type ParserRun = { ok: true; output: string } | { ok: false; reason: string };

type RawRun = { ok: true; output: Buffer } | { ok: false; reason: string };

/** The path of apparmor_parser; `undefined` when this machine has none. */
export async function findParser(): Promise<string | undefined> {
  for (const path of places) {
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}

/**
 * Runs apparmor_parser(8) with no shell, no standard input, a clean environment and a time limit (in
 * milliseconds). It forks a process for each profile, so it gets a process group of its own and the limit ends
 * all of that. Never throws: how it failed is in the result.
 */
export async function runParser(
  parser: string,
  args: string[],
  limit = timeLimit,
): Promise<ParserRun> {
  const run = await runRaw(parser, args, limit, maximumOutput);
  return run.ok ? { ok: true, output: run.output.toString() } : run;
}

/** Has a file compiled for this machine's kernel, as loading it would, and gives the result (--stdout). */
export function compile(
  parser: string,
  file: string,
  { complain }: { complain: boolean },
): Promise<RawRun> {
  const args = ['--quiet', '--stdout', '--skip-cache', ...(complain ? ['--Complain'] : []), file];
  return runRaw(parser, args, timeLimit, maximumCompiled);
}

function runRaw(parser: string, args: string[], limit: number, most: number): Promise<RawRun> {
  return new Promise((resolve) => {
    const child = spawn(parser, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      cwd: '/',
      detached: true,
    });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      endGroup(child.pid);
    }, limit);
    const chunks: Buffer[] = [];
    let size = 0;
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size < most) chunks.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, maximumOutput);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ ok: false, reason: error.message });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      // What was cut off might be what matters.
      if (code === 0 && size >= most) {
        return resolve({ ok: false, reason: 'apparmor_parser has too much to say about it' });
      }
      if (code === 0) return resolve({ ok: true, output: Buffer.concat(chunks) });
      const how = late
        ? `apparmor_parser did not end within ${limit / 1000} seconds`
        : `apparmor_parser ended with ${signal ?? `exit code ${code}`}`;
      const said = complaint.replaceAll(cacheNotice, '').trim();
      resolve({ ok: false, reason: said === '' ? how : `${how}: ${said}` });
    });
  });
}

/** Ends a process and whatever it has started, at once. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Arguments to list the profiles that loading a file would define, a line each, also those that it includes. */
export function namesArguments(file: string, base: string): string[] {
  return ['--names', '--base', base, file];
}

/** Arguments for a dry run: compile, load nothing, neither read nor write the cache. */
export function dryRunArguments(file: string, base: string): string[] {
  return ['--quiet', '--skip-kernel-load', '--skip-cache', '--base', base, file];
}

/** Arguments to load a file: it replaces the profile of its name at once, or nothing changes. */
export function loadArguments(file: string, { complain }: { complain: boolean }): string[] {
  return ['--quiet', '--replace', '--skip-cache', ...(complain ? ['--Complain'] : []), file];
}
