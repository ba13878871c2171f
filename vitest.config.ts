import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { buildBrowser } from './scripts/browser.ts';
import { bundleOptions, threadProgram } from './scripts/bundle-options.ts';
import { slowest } from './test/tiers.ts';

/** The bundle of the analysis thread's program. */
const bundledThread = join(import.meta.dirname, 'node_modules/.cache/aa-registry/analysis.js');

/** Starts the slowest files first, so that no worker is left with one when the others are done; then the largest. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = slowest.indexOf(relative(import.meta.dirname, moduleId));
      return at < 0 ? slowest.length : at;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  plugins: [
    {
      // The bundlers load .sql and .txt as text (wrangler.toml, scripts/build.ts); so do the tests.
      name: 'files-as-text',
      // Before Vite's own plugin, for which .txt files are assets with an address.
      enforce: 'pre',
      async buildStart() {
        await buildBrowser();
      },
      load(id) {
        if (!/\.(sql|txt)$/.test(id)) return null;
        return `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`;
      },
    },
    {
      // From its sources, each thread would remove the types of all modules with Node's WebAssembly parser: slow, and V8
      // may crash when threads of one process run the same WebAssembly ("Check failed: jit_page.has_value()").
      name: 'bundled-analysis-thread',
      // Not in load(), whose result Vitest keeps for the next run although modules of the bundle have changed.
      async buildStart() {
        await build({
          ...bundleOptions,
          entryPoints: [threadProgram],
          outfile: bundledThread,
          format: 'esm',
        });
      },
      load(id) {
        if (!id.endsWith('/worker/analysis/open-thread.ts')) return null;
        return `import { Worker } from 'node:worker_threads';
          export const openThread = (options) => new Worker(${JSON.stringify(bundledThread)}, options);`;
      },
    },
  ],
  test: {
    include: ['test/**/*.test.ts', 'test/**/*.test.tsx'],
    setupFiles: ['test/property-seed.ts'],
    // Importing the modules again for each file would take a third of the time. Processes, since the embedded database and
    // WebAssembly in several threads of one process crash V8.
    isolate: false,
    pool: 'forks',
    sequence: { sequencer: SlowestFirst },
    // Ends a test that hangs; a slow machine is no failure.
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
