import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

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
  await mkdir(path.join(root, 'etc/aa-registry'), { recursive: true });
  await copyFile(binary, path.join(root, 'usr/bin/aa-registry'));
  const units = path.join(project, 'packaging/systemd');
  await cp(units, path.join(root, 'usr/lib/systemd/system'), { recursive: true });
}

/** Installs the program for the guest's Node.js, which, unlike the executable, can load further modules. */
export async function installCliOnNode(root: string): Promise<void> {
  const folder = path.join(root, 'opt/aa-registry');
  await mkdir(folder, { recursive: true });
  for (const part of ['main.cjs', 'main.cache']) {
    await copyFile(path.join(project, 'dist/binary', part), path.join(folder, part));
  }
  const start = path.join(import.meta.dirname, 'guest/cli-on-node.cjs');
  await copyFile(start, path.join(folder, 'start.cjs'));
  await writeFile(
    path.join(root, 'usr/local/bin/aa-registry'),
    '#!/bin/sh\nexec node /opt/aa-registry/start.cjs "$@"\n',
    { mode: 0o755 },
  );
}
