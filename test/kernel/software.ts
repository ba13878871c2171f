import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';

const project = path.resolve(import.meta.dirname, '../..');

/** The built CLI, as users start it. */
export const cli = path.join(project, 'bin/aa-registry');

/** The same as one executable, as the Debian package has it. */
const binary = path.join(project, 'dist/aa-registry');

/** What the tests of the built CLI lack, a sentence each. */
export function missingBuild(): string[] {
  const scripts = { build: path.join(project, 'dist/main.js'), 'build:binary': binary };
  return Object.entries(scripts)
    .filter(([, file]) => !existsSync(file))
    .map(([script]) => `not built yet (npm run ${script})`);
}

/** Puts what the Debian package has into a machine's root. */
export async function installCli(root: string): Promise<void> {
  await mkdir(path.join(root, 'etc/aa-registry'), { recursive: true });
  await copyFile(binary, path.join(root, 'usr/bin/aa-registry'));
  const units = path.join(project, 'packaging/systemd');
  await cp(units, path.join(root, 'usr/lib/systemd/system'), { recursive: true });
}

/** Installs the CLI for the Node.js inside, which, other than the executable, can be told to load more. */
export async function installCliOnNode(root: string): Promise<void> {
  const folder = path.join(root, 'opt/aa-registry');
  const node = path.join(folder, 'node_modules/node/bin');
  for (const made of ['bin', 'dist']) await mkdir(path.join(folder, made), { recursive: true });
  await mkdir(node, { recursive: true });
  await symlink('/usr/local/bin/node', path.join(node, 'node'));
  for (const part of ['bin/aa-registry', 'dist/main.js', 'dist/chunks']) {
    await cp(path.join(project, part), path.join(folder, part), { recursive: true });
  }
  await symlink('/opt/aa-registry/bin/aa-registry', path.join(root, 'usr/local/bin/aa-registry'));
}
