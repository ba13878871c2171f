import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { abstractionFolder } from '../../trust/index.ts';
import { maxPolicy } from './digest-of.ts';
import { PolicyBudget } from './policy-budget.ts';
import type { StagedPackage } from './staged-abstractions.ts';
import { policyPlace } from './state.ts';
import { list, lookAt, type Place, readBytes, unsafePlace } from './tree.ts';
import { type EscapingInclude, withoutWaysOut } from './ways-out.ts';

/** Folders of compiled policy, and of links that count by name only. */
const noIncludes = new Set(['cache', 'cache.d', 'disable', 'force-complain']);

/** The policy folder's path on every system. */
const ownFolder = '/etc/apparmor.d';

/** The maximum depth of copied folders. */
const maxDepth = 8;

/** The maximum number of omissions listed. */
const maxNamed = 5;

/** The paths to run apparmor_parser with. */
export interface PolicyCopy {
  /** The file with the profile. */
  file: string;
  /** The policy folder. */
  base: string;
  /** The working directory, which quoted relative paths are relative to. */
  cwd: string;
  /** A folder that is searched for includes before the policy folder. */
  include?: string | undefined;
}

/** The parts of the policy that a copy lacks. */
interface LeftOut {
  /** The reason for each omitted file, by path. */
  files: { path: string; why: string }[];
  /** Omitted statements, by the copied file that they were in. */
  waysOut: Map<string, EscapingInclude[]>;
}

/**
 * Does `work` with a file that holds `profile`, and with the policy folder for its compilation: a
 * copy of the one below `root`, which only this user can enter. apparmor_parser follows links and includes to
 * anywhere, waits for FIFOs and reads devices, so it is never given a folder of an image. Only regular files are copied,
 * and no statement that leads out of the copy (see ways-out.ts). A root without abstractions has this machine's
 * own folder, `/etc/apparmor.d`. What a result says of the copy it is to say of `root`: a `reason` in it is put so, with
 * `name` for the file.
 */
export async function withPolicyCopy<Result extends { reason: string } | undefined>(
  root: string,
  {
    name,
    bytes,
    abstractions = [],
  }: { name: string; bytes: Uint8Array; abstractions?: readonly StagedPackage[] },
  work: (copy: PolicyCopy) => Promise<Result>,
): Promise<Result> {
  const policy = policyPlace(root).ofAnybody;
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-'));
  try {
    const file = join(folder, 'profile');
    const leftOut: LeftOut = { files: [], waysOut: new Map() };
    await writePolicy(file, bytes, leftOut);
    const isOwn = hasAbstractions(policy);
    const base = isOwn ? join(folder, 'policy') : ownFolder;
    const left = new PolicyBudget(policy);
    if (isOwn) await copy(policy, base, left, maxDepth, leftOut);
    const include = join(folder, 'staged');
    const packages = policy.at(...abstractionFolder.split('/'));
    await mkdir(join(include, 'abstractions'), { recursive: true, mode: 0o700 });
    if (!isOwn && lookAt(packages)?.kind === 'folder')
      await copy(packages, join(include, abstractionFolder), left, maxDepth, leftOut);
    for (const { named, bytes } of abstractions) {
      const path = join(include, abstractionFolder, named.team, named.name);
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      await rm(path, { force: true });
      await writePolicy(path, bytes, leftOut);
    }
    const result = await work({ file, base, cwd: isOwn ? base : folder, include });
    if (!result) return result;
    let reason = explain(result.reason, leftOut);
    if (isOwn) reason = reason.replaceAll(base, policy.path);
    reason = reason.replaceAll(include, policy.path);
    return { ...result, reason: reason.replaceAll(file, name) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Whether a policy folder has a base policy: abstractions of packages alone are none. */
function hasAbstractions(policy: Place): boolean {
  const folder = policy.at('abstractions');
  const own = abstractionFolder.split('/').at(-1);
  if (lookAt(folder)?.kind !== 'folder') return false;
  const names = list(folder).map(({ name }) => name);
  return names.length === 0 || names.some((name) => name !== own);
}

/**
 * Adds the omissions of the copy to the parser's reason for refusing it. The parser does not count lines inside quotes,
 * so the line it names may be off.
 */
function explain(reason: string, { files, waysOut }: LeftOut): string {
  const reported = [...waysOut]
    .filter(([path]) => reason.includes(path))
    .flatMap(([path, found]) =>
      found.map(({ line, says }) => ({
        isNamed: reason.includes(`${path} at line ${line}:`),
        text: `${path}:${line}: ${says} leads out of the policy folder`,
      })),
    );
  const named = reported.find(({ isNamed }) => isNamed);
  if (named) return named.text;
  const parts = [
    ...reported.map(({ text }) => text),
    ...files.map(({ path, why }) => `${path}, ${why}`),
  ];
  if (parts.length === 0) return reason;
  return `${reason} (not used: ${parts.slice(0, maxNamed).join('; ')})`;
}

async function copy(
  from: Place,
  to: string,
  left: PolicyBudget,
  depth: number,
  leftOut: LeftOut,
): Promise<void> {
  await mkdir(to, { mode: 0o700 });
  const names = list(from);
  left.takeNames(names.length);
  for (const { name, kind } of names) {
    const place = from.at(name);
    if (name.startsWith('.')) continue;
    if (kind === 'folder') {
      if (noIncludes.has(name)) continue;
      if (depth === 0) throw unsafePlace(place.path, 'is deeper than folders of policy are');
      await copy(place, join(to, name), left, depth - 1, leftOut);
    } else if (kind === 'file') {
      const bytes = readBytes(place, maxPolicy);
      if (!bytes) continue;
      left.takeBytes(bytes.length);
      if (bytes.includes(0)) leftOut.files.push({ path: place.path, why: 'which has a NUL byte' });
      else await writePolicy(join(to, name), bytes, leftOut);
    } else leftOut.files.push({ path: place.path, why: 'which is not a regular file' });
  }
}

/** Writes a policy file without what leads out of the copy. */
async function writePolicy(path: string, bytes: Uint8Array, leftOut: LeftOut): Promise<void> {
  // Byte by byte, as apparmor_parser reads it.
  const { text, waysOut } = withoutWaysOut(Buffer.from(bytes).toString('latin1'), ownFolder);
  if (waysOut.length > 0) leftOut.waysOut.set(path, waysOut);
  await writeFile(path, text, { encoding: 'latin1', mode: 0o600, flag: 'wx' });
}
