import { existsSync } from 'node:fs';
import { cp, mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';

const project = path.resolve(import.meta.dirname, '../..');

/** The built CLI, as users start it. */
export const cli = path.join(project, 'bin/aa-registry');

/** What the tests of the built CLI lack, a sentence each. */
export function missingBuild(): string[] {
  return existsSync(path.join(project, 'dist/main.js')) ? [] : ['not built yet (npm run build)'];
}

/** Installs the built CLI in a machine's root, on its PATH, as a package would. */
export async function installCli(root: string): Promise<void> {
  const folder = path.join(root, 'opt/aa-registry');
  await mkdir(path.join(folder, 'bin'), { recursive: true });
  await cp(cli, path.join(folder, 'bin/aa-registry'));
  // Not all of dist/: the binary and the Debian package are larger than the machine.
  for (const part of ['dist/main.js', 'dist/chunks']) {
    await cp(path.join(project, part), path.join(folder, part), { recursive: true });
  }
  await symlink('/opt/aa-registry/bin/aa-registry', path.join(root, 'usr/local/bin/aa-registry'));
}
