import { spawnSync } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { configDefaults } from 'vitest/config';
import { startVitest, type TestCase } from 'vitest/node';
import { buildOnce } from './build.ts';
import type { Guest } from './system/kernel/guests.ts';
import { debianPackages as kernelPackages, missing } from './system/kernel/packages.ts';
import { type Tier, tiers } from './tiers.ts';

/**
 * Runs a tier of the tests (tiers.ts): installs its requirements if possible, builds, and runs the files whose paths contain
 * one of the patterns, or all. `run.ts TIER [PATTERN…] [-u]`; -u updates snapshots and generated docs. Skipped tests are listed with the missing requirement; in CI they
 * are failures. So are errors outside of tests, and tests that did not finish since their process crashed.
 */
const root = join(import.meta.dirname, '..');

function isInstalled(name: string): boolean {
  const found = spawnSync('dpkg', ['--status', name], { encoding: 'utf8' });
  return found.stdout?.includes('Status: install ok installed') ?? false;
}

/** The guests that the files of a tier whose paths contain a pattern boot. */
function guestsOf({ include, exclude, guests }: Tier, patterns: string[]): Guest[] {
  const files = globSync(include, { cwd: root, exclude }).filter(
    (file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)),
  );
  return files.some((file) => /^test\/system\/(kernel|docker)\//.test(file)) ? guests : [];
}

async function installPackages(packages: Tier['packages'], guests: Guest[]): Promise<void> {
  const absent = [
    ...packages.filter(([file]) => !existsSync(file)).map(([, name]) => name),
    ...(guests.length > 0 ? kernelPackages.filter((name) => !isInstalled(name)) : []),
  ];
  // The kernel tests also download packages for their guests.
  if (absent.length === 0 && (guests.length === 0 || (await missing(...guests)).length === 0)) {
    return;
  }
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    console.log(`Not installed, since this is not root on Debian: ${absent.join(', ')}`);
    return;
  }
  // The package lists may be old or empty.
  if (!aptGet('update', '-q') || absent.length === 0) return;
  console.log(`Installing from Debian: ${absent.join(', ')}`);
  aptGet('install', '-q', '-y', '--no-install-recommends', ...absent);
}

function aptGet(...args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const done = spawnSync('apt-get', args, { env, encoding: 'utf8', timeout: 900_000 });
  if (done.status !== 0) console.log(`apt-get ${args[0]} failed: ${done.stderr?.trim()}`);
  return done.status === 0;
}

/** The name of a skipped test, or of its suite if all of that is skipped. */
function skippedPart(test: TestCase): string {
  const { parent } = test;
  if (parent.type !== 'suite') return test.fullName;
  const all = [...parent.children.allTests()].every((one) => one.result().state === 'skipped');
  return all ? parent.fullName : test.fullName;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { update: { type: 'boolean', short: 'u' } },
});
const [name = '', ...patterns] = positionals;
if (!Object.hasOwn(tiers, name)) {
  console.error(`usage: run.ts ${Object.keys(tiers).join('|')} [PATTERN…] [-u]`);
  process.exit(2);
}
const tier: Tier = tiers[name as keyof typeof tiers];
await installPackages(tier.packages, guestsOf(tier, patterns));
buildOnce(['scripts/build.ts', ...(tier.executable ? ['scripts/build-binary.ts'] : [])]);

process.env.AA_TEST_RUNTIMES = tier.runtimes;
process.env.AA_TEST_RUNS ??= String(tier.runs);
const { include, exclude, workers } = tier;
const vitest = await startVitest('test', patterns, {
  root,
  watch: false,
  ...(values.update && { update: true }),
  include,
  maxWorkers: workers,
  exclude: [...configDefaults.exclude, ...exclude],
});
const counts = { passed: 0, failed: 0, unfinished: 0, skipped: 0 };
const skipped = new Set<string>();
const unfinished = new Set<string>();
for (const module of vitest.state.getTestModules()) {
  const state = module.state();
  // A file that can't be loaded has no tests.
  if (state === 'failed' && module.errors().length > 0) counts.failed++;
  // Vitest says of the tests of a suite whose hook failed that they were skipped.
  for (const suite of module.children.allSuites()) if (suite.errors().length > 0) counts.failed++;
  if (state === 'queued' || state === 'pending') unfinished.add(module.relativeModuleId);
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'pending') counts.unfinished++;
    else counts[state]++;
    if (state === 'skipped') skipped.add(skippedPart(test));
  }
}
const durations = vitest.state
  .getTestModules()
  .map((module) => ({
    file: module.relativeModuleId,
    seconds: module.diagnostic().duration / 1000,
  }))
  .sort((a, b) => b.seconds - a.seconds);
const errors = vitest.state.getUnhandledErrors().length;
await vitest.close();

for (const name of skipped) console.log(`skipped: ${name}`);
for (const file of unfinished) console.log(`did not finish: ${file}`);
console.log('\nSlowest files:');
for (const { file, seconds } of durations.slice(0, 20)) {
  console.log(`${seconds.toFixed(0).padStart(5)} s  ${file}`);
}
const { passed, failed } = counts;
const strict = Boolean(process.env.CI);
const ok =
  passed > 0 &&
  failed === 0 &&
  unfinished.size === 0 &&
  errors === 0 &&
  !(strict && counts.skipped > 0);
const summary = [
  `${passed} passed`,
  `${failed} failed`,
  `${counts.skipped} skipped${strict && counts.skipped > 0 ? ' (CI accepts none)' : ''}`,
  ...(unfinished.size > 0 ? [`${counts.unfinished} unfinished`] : []),
  ...(errors > 0 ? [`${errors} errors outside of tests`] : []),
];
console.log(`\n${ok ? 'OK' : 'FAILED'}: ${summary.join(', ')}`);
process.exit(ok ? 0 : 1);
