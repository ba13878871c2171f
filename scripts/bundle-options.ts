import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/** Leaves out of zod what it says in fifty other languages: nobody asks for it, and loading it takes time. */
const onlyEnglish: Plugin = {
  name: 'only-english',
  setup(build) {
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ resolveDir }) => ({
      path: join(resolveDir, '../locales/en.js'),
    }));
  },
};

/**
 * Has a bundle start the thread of worker/analysis from `module` in that folder: the thread's program is a file of its
 * own, and where that lies depends on the bundle.
 */
export const threadFrom = (module: 'open-built-thread' | 'open-embedded-thread'): Plugin => ({
  name: 'thread-from',
  setup(build) {
    build.onResolve({ filter: /\/open-thread\.ts$/ }, ({ resolveDir }) => ({
      path: join(resolveDir, `${module}.ts`),
    }));
  },
});

/** The thread's program, as an entry point of a bundle. */
export const threadProgram = 'worker/analysis/thread.ts';

/** What every bundle of the program for Node has in common. */
export const bundleOptions = {
  absWorkingDir: join(import.meta.dirname, '..'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  loader: { '.sql': 'text' },
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  logLevel: 'warning',
  plugins: [onlyEnglish],
} satisfies BuildOptions;
