// The policy checker compared with Debian's apparmor_parser.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { check, lint, parse } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';

const base = '/etc/apparmor.d';
const extra = '/usr/share/apparmor/extra-profiles';

/** The paths of the host's profiles: the files at the top level of both folders. */
function hostProfiles(): string[] {
  return [base, extra]
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => name !== 'README')
        .map((name) => join(folder, name))
        .filter((path) => statSync(path).isFile()),
    );
}

/** The median of `runs` timings of `work`, in milliseconds. */
function median(runs: number, work: () => void): number {
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    work();
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1] as number;
}

function row(name: string, value = '', goal = ''): void {
  console.log(`${name.padEnd(54)}${value.padStart(18)}  ${goal}`.trimEnd());
}

const ms = (value: number) => `${value.toFixed(value < 10 ? 3 : 1)} ms`;

/** Prints the table; without ratios if apparmor_parser is not installed. */
export async function run(): Promise<void> {
  const files = hostProfiles();
  const sources = files.map((file) => readFileSync(file, 'utf8'));
  row(`policy: ${files.length} host profiles`);

  const installed = spawnSync('apparmor_parser', ['--version']).status === 0;
  const reference = installed
    ? median(7, () => spawnSync('apparmor_parser', ['-Q', '-K', '-N', ...files]))
    : undefined;
  if (reference === undefined) row('apparmor_parser is not installed: no ratios');
  else row('apparmor_parser -Q -K -N, whole process', ms(reference));

  const inProcess = () => {
    const resolver = fileResolver({ base });
    for (const source of sources) check(source, { resolver });
  };
  row('check, in process, first run', ms(median(1, inProcess)));
  for (let i = 0; i < 10; i++) inProcess();
  const warm = median(15, inProcess);
  row('check, in process, warm, includes not cached', ms(warm));
  if (reference !== undefined) {
    row('  ratio to apparmor_parser', `${(warm / reference).toFixed(2)} x`, 'goal: at most 1');
  }

  const here = import.meta.dirname;
  const program = `
    import { readFileSync } from 'node:fs';
    import { check } from './policy/index.ts';
    import { fileResolver } from './sdk/host/includes.ts';
    const resolver = fileResolver({ base: ${JSON.stringify(base)} });
    for (const file of process.argv.slice(2)) check(readFileSync(file, 'utf8'), { resolver });`;
  const folder = mkdtempSync(join(tmpdir(), 'aa-bench-'));
  try {
    // In one bundled file, as released.
    const bundle = join(folder, 'check.mjs');
    buildSync({
      stdin: { contents: program, resolveDir: join(here, '..'), loader: 'ts' },
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      outfile: bundle,
    });
    const empty = join(folder, 'empty.mjs');
    writeFileSync(empty, '');
    const node = (script: string) =>
      median(9, () => spawnSync(process.execPath, [script, ...files]));
    const whole = node(bundle);
    row('check, whole process', ms(whole), `Node alone: ${ms(node(empty))}`);
    if (reference !== undefined) {
      row('  ratio to apparmor_parser', `${(whole / reference).toFixed(2)} x`, 'goal: at most 2');
    }
  } finally {
    rmSync(folder, { recursive: true });
  }

  const nginx = join(here, '../profiles/docker-nginx/docker-nginx');
  if (existsSync(nginx)) {
    const source = readFileSync(nginx, 'utf8');
    const options = { resolver: fileResolver({ base }), packageName: 'docker-nginx' };
    for (let i = 0; i < 300; i++) lint(source, options);
    row(
      'lint docker-nginx, warm',
      ms(median(200, () => lint(source, options))),
      'goal: under 1 ms',
    );
  }

  const rule = '  owner @{HOME}/.config/{a,b}/**.conf rwk,\n';
  for (const count of [2_000, 20_000]) {
    const text = `include <tunables/global>\nprofile big {\n${rule.repeat(count)}}\n`;
    parse(text);
    row(
      `parse ${count} rules, per rule`,
      `${((median(5, () => parse(text)) / count) * 1000).toFixed(2)} µs`,
      'goal: the same',
    );
  }
}

if (import.meta.main) await run();
