import { join } from 'node:path';
import type { BuildOptions, Plugin } from 'esbuild';

/** Removes zod's other fifty languages, which are not used and take time to load. */
export const onlyEnglish: Plugin = {
  name: 'only-english',
  setup(build) {
    build.onResolve({ filter: /\/locales\/index\.js$/ }, ({ resolveDir }) => ({
      path: join(resolveDir, '../locales/en.js'),
    }));
  },
};

/** Loads string-width when it is first called: that takes a tenth of the start of a command, and few texts need it. */
const lazyStringWidth: Plugin = {
  name: 'lazy-string-width',
  setup(build) {
    build.onResolve({ filter: /^string-width$/ }, ({ kind, path, resolveDir }) =>
      kind === 'import-statement' ? { path, namespace: 'lazy', pluginData: resolveDir } : undefined,
    );
    build.onLoad({ filter: /^string-width$/, namespace: 'lazy' }, ({ path, pluginData }) => ({
      contents: `export default (...args) => require('${path}').default(...args);`,
      resolveDir: pluginData,
    }));
  },
};

/**
 * Replaces worker/analysis/open-thread.ts with `module` of the same folder: the location of the thread's program depends
 * on the bundle.
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

/** The common options of bundles for Node. */
export const bundleOptions = {
  absWorkingDir: join(import.meta.dirname, '..'),
  bundle: true,
  platform: 'node',
  target: 'node24',
  loader: { '.sql': 'text' },
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  logLevel: 'warning',
  plugins: [onlyEnglish, lazyStringWidth],
} satisfies BuildOptions;
