import * as fleet from './fleet.ts';
import * as hostile from './hostile.ts';
import * as http from './http.ts';
import * as log from './log.ts';
import * as memory from './memory.ts';
import * as modelBench from './model.ts';
import * as pages from './pages.ts';
import * as peers from './peers.ts';
import * as policy from './policy.ts';
import * as scale from './scale.ts';
import * as start from './start.ts';

/**
 * `npm run bench -- [NAME [ARGUMENT…]]`: each benchmark prints a table. They compare measurements of the same run, since
 * absolute times depend on the machine.
 */
const benchmarks: Record<string, { run: (args: string[]) => Promise<void> }> = {
  policy,
  model: modelBench,
  log,
  fleet,
  scale,
  http,
  pages,
  peers,
  hostile,
  start,
  memory,
};

const [name, ...args] = process.argv.slice(2);
const chosen = name === undefined ? Object.keys(benchmarks) : [name];
for (const one of chosen) {
  const benchmark = benchmarks[one];
  if (!benchmark) {
    console.error(
      `Unknown benchmark ${one}. The benchmarks: ${Object.keys(benchmarks).join(', ')}.`,
    );
    process.exit(2);
  }
  await benchmark.run(args);
}
