import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { type Apt, aptFor } from './apt.ts';
import { cached } from './cache.ts';
import type { Guest } from './guests.ts';
import { installed } from './tools.ts';

/** The required Debian packages on the host; all others are installed in the guest only. */
export const debianPackages = [
  'qemu-system-x86',
  'e2fsprogs',
  'xz-utils',
  'debian-archive-keyring',
];

/** The Node.js for the guest: that of the development dependencies. */
export const nodeBinary = path.resolve(import.meta.dirname, '../../../node_modules/node/bin/node');

const programs: Record<string, string> = {
  'qemu-system-x86_64': 'qemu-system-x86',
  mke2fs: 'e2fsprogs',
  'apt-get': 'apt',
  'apt-cache': 'apt',
  'dpkg-deb': 'dpkg',
  setpriv: 'util-linux',
  xz: 'xz-utils',
};

/** The missing requirements of the kernel tests, a sentence each; none if they can run. */
export async function missing(...guests: Guest[]): Promise<string[]> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return [`the guest is Linux on x64, this is ${process.platform} on ${process.arch}`];
  }
  const lacks = Object.entries(programs)
    .filter(([program]) => !installed(program))
    .map(([program, name]) => `${program} is not installed (Debian package ${name})`);
  if (!existsSync(nodeBinary)) lacks.push(`${nodeBinary} is not there (npm ci)`);
  if (lacks.length > 0) return lacks;

  try {
    for (const guest of guests) await guestDebs(guest);
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [`Debian's packages for the guest cannot be had (${reason})`];
  }
}

const debs = new Map<Guest, Promise<string[]>>();

/**
 * The guest's packages as .deb files. apt downloads them, without root, and verifies the archive's signature; only new
 * versions are downloaded again.
 */
export function guestDebs(guest: Guest): Promise<string[]> {
  const known = debs.get(guest) ?? download(guest);
  debs.set(guest, known);
  return known;
}

async function download({
  name,
  suite,
  packages,
  programs,
  dependencies,
}: Guest): Promise<string[]> {
  const apt = await aptFor(suite);
  const names = [await kernelPackage(apt), ...packages, ...Object.keys(programs)];
  return downloadPackages(apt, name, names, dependencies);
}

/**
 * Packages of a release as .deb files, with those that they depend on if asked for. They are downloaded again when one has
 * a new version.
 */
export async function downloadPackages(
  apt: Apt,
  kind: string,
  names: readonly string[],
  dependencies = false,
): Promise<string[]> {
  const command = dependencies
    ? ['install', '--yes', '--no-install-recommends', '-qq']
    : ['download', '-qq'];
  // One line per package, with its hash.
  const versions = await apt('apt-get', [...command, '--print-uris', ...names]);
  const key = createHash('sha256').update(versions).digest('hex').slice(0, 16);
  const folder = await cached(`debs-${kind}`, key, async (scratch) => {
    await mkdir(path.join(scratch, 'partial'));
    const into = dependencies ? ['-o', `Dir::Cache::Archives=${scratch}`, '--download-only'] : [];
    await apt('apt-get', [...into, ...command, ...names], { cwd: scratch, timeoutMs: 600_000 });
  });
  return (await readdir(folder))
    .filter((name) => name.endsWith('.deb'))
    .map((name) => path.join(folder, name));
}

/** The newest cloud kernel, on which the package linux-image-cloud-amd64 depends. */
async function kernelPackage(apt: Apt): Promise<string> {
  const depends = await apt('apt-cache', ['depends', 'linux-image-cloud-amd64']);
  const name = /Depends: (linux-image-\S+)/.exec(depends.toString())?.[1];
  if (name === undefined) throw new Error('linux-image-cloud-amd64 names no kernel');
  return name;
}
