import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { migrations } from '../migrations/index.ts';

const root = new URL('..', import.meta.url).pathname;

/** Runs a development tool; its output and exit code. */
async function tool(
  name: string,
  args: string[],
  input = '',
): Promise<{ code: number; output: string }> {
  const running = promisify(execFile)(join(root, 'node_modules/.bin', name), args, {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.end(input);
  try {
    const { stdout, stderr } = await running;
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string };
    return { code: failed.code, output: failed.stdout + failed.stderr };
  }
}

describe('the project', () => {
  test('type checks', async () => {
    expect(await tool('tsc', ['--noEmit'])).toEqual({ code: 0, output: '' });
  });

  test('is formatted and lints, the arrows between rooms included', async () => {
    const { code, output } = await tool('biome', [
      'ci',
      '--error-on-warnings',
      '--colors=off',
      '.',
    ]);
    expect(code, output).toBe(0);
  });

  // What keeps the arrows is a part of biome.json; this is what fails when somebody loosens it.
  test.each([
    ['policy/syntax/x.ts', 'node:fs'],
    ['policy/syntax/x.ts', 'zod'],
    ['policy/syntax/x.ts', '../../trust/index.ts'],
    ['policy/lint/x.ts', '../../sdk/host/includes.ts'],
    ['trust/x.ts', '../policy/index.ts'],
    ['trust/x.ts', '../db/schema.ts'],
    ['trust/x.ts', 'node:crypto'],
    ['db/x.ts', '../worker/app.ts'],
    ['db/x.ts', '../sdk/client.ts'],
    ['worker/api/x.ts', '../../sdk/client.ts'],
    ['worker/api/x.ts', 'drizzle-orm'],
    ['worker/x.ts', '@libsql/client'],
    ['sdk/x.ts', '../worker/app.ts'],
    ['sdk/cli/x.ts', '../../db/schema.ts'],
    ['sdk/host/x.ts', '../../worker/api/versions.ts'],
    ['sdk/x.ts', 'hono'],
  ])('%s may not import %s', async (file, imported) => {
    const source = `import * as imported from '${imported}';\n\nconsole.log(imported);\n`;
    const args = ['lint', '--colors=off', `--stdin-file-path=${file}`];
    const { output } = await tool('biome', args, source);
    expect(output).toContain('noRestrictedImports');
  });

  test.each([
    ['policy/lint/x.ts', '../syntax/tree.ts'],
    ['db/x.ts', '../trust/index.ts'],
    ['worker/api/x.ts', '../../policy/index.ts'],
    ['worker/api/x.ts', '../../db/keys.ts'],
    ['sdk/x.ts', '../worker/api/schema/index.ts'],
    ['sdk/host/x.ts', '../../policy/index.ts'],
  ])('%s may import %s', async (file, imported) => {
    const source = `import * as imported from '${imported}';\n\nconsole.log(imported);\n`;
    const args = ['lint', '--colors=off', `--stdin-file-path=${file}`];
    const { output } = await tool('biome', args, source);
    expect(output).not.toContain('noRestrictedImports');
  });

  test('the lock file pins every package and names no registry host', async () => {
    const lock = await readFile(join(root, 'package-lock.json'), 'utf8');
    expect(lock).not.toMatch(/"resolved":/);
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    for (const [name, version] of Object.entries({
      ...manifest.dependencies,
      ...manifest.devDependencies,
    })) {
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
    }
  });

  test('every dependency is accounted for in docs/dependencies.md', async () => {
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    const page = await readFile(join(root, 'docs/dependencies.md'), 'utf8');
    const listed = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
    const used = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(listed.sort()).toEqual(used.sort());
  });

  test("the program applies drizzle-kit's migrations, all of them, in order", async () => {
    const journal = JSON.parse(await readFile(join(root, 'migrations/meta/_journal.json'), 'utf8'));
    const tags = journal.entries.map(({ tag }: { tag: string }) => tag);
    expect(migrations.map(({ name }) => name)).toEqual(tags);
    const { output } = await tool('drizzle-kit', ['check']);
    expect(output).toContain("Everything's fine");
  });
});
