import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';

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
} satisfies BuildOptions;
