// The start-up time of the program, compared with Node.js alone.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/** The fastest of `runs`, in milliseconds: other load on the machine can only make a run slower. */
function fastest(runs: number, command: string, args: string[]): number {
  const times = Array.from({ length: runs }, () => {
    const start = performance.now();
    const { status } = spawnSync(command, args, { env: { PATH: process.env.PATH } });
    const time = performance.now() - start;
    if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}`);
    return time;
  });
  return Math.min(...times);
}

export async function run(): Promise<void> {
  const runs = 12;
  const node = fastest(runs, process.execPath, ['-e', '0']);
  console.log(`Node.js alone: ${node.toFixed(0)} ms, the fastest of ${runs}`);
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
      const time = fastest(runs, path, args);
      console.log(`${name} ${args.join(' ')}: ${(time / node).toFixed(2)} x`);
    }
  }
}
