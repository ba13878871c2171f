import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { migrations } from '../migrations/index.ts';

const root = join(import.meta.dirname, '..');

/** Imports that biome.json must refuse. */
const forbidden: [file: string, imported: string][] = [
  ['policy/syntax/a.ts', 'node:fs'],
  ['policy/syntax/b.ts', 'zod'],
  ['policy/syntax/c.ts', '../../trust/index.ts'],
  ['policy/lint/d.ts', '../../sdk/host/includes.ts'],
  ['trust/a.ts', '../policy/index.ts'],
  ['trust/b.ts', '../db/schema.ts'],
  ['trust/c.ts', 'node:crypto'],
  ['db/a.ts', '../worker/app.ts'],
  ['db/b.ts', '../sdk/client.ts'],
  ['worker/routes/a.ts', '../../sdk/client.ts'],
  ['worker/routes/b.ts', 'drizzle-orm'],
  ['worker/c.ts', '@libsql/client'],
  ['sdk/a.ts', '../worker/app.ts'],
  ['cli/b.ts', '../db/schema.ts'],
  ['sdk/b.ts', '../cli/session.ts'],
  ['browser/a.ts', '../worker/app.ts'],
  ['browser/b.ts', 'node:fs'],
  ['contract/a.ts', '../db/schema.ts'],
  ['contract/b.ts', '../worker/app.ts'],
  ['worker/d.ts', '../cli/session.ts'],
  ['sdk/host/c.ts', '../../worker/routes/versions.ts'],
  ['sdk/d.ts', 'hono'],
  ['sdk/host/e.ts', 'node:fs'],
  ['sdk/host/f.ts', 'node:fs/promises'],
  ['sdk/host/g.ts', '../../db/schema.ts'],
  ['sdk/trust-file.ts', 'node:fs/promises'],
  ['cli/commands/remove.ts', 'node:fs/promises'],
];

const allowed: [file: string, imported: string][] = [
  ['policy/lint/a.ts', '../syntax/tree.ts'],
  ['db/a.ts', '../trust/index.ts'],
  ['worker/routes/a.ts', '../../policy/index.ts'],
  ['worker/routes/b.ts', '../../db/keys.ts'],
  ['sdk/a.ts', '../contract/index.ts'],
  ['cli/a.ts', '../worker/node.ts'],
  ['browser/a.ts', '../trust/index.ts'],
  ['browser/b.ts', '../sdk/resolve/evidence.ts'],
  ['contract/a.ts', '../trust/index.ts'],
  ['sdk/host/b.ts', '../../policy/index.ts'],
  ['sdk/host/tree.ts', 'node:fs'],
  ['sdk/config.ts', 'node:fs/promises'],
];

/** Which of these files, each with one import, are refused by the import rules of biome.json. */
async function restrictedImports(files: [file: string, imported: string][]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  try {
    const config = JSON.parse(await readFile(join(root, 'biome.json'), 'utf8'));
    const alone = { ...config, vcs: { enabled: false }, files: {} };
    await writeFile(join(folder, 'biome.json'), JSON.stringify(alone));
    for (const [file, imported] of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), `export * from '${imported}';\n`);
    }
    const { output } = await tool('biome', ['lint', '--reporter=github', '.'], folder);
    const found = [...output.matchAll(/noRestrictedImports,file=([^,]+),/g)];
    return found.map(([, file = '']) => relative(folder, file)).sort();
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Runs a development tool; returns its output and exit code. */
async function tool(
  name: string,
  args: string[],
  cwd = root,
): Promise<{ code: number; output: string }> {
  const running = promisify(execFile)(join(root, 'node_modules/.bin', name), args, {
    cwd,
    maxBuffer: 64 * 1024 * 1024,
  });
  try {
    const { stdout, stderr } = await running;
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, output: failed.stdout + failed.stderr };
  }
}

describe('the project', () => {
  test('detects an arrow between rooms in the wrong direction', async () => {
    expect(await restrictedImports(forbidden)).toEqual(forbidden.map(([file]) => file).sort());
    expect(await restrictedImports(allowed)).toEqual([]);
  });

  test('pins every package in the lock file, without the name of a registry host', async () => {
    const lock = await readFile(join(root, 'package-lock.json'), 'utf8');
    expect(lock).not.toMatch(/"resolved":/);
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    for (const [name, version] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
    }
  });

  test('documents every dependency in docs/dependencies.md', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const page = await readFile(join(root, 'docs/dependencies.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, name]) => name);
    const used = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(listed.sort()).toEqual(used.sort());
  });

  test('applies all migrations of drizzle-kit in order', async () => {
    const journal = JSON.parse(await readFile(join(root, 'migrations/meta/_journal.json'), 'utf8'));
    const tags = journal.entries.map(({ tag }: { tag: string }) => tag);
    expect(migrations.map(({ name }) => name)).toEqual(tags);
    const { output } = await tool('drizzle-kit', ['check']);
    expect(output).toContain("Everything's fine");
  });
});
