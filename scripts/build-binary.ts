import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { type BuildOptions, build } from 'esbuild';
import { buildBrowser } from './browser.ts';
import { bundleOptions, threadFrom, threadProgram } from './bundle-options.ts';

/**
 * Builds dist/aa-registry: the program, Node.js and the embedded database's native module in one executable for
 * Linux on x64 with the GNU C library (Node's single executable applications). It ignores NODE_OPTIONS, since it runs as
 * root.
 */
const root = join(import.meta.dirname, '..');
const work = join(root, 'dist/binary');
const output = join(root, 'dist/aa-registry');

/** The mark in Node's executable that tells whether it contains a program (Node's documentation). */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(`The binary is built on Linux on x64, not ${process.platform} on ${process.arch}.`);
  process.exit(1);
}

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const browser = await buildBrowser();
const options = {
  ...bundleOptions,
  outdir: work,
  outExtension: { '.js': '.cjs' },
  format: 'cjs',
} satisfies BuildOptions;
await build({ ...options, entryPoints: { start: 'packaging/executable/main.ts' } });
const small = { minifySyntax: true, minifyWhitespace: true, legalComments: 'none' } as const;
await build({ ...options, ...small, entryPoints: { analysis: threadProgram } });
const { metafile } = await build({
  ...options,
  entryPoints: { main: 'cli/main.ts' },
  // Wraps it in a function that packaging/executable/main.ts calls.
  banner: { js: '(function (exports, require, module, __filename, __dirname) {' },
  footer: { js: '})' },
  // One file, in which modules still run only when they are first imported.
  supported: { 'dynamic-import': false },
  ...small,
  plugins: [...options.plugins, threadFrom('open-embedded-thread')],
  metafile: true,
  // Makes libsql load a file instead of a package.
  define: { 'process.env.LIBSQL_JS_DEV': 'true' },
  alias: { '@neon-rs/load': './packaging/executable/libsql.ts' },
});

// For scripts/notices.ts.
writeFileSync(
  join(work, 'meta.json'),
  JSON.stringify({ inputs: { ...browser.inputs, ...metafile.inputs } }),
);

const main = join(work, 'main.cjs');
const cache = join(work, 'main.cache');
// Makes the code cache reproducible; does not affect the program.
const deterministic = ['--random-seed=1', '--predictable'];
const compileAhead = join(import.meta.dirname, 'compile-ahead.ts');
execFileSync(process.execPath, [...deterministic, compileAhead, main, cache], { stdio: 'pipe' });
const cachedData = readFileSync(cache);
const { cachedDataRejected } = new Script(readFileSync(main, 'utf8'), { cachedData });
if (cachedDataRejected) throw new Error('Node.js rejects its own code cache');

const require = createRequire(createRequire(import.meta.url).resolve('libsql'));
const blob = join(work, 'main.blob');
const config = join(work, 'sea.json');
writeFileSync(
  config,
  JSON.stringify({
    main: join(work, 'start.cjs'),
    output: blob,
    disableExperimentalSEAWarning: true,
    execArgv: ['--max-semi-space-size=4'],
    execArgvExtension: 'none',
    assets: {
      'main.cjs': main,
      'main.cache': cache,
      'analysis.cjs': join(work, 'analysis.cjs'),
      'libsql.node': require.resolve('@libsql/linux-x64-gnu'),
    },
  }),
);
execFileSync(process.execPath, ['--experimental-sea-config', config], { stdio: 'pipe' });

// Written to a new file and renamed, since the old one may be running.
const next = `${output}.new`;
copyFileSync(process.execPath, next);
chmodSync(next, 0o755);
// Symbols are a seventh of the size. Skipped without binutils.
spawnSync('strip', [next]);
// Run as a command to hide its warnings about unnamed sections.
const postject = join(root, 'node_modules/.bin/postject');
execFileSync(postject, [next, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse], { stdio: 'pipe' });
renameSync(next, output);
