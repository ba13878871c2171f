// Mutates the corpus, or without one the policies of the tests, and checks invariants: no exception, a result within a
// second, diagnostics inside the text, a stable formatter. `node scripts/fuzz.ts --seconds N [--seed S] [--parser
// RELEASE]`. Failing texts are printed with the seed, and the exit code is 1. With --parser, the result must also agree
// with this machine's apparmor_parser, which must be of that release; it only compiles and loads nothing.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { check, isRelease, type Release } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import { mutate } from '../test/policy/generate.ts';
import { violations } from '../test/policy/invariants.ts';
import { cases, corpus } from './conformance.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    parser: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const { parser } = values;
if (!(seconds > 0) || (parser !== undefined && !isRelease(parser))) {
  console.error('usage: fuzz --seconds N [--seed S] [--parser RELEASE]');
  process.exit(2);
}

/** A seeded random generator (mulberry32), for reproducible runs. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const folder = join(import.meta.dirname, '../test/policy/cases');
const sources = existsSync(corpus)
  ? cases().map((one) => readFileSync(one.path, 'utf8'))
  : readdirSync(folder).flatMap((name) =>
      readFileSync(join(folder, name), 'utf8').split(/^---.*\n/m),
    );

const resolver = fileResolver({ base: '/etc/apparmor.d', cwd: '/nonexistent' });

/** Compares `check` with this machine's apparmor_parser; returns the difference, none if they agree or the text is not ASCII. */
function differences(text: string, target: Release): string[] {
  if (/[^\t\n\r -~]/.test(text)) return [];
  const compile = ['apparmor_parser', '-Q', '-K', '-S'];
  const features = ['--features-file', '/etc/apparmor.d/abi/3.0'];
  const limits = ['--as=2000000000', '--cpu=20'];
  const { status, error } = spawnSync('prlimit', [...limits, ...compile, ...features], {
    input: text,
    cwd: '/',
    timeout: 20_000,
    maxBuffer: 64 * 1024 * 1024,
  });
  // The parser exceeded a limit, so there is no result to compare.
  if (error || status === null) return [];
  const { ok, diagnostics } = check(text, { resolver, target });
  if (ok === (status === 0)) return [];
  const first = diagnostics.find(({ severity }) => severity === 'error');
  return [
    ok
      ? `apparmor_parser exits with ${status}, check accepts it`
      : `apparmor_parser accepts it, check: ${first?.id} ${first?.message}`,
  ];
}

const seed = Number(values.seed);
const random = generator(seed);
const end = performance.now() + seconds * 1000;
let runs = 0;
let slowest = 0;
let failures = 0;
while (performance.now() < end && failures < 10) {
  let text = sources[Math.floor(random() * sources.length)] ?? '';
  for (let i = Math.floor(random() * 6); i >= 0; i--) text = mutate(text, random);
  runs++;
  const start = performance.now();
  let found: string[];
  try {
    found = [...violations(text), ...(parser ? differences(text, parser as Release) : [])];
  } catch (error) {
    found = [`exception: ${(error as Error).stack}`];
  }
  slowest = Math.max(slowest, performance.now() - start);
  if (found.length > 0) {
    failures++;
    console.log(`--- seed ${seed}, text ${runs}\n${found.join('\n')}\n${JSON.stringify(text)}`);
  }
}
console.log(
  `${runs} texts in ${seconds} s, the slowest took ${slowest.toFixed(1)} ms, ${failures} failed (seed ${seed})`,
);
if (failures > 0) process.exitCode = 1;
