import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { onlyEnglish } from './bundle-options.ts';

/**
 * Bundles the scripts that run in browsers (browser/) as texts that the service serves: worker/catalog/built/NAME.txt. All
 * bundlers of the service import these as text. Also a program, which wrangler runs before each bundle.
 */
const root = join(import.meta.dirname, '..');
const output = join(root, 'worker/catalog/built');

const options = {
  absWorkingDir: root,
  entryPoints: {
    can: 'browser/can/start.ts',
    'can-worker': 'browser/can/worker.ts',
    playground: 'browser/playground/main.ts',
    'playground-worker': 'browser/playground/worker.ts',
    verify: 'browser/verify/start.ts',
  },
  bundle: true,
  platform: 'browser',
  // Browsers that have Ed25519 in WebCrypto.
  target: 'es2023',
  format: 'esm',
  minify: true,
  legalComments: 'none',
  tsconfig: 'tsconfig.browser.json',
  logLevel: 'warning',
  outdir: output,
  write: false,
  metafile: true,
  plugins: [onlyEnglish],
} satisfies BuildOptions;

/**
 * Bundles the scripts. A file that would be the same is not written, since another bundler may be reading it.
 *
 * @returns what they were made of, for scripts/notices.ts
 */
export async function buildBrowser(): Promise<Metafile> {
  const { outputFiles, metafile } = await build(options);
  await mkdir(output, { recursive: true });
  for (const { path, text } of outputFiles) {
    const file = path.replace(/\.js$/, '.txt');
    if ((await readFile(file, 'utf8').catch(() => undefined)) !== text) await writeFile(file, text);
  }
  return metafile;
}

if (import.meta.main) await buildBrowser();
