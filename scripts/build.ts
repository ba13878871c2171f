import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildBrowser } from './browser.ts';
import { bundleOptions, threadFrom, threadProgram } from './bundle-options.ts';

/** Builds dist/: the CLI with the Node server, the library (dist/lib) and the bundle for Cloudflare (dist/worker). */
const root = join(import.meta.dirname, '..');

rmSync(join(root, 'dist'), { recursive: true, force: true });
await buildBrowser();
const bundled = build({
  ...bundleOptions,
  entryPoints: { main: 'cli/main.ts', analysis: threadProgram },
  plugins: [...bundleOptions.plugins, threadFrom('open-built-thread')],
  outdir: 'dist',
  // Each command is a chunk that is loaded when it runs, which matters most for the server.
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  external: ['libsql'],
  sourcemap: 'linked',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

// Each uses about one core.
await Promise.all([
  bundled,
  // The library: unbundled modules with their types.
  run('tsc', '--project', 'tsconfig.sdk.json'),
  run('wrangler', 'deploy', '--dry-run', '--outdir', 'dist/worker'),
]);

/** Runs a tool of node_modules; if it fails, shows its output and ends the build. */
function run(tool: string, ...args: string[]): Promise<void> {
  // The dry run requires no account and no network.
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'warn', CI: '1' };
  return new Promise((resolve) => {
    execFile(
      join(root, 'node_modules/.bin', tool),
      args,
      { cwd: root, env },
      (error, stdout, stderr) => {
        if (!error) return resolve();
        process.stderr.write(`${stdout}${stderr}`);
        process.exit(1);
      },
    );
  });
}
