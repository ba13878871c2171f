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
