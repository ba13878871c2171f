// Mutates the corpus (or, without one, the policies of the tests) and checks what must hold for every text:
// no exception, an answer within a second, diagnostics inside the text, a stable formatter.
// `node scripts/fuzz.ts --seconds N [--seed S]`. What fails is printed whole, with the seed, and the exit code is 1.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mutate } from '../test/policy/generate.ts';
import { violations } from '../test/policy/invariants.ts';
import { cases, corpus } from './conformance.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
  },
});
const seconds = Number(values.seconds);
if (!(seconds > 0)) {
  console.error('usage: fuzz --seconds N [--seed S]');
  process.exit(2);
}

/** A small random generator, so that a seed repeats a run (mulberry32). */
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
  let wrong: string[];
  try {
    wrong = violations(text);
  } catch (error) {
    wrong = [`exception: ${(error as Error).stack}`];
  }
  slowest = Math.max(slowest, performance.now() - start);
  if (wrong.length > 0) {
    failures++;
    console.log(`--- seed ${seed}, text ${runs}\n${wrong.join('\n')}\n${JSON.stringify(text)}`);
  }
}
console.log(
  `${runs} texts in ${seconds} s, the slowest took ${slowest.toFixed(1)} ms, ${failures} failed (seed ${seed})`,
);
if (failures > 0) process.exitCode = 1;
