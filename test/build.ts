import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The sources of dist/: what the scripts read, and what determines their tools. */
const sources = [
  '{browser,cli,contract,db,migrations,packaging,policy,scripts,sdk,trust,worker}/**/*.*',
  '{package,package-lock,tsconfig,tsconfig.browser,tsconfig.sdk}.json',
  'wrangler.toml',
];

/** What dist/ was built from, for each script. scripts/build.ts removes it with the rest of dist/. */
const record = join(root, 'dist/built-from.json');

/**
 * Runs build scripts, except those that have already built dist/ from the current sources, so that the tiers of one CI run
 * share a build. Ends the process if a script fails.
 */
export function buildOnce(scripts: string[]): void {
  const digest = digestOfSources();
  for (const script of scripts) {
    if (built()[script] === digest) continue;
    const { status } = spawnSync(process.execPath, [script], { cwd: root, stdio: 'inherit' });
    if (status !== 0) process.exit(1);
    writeFileSync(record, JSON.stringify({ ...built(), [script]: digest }));
  }
}

function built(): Record<string, string> {
  try {
    return JSON.parse(readFileSync(record, 'utf8'));
  } catch {
    // Not built yet, or by a script directly.
    return {};
  }
}

function digestOfSources(): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of globSync(sources, {
    cwd: root,
    withFileTypes: true,
    exclude: ['worker/catalog/built'],
  })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()) {
    hash.update(`${file}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}
