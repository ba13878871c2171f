import * as fleet from './fleet.ts';
import * as hostile from './hostile.ts';
import * as http from './http.ts';
import * as log from './log.ts';
import * as policy from './policy.ts';
import * as scale from './scale.ts';
import * as start from './start.ts';

/** `npm run bench -- NAME`: each benchmark compares things side by side in one run and prints a table. */
const benchmarks: Record<string, { run: (args: string[]) => Promise<void> }> = {
  policy,
  log,
  fleet,
  scale,
  http,
  hostile,
  start,
};

const [name, ...args] = process.argv.slice(2);
const chosen = name === undefined ? Object.keys(benchmarks) : [name];
for (const each of chosen) {
  const benchmark = benchmarks[each];
  if (!benchmark) {
    console.error(
      `There is no benchmark ${each}; there are ${Object.keys(benchmarks).join(', ')}.`,
    );
    process.exit(2);
  }
  await benchmark.run(args);
}
