// How long the program takes to start, as a ratio to Node.js alone, in one run on one machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The quickest of `runs`, in milliseconds: what else the machine does only makes one slower. */
function quickest(runs: number, command: string, args: string[]): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    const { status } = spawnSync(command, args, { env: { PATH: process.env.PATH } });
    const time = performance.now() - start;
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
    return time;
  });
  return Math.min(...times);
}

export async function run(): Promise<void> {
  const runs = 12;
  const node = quickest(runs, process.execPath, ['-e', '0']);
  console.log(`Node.js alone: ${node.toFixed(0)} ms, the quickest of ${runs}`);
  const programs: [name: string, path: string][] = [
    ['bundle', join(root, 'bin/aa-registry')],
    ['executable', join(root, 'dist/aa-registry')],
  ];
  for (const [name, path] of programs) {
    if (!existsSync(path) || !existsSync(join(root, 'dist/main.js'))) {
      console.log(`${name}: not built`);
      continue;
    }
    for (const args of [['--version'], ['help'], ['explain', 'syntax']]) {
      const time = quickest(runs, path, args);
      console.log(`${name} ${args.join(' ')}: ${(time / node).toFixed(2)} times that`);
    }
  }
}
