// The time of short commands as whole processes, beside other programs, and of the service until its first response.
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveIn } from '../test/cli/cli.ts';
import { median } from './median.ts';

const root = join(import.meta.dirname, '..');

const runs = 15;
const starts = 5;

const programs: Record<string, string> = {
  'aa-registry (npm)': join(root, 'bin/aa-registry'),
  'aa-registry (executable)': join(root, 'dist/aa-registry'),
};

/** Other programs that print their version, from Debian. */
const others = ['git', 'docker-registry', 'npm'];

/** The duration of a process in milliseconds; `undefined` if the program does not exist. */
function time(command: string, args: string[]): number | undefined {
  const start = performance.now();
  const { error, status } = spawnSync(command, args, { env: { PATH: process.env.PATH } });
  const duration = performance.now() - start;
  if (error) return undefined;
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} exited with ${status}`);
  return duration;
}

/** Prints a table of medians, compared with Node.js alone; the runs of all commands alternate. */
export async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'aa-registry-bench-'));
  try {
    const commands: { name: string; command: string; args: string[] }[] = [
      { name: 'node -e 0', command: process.execPath, args: ['-e', '0'] },
      ...others.map((command) => ({ name: `${command} --version`, command, args: ['--version'] })),
      ...Object.entries(programs).flatMap(([name, command]) =>
        [['--version'], ['status', '--root', folder], ['help'], ['explain', 'syntax']].map(
          (args) => ({ name: `${name} ${args[0]}`, command, args }),
        ),
      ),
    ];
    const times = new Map<string, number[]>(commands.map(({ name }) => [name, []]));
    for (let round = 0; round < runs; round++) {
      for (const { name, command, args } of commands) {
        const duration = time(command, args);
        if (duration !== undefined) times.get(name)?.push(duration);
      }
    }
    const alone = median(times.get('node -e 0') ?? []);
    for (const [name, all] of times) {
      const shown =
        all.length === 0
          ? 'not found'
          : `${median(all).toFixed(0)} ms, ${(median(all) / alone).toFixed(2)} x`;
      console.log(`${name.padEnd(36)} ${shown}`);
    }
    const services: number[] = [];
    for (let at = 0; at < starts; at++) {
      const start = performance.now();
      const running = await serveIn({ env: {} }, join(folder, `service-${at}`));
      await (await fetch(`${running.url}/healthz`)).arrayBuffer();
      services.push(performance.now() - start);
      await running.kill();
    }
    console.log(
      `service with a new database, to its first response: ${median(services).toFixed(0)} ms`,
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}
