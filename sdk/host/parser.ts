import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { isSdkError } from '../error.ts';
import { lookBehind, Place } from './tree.ts';

/** The path of apparmor_parser; the caller's PATH is not used. */
const places = ['/usr/sbin/apparmor_parser', '/sbin/apparmor_parser', '/usr/bin/apparmor_parser'];

/**
 * Where prlimit(1) lives, of util-linux, which is essential on Debian. Node.js has no setrlimit(2); a shell's `ulimit`
 * would do the same, with a shell.
 */
const limiters = ['/usr/bin/prlimit', '/bin/prlimit'];

/** The limits of one run of apparmor_parser. */
export interface Limits {
  /** In milliseconds: the parser can loop forever on valid input (observed with 3.0.8). */
  time: number;
  /**
   * The address space of each of its processes, in bytes: the automaton of two short rules can take gigabytes. That
   * of the largest of 741 profiles of the AppArmor and apparmor.d projects takes 30 MiB, and 250 KB of nothing but
   * paths 130 MiB.
   */
  memory: number;
}

const defaultLimits: Limits = { time: 60_000, memory: 512 << 20 };

/** The maximum captured output, in bytes. */
const maxOutput = 64 * 1024;

/** The maximum size of a compiled profile, in bytes. */
const maxCompiled = 64 * 1024 * 1024;

/** The parser's out-of-memory messages: its own, of C++ and of its grammar. */
const memoryEnded = /bad_alloc|out of memory|cannot allocate memory|memory exhausted/i;

/** Its message on every kernel without AppArmor, which is ignored. */
const cacheNotice = /^Cache read\/write disabled:.*$/gm;

/** Where apparmor_parser runs, and what ends it early. */
interface RunOptions {
  /** Default `/`. */
  cwd?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** The result of a run of apparmor_parser. */
export type ParserRun = { ok: true; output: string } | { ok: false; reason: string };

type RawRun = { ok: true; output: Buffer } | { ok: false; reason: string };

/** The path of apparmor_parser; `undefined` if this machine has none. */
export function findParser(): Promise<string | undefined> {
  return findProgram(places);
}

/** The refusal where {@link findParser} finds none. */
export const noParser = {
  ok: false,
  id: 'no-parser',
  reason: 'apparmor_parser is not installed',
} as const;

/** Whether the system below another root has its own, which loads profiles at boot. */
export function hasParser(root: string): boolean {
  return places.some((place) => {
    try {
      return lookBehind(new Place(root, place.slice(1)).ofAnybody) !== undefined;
    } catch (error) {
      if (isSdkError(error, 'unsafe-place')) return false;
      throw error;
    }
  });
}

async function findProgram(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}

/**
 * Runs apparmor_parser(8) in `cwd` with no shell, no standard input, a clean environment and limits on time, memory and
 * output; `signal` ends it early. Refuses to run without prlimit(1), which sets the limits. It forks a process for each
 * profile, so it gets its own process group, which is killed at the end. Never throws: the result has the failure.
 */
export async function runParser(
  parser: string,
  args: string[],
  { cwd, signal, ...limits }: Partial<Limits> & RunOptions = {},
): Promise<ParserRun> {
  const all = { ...defaultLimits, ...limits };
  const run = await runRaw(parser, args, all, maxOutput, { cwd, signal });
  return run.ok ? { ok: true, output: run.output.toString() } : run;
}

/** The version that apparmor_parser reports, such as `3.0.8`; `undefined` if its output has none. */
export async function parserVersion(
  parser: string,
): Promise<{ ok: true; version: string | undefined } | { ok: false; reason: string }> {
  const run = await runParser(parser, ['--version'], { time: 5000 });
  return run.ok ? { ok: true, version: /version (\d+(?:\.[\d.]+)?)/.exec(run.output)?.[1] } : run;
}

/** Compiles a file for this machine's kernel, as loading it would, and returns the output (--stdout). */
export function compile(
  parser: string,
  file: string,
  { complain }: { complain: boolean },
): Promise<RawRun> {
  const args = ['--quiet', '--stdout', '--skip-cache', ...(complain ? ['--Complain'] : []), file];
  return runRaw(parser, args, defaultLimits, maxCompiled);
}

async function runRaw(
  parser: string,
  args: string[],
  { time, memory }: Limits,
  maxBytes: number,
  { cwd = '/', signal }: RunOptions = {},
): Promise<RawRun> {
  const limiter = await findProgram(limiters);
  if (limiter === undefined) {
    const reason = 'prlimit (from util-linux), which limits apparmor_parser,';
    return { ok: false, reason: `${reason} is not installed` };
  }
  const limited = [
    `--as=${memory}`,
    // Also ends the run if this process dies; later than the timer, whose message is clearer.
    `--cpu=${Math.ceil(time / 1000) + 5}`,
    '--core=0',
    '--',
    parser,
    ...args,
  ];
  return new Promise((resolve) => {
    const child = spawn(limiter, limited, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      cwd,
      detached: true,
    });
    let over: string | undefined;
    const end = (why: string) => {
      over ??= why;
      endGroup(child.pid);
    };
    const timer = setTimeout(
      () => end(`apparmor_parser did not end within ${time / 1000} seconds`),
      time,
    );
    const abort = () => end('apparmor_parser was stopped');
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    const chunks: Buffer[] = [];
    let size = 0;
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      // The truncated part might be the important one.
      else end(`apparmor_parser printed more than ${maxBytes} bytes`);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, maxOutput);
    });
    const settle = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    child.on('error', (error) => {
      settle();
      resolve({ ok: false, reason: error.message });
    });
    child.on('close', (code, endedBy) => {
      settle();
      if (over === undefined && code === 0) {
        return resolve({ ok: true, output: Buffer.concat(chunks) });
      }
      const message = complaint.replaceAll(cacheNotice, '').trim();
      const how =
        over ??
        (memoryEnded.test(message)
          ? `apparmor_parser exceeded its limit of ${memory / (1 << 20)} MiB of memory`
          : `apparmor_parser ended with ${endedBy ?? `exit code ${code}`}`);
      resolve({ ok: false, reason: message === '' ? how : `${how}: ${message}` });
    });
  });
}

/** Kills a process and its children. */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}

/** Arguments to list the profiles that loading a file would define, one per line, with those of its includes. */
export function namesArguments(file: string, base: string, include?: string): string[] {
  return ['--names', '--base', base, ...includeArguments(include), file];
}

/** Arguments for a dry run: compile, load nothing, neither read nor write the cache. */
export function dryRunArguments(file: string, base: string, include?: string): string[] {
  const dry = ['--quiet', '--skip-kernel-load', '--skip-cache', '--base', base];
  return [...dry, ...includeArguments(include), file];
}

/** Arguments to load a file: atomically replaces the profile of its name. */
export function loadArguments(
  file: string,
  { complain, include }: { complain: boolean; include?: string | undefined },
): string[] {
  const load = ['--quiet', '--replace', '--skip-cache', ...(complain ? ['--Complain'] : [])];
  return [...load, ...includeArguments(include), file];
}

/** A folder that is searched for includes before the base. */
function includeArguments(include: string | undefined): string[] {
  return include === undefined ? [] : ['--Include', include];
}
