import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';
import { bundleOptions, threadFrom } from '../../../scripts/bundle-options.ts';

const project = path.resolve(import.meta.dirname, '../../..');

/** The launcher of the built CLI. */
export const cli = path.join(project, 'bin/aa-registry');

/** The executable in the Debian package. */
const binary = path.join(project, 'dist/aa-registry');

/** The missing requirements of tests of the built CLI, a sentence each. */
export function missingBuild(): string[] {
  const scripts = { build: path.join(project, 'dist/main.js'), 'build:binary': binary };
  return Object.entries(scripts)
    .filter(([, file]) => !existsSync(file))
    .map(([script]) => `not built yet (npm run ${script})`);
}

/** Installs the contents of the Debian package in a machine's root. */
export async function installCli(root: string): Promise<void> {
  for (const folder of ['etc/aa-registry', 'usr/bin']) {
    await mkdir(path.join(root, folder), { recursive: true });
  }
  await copyFile(binary, path.join(root, 'usr/bin/aa-registry'));
  const units = path.join(project, 'packaging/systemd');
  await cp(units, path.join(root, 'usr/lib/systemd/system'), { recursive: true });
}

/**
 * Installs the executable, and an `aa-registry` that runs all commands in one process of the guest's Node.js. On the
 * emulated CPU most of a command's time is spent in code that runs for the first time, so later ones take a fifth.
 */
export async function installCliInOneProcess(root: string): Promise<void> {
  await installCli(root);
  const guest = path.join(import.meta.dirname, 'guest');
  await build({
    ...bundleOptions,
    plugins: [...bundleOptions.plugins, threadFrom('open-embedded-thread')],
    entryPoints: [path.join(import.meta.dirname, 'cli-process.ts')],
    outfile: path.join(root, 'opt/aa-registry/cli-process.cjs'),
    format: 'cjs',
    // Only the server needs it.
    external: ['libsql'],
    // Half the text to parse.
    minifyWhitespace: true,
    legalComments: 'none',
  });
  const client = path.join(root, 'usr/local/bin/aa-registry');
  await copyFile(path.join(guest, 'one-process.sh'), client);
  await chmod(client, 0o755);
}

/** The program of the executable as files, and what runs it on Node.js, which then can load further modules. */
export const cliOnNode = {
  start: path.join(import.meta.dirname, 'guest/cli-on-node.cjs'),
  folder: path.join(project, 'dist/binary'),
};

/** Installs {@link cliOnNode} for the guest's Node.js. */
export async function installCliOnNode(root: string): Promise<void> {
  const folder = path.join(root, 'opt/aa-registry');
  await mkdir(folder, { recursive: true });
  for (const part of ['main.cjs', 'main.cache']) {
    await copyFile(path.join(cliOnNode.folder, part), path.join(folder, part));
  }
  await copyFile(cliOnNode.start, path.join(folder, 'start.cjs'));
  await writeFile(
    path.join(root, 'usr/local/bin/aa-registry'),
    '#!/bin/sh\nexec node /opt/aa-registry/start.cjs /opt/aa-registry "$@"\n',
    { mode: 0o755 },
  );
}
