import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aaRegistry, type ServedRegistry, scratch, serve } from '../cli/cli.ts';

const root = join(import.meta.dirname, '../..');
const tools = join(root, 'node_modules/.bin');
const nginx = join(root, 'profiles/docker-nginx');

/** The dependencies that npm install would add, which does not include types of Node.js. */
const dependencies = [
  'zod',
  'semver',
  'smol-toml',
  'spdx-expression-parse',
  'spdx-exceptions',
  'spdx-license-ids',
  '@noble',
];

/** The additional dependencies of a program that uses Node.js. */
const nodeTypes = ['@types/node', 'undici-types'];

/** The files that npm would publish. */
function packed(...args: string[]): string[] {
  const output = execFileSync('npm', ['pack', '--json', '--ignore-scripts', ...args], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  const listing = JSON.parse(output);
  const [{ files }] = Array.isArray(listing) ? listing : Object.values(listing);
  return files.map(({ path }: { path: string }) => path);
}

describe('the npm package', () => {
  let folder: string;
  let clean: () => Promise<void>;
  let registry: ServedRegistry;
  const at = (...parts: string[]) => join(folder, ...parts);

  /** Runs an example with the command in its first line. */
  const example = (file: string, ...args: string[]) =>
    execFileSync(process.execPath, [at('examples', file), ...args], { encoding: 'utf8' });

  beforeAll(async () => {
    ({ path: folder, clean } = await scratch());
    packed('--pack-destination', folder);
    const [archive = ''] = (await readdir(folder)).filter((name) => name.endsWith('.tgz'));
    await mkdir(at('node_modules'));
    execFileSync('tar', ['-xzf', at(archive), '-C', folder]);
    await cp(at('package'), at('node_modules/aa-registry'), { recursive: true });
    for (const name of dependencies) {
      await symlink(join(root, 'node_modules', name), at('node_modules', name));
    }
    await mkdir(at('with-node/node_modules/@types'), { recursive: true });
    for (const name of nodeTypes) {
      await symlink(join(root, 'node_modules', name), at('with-node/node_modules', name));
    }
    await cp(join(root, 'examples'), at('examples'), { recursive: true });
    await cp(join(root, 'examples'), at('with-node/examples'), { recursive: true });
    const page = await readFile(join(root, 'docs/sdk.md'), 'utf8');
    const snippets = [...page.matchAll(/^```[jt]s\n(.*?)^```$/gms)].map(([, code = '']) => code);
    expect(snippets.length).toBeGreaterThan(2);
    await mkdir(at('snippets'));
    for (const [index, code] of snippets.entries()) {
      await writeFile(at('snippets', `${index}.ts`), code);
    }
    await writeFile(at('package.json'), JSON.stringify({ type: 'module' }));

    registry = await serve(at('data'));
    const env = { AA_REGISTRY: registry.url, AA_TOKEN: registry.adminToken };
    await mkdir(at('host'), { recursive: true });
    for (const args of [
      ['team', 'create', 'library'],
      ['key', 'generate', '--out', at('key.pem')],
      ['key', 'add', 'library', at('key.pem.pub')],
      ['publish', nginx, '--version', '1.0.0', '--key', at('key.pem')],
      ['trust', 'init', 'library', '--root', at('host'), '--yes'],
    ]) {
      const { code, stderr } = await aaRegistry(args, { env });
      expect(code, stderr).toBe(0);
    }
  });
  afterAll(async () => {
    await registry.kill();
    await clean();
  });

  test('contains the program, the library and their documents, and nothing else', () => {
    const files = packed('--dry-run');
    expect(files).toContain('bin/aa-registry');
    expect(files).toContain('dist/main.js');
    expect(files).toContain('dist/lib/sdk/index.d.ts');
    const others = files.filter(
      (file) =>
        !/^dist\/chunks\/[\w-]+\.js$/.test(file) &&
        !/^dist\/lib\/(sdk|contract|trust|policy)\/[\w/-]+\.(js|d\.ts)$/.test(file),
    );
    expect(others.sort()).toEqual([
      'LICENSE',
      'README.md',
      'bin/aa-registry',
      'dist/analysis.js',
      'dist/main.js',
      'package.json',
      ...['github-install.sh', 'github-review.sh', 'lint.sh', 'packages.sh', 'review.sh'].map(
        (name) => `packaging/ci/${name}`,
      ),
    ]);
  });

  /** Type checks files as a program's own TypeScript project does, the declarations of its packages too. */
  async function typecheck(folder: string, include: string[], options: object): Promise<void> {
    const config = join(folder, 'tsconfig.json');
    const compilerOptions = {
      target: 'es2024',
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      ...options,
    };
    await writeFile(config, JSON.stringify({ compilerOptions, include }));
    const { status, stdout } = spawnSync(join(tools, 'tsc'), ['--project', config], {
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  }

  const resolutions = [
    { module: 'nodenext', moduleResolution: 'nodenext' },
    { module: 'esnext', moduleResolution: 'bundler' },
  ];

  test.each(resolutions)(
    'the examples and its types check with the types of Node.js only, with $moduleResolution',
    (resolution) =>
      typecheck(at('with-node'), ['examples'], {
        ...resolution,
        lib: ['es2024'],
        types: ['node'],
      }),
  );

  test.each(resolutions)(
    'the snippets of docs/sdk.md and its types check without @types/node, with $moduleResolution',
    async (resolution) => {
      // TypeScript's default libraries, then those of a worker.
      await typecheck(folder, ['snippets'], { ...resolution, types: [] });
      const lib = ['es2024', 'webworker', 'webworker.iterable'];
      await typecheck(folder, ['snippets'], {
        ...resolution,
        types: [],
        lib,
        exactOptionalPropertyTypes: true,
      });
    },
  );

  test('search.ts lists profiles', () => {
    expect(example('search.ts', registry.url, 'nginx')).toMatch(/^library\/docker-nginx: ./);
  });

  test('verify.ts writes a verified profile', async () => {
    const trust = at('host/etc/aa-registry/trust.toml');
    const bytes = await readFile(join(nginx, 'docker-nginx'), 'utf8');
    expect(example('verify.ts', 'docker-nginx@1.0.0', trust)).toBe(bytes);
  });

  test('install.ts installs a profile below a root, also repeatedly', async () => {
    const file = at('host/etc/apparmor.d/aa-registry.library.docker-nginx');
    expect(example('install.ts', 'docker-nginx', at('host'))).toBe(`${file}\n`);
    expect(example('install.ts', 'docker-nginx', at('host'))).toBe(`${file}\n`);
    expect(await readFile(file)).toEqual(await readFile(join(nginx, 'docker-nginx')));
  });

  test('internal modules can’t be imported', () => {
    const script =
      "import('aa-registry/dist/lib/sdk/host/remove.js').catch((e) => console.log(e.code))";
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(output).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });
});
