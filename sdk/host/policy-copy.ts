import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyPlace } from './state.ts';
import { list, lookAt, type Place, PlaceError, readBytes } from './tree.ts';

/** Folders of compiled policy, and of links that go by their names alone. */
const noIncludes = new Set(['cache', 'cache.d', 'disable', 'force-complain']);

/** The most that is copied, in bytes and files, and how deep. */
const budget = { bytes: 64 * 1024 * 1024, files: 20_000, depth: 8 };

/** The most of what is left out that is named. */
const mostNamed = 5;

/**
 * Does `work` with the path of a file that holds `profile`, and of the policy folder that it is to be compiled with: a
 * copy of the one below `root`, which nobody but this user can enter. apparmor_parser follows links, waits for FIFOs and
 * reads devices, so it is never given a folder of an image. Only regular files are copied; links are not. A root
 * without abstractions has this machine's own folder, `/etc/apparmor.d`. What a result says of the copy it is to say of
 * `root`: a `reason` in it is put so, with `name` for the file.
 */
export async function withPolicyCopy<Result extends { reason: string } | undefined>(
  root: string,
  { name, bytes }: { name: string; bytes: Uint8Array },
  work: (file: string, base: string) => Promise<Result>,
): Promise<Result> {
  const policy = policyPlace(root).ofAnybody;
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-'));
  try {
    const file = join(folder, 'profile');
    await writeFile(file, bytes, { mode: 0o600 });
    if (lookAt(policy.at('abstractions'))?.kind !== 'folder') {
      return named(await work(file, '/etc/apparmor.d'), [[file, name]]);
    }
    const base = join(folder, 'policy');
    const leftOut: string[] = [];
    await copy(policy, base, { ...budget }, leftOut);
    const result = named(await work(file, base), [
      [base, policy.path],
      [file, name],
    ]);
    if (!result || leftOut.length === 0) return result;
    const why = `not used, for it is no regular file: ${leftOut.slice(0, mostNamed).join(', ')}`;
    return { ...result, reason: `${result.reason} (${why})` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function named<Result extends { reason: string } | undefined>(
  result: Result,
  names: [copy: string, own: string][],
): Result {
  if (!result) return result;
  const reason = names.reduce((text, [from, to]) => text.replaceAll(from, to), result.reason);
  return { ...result, reason };
}

async function copy(
  from: Place,
  to: string,
  left: typeof budget,
  leftOut: string[],
): Promise<void> {
  const tooMuch = () => {
    const most = `${budget.files} files, ${budget.bytes} bytes and ${budget.depth} folders deep`;
    return new PlaceError(from.path, `holds more than policy does: at most ${most}`);
  };
  await mkdir(to, { mode: 0o700 });
  for (const { name, kind } of list(from)) {
    if (name.startsWith('.')) continue;
    if (kind === 'folder' && !noIncludes.has(name)) {
      if (left.depth === 0) throw tooMuch();
      left.depth -= 1;
      await copy(from.at(name), join(to, name), left, leftOut);
      left.depth += 1;
    } else if (kind === 'file') {
      if (left.files === 0) throw tooMuch();
      const size = lookAt(from.at(name))?.stats.size ?? 0;
      if (size > left.bytes) throw tooMuch();
      const bytes = readBytes(from.at(name), left.bytes);
      if (!bytes) continue;
      left.files -= 1;
      left.bytes -= bytes.length;
      await writeFile(join(to, name), bytes, { mode: 0o600, flag: 'wx' });
    } else if (kind !== 'folder') leftOut.push(from.at(name).path);
  }
}
