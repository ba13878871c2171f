// The semantic model of profiles: computing it, asking it and comparing two, beside apparmor_parser's compilation of the same
// files in the same run. Memory is that of a process for one profile.
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { check, compareModels, type IncludeResolver, type Model } from '../policy/index.ts';
import { cases, corpus } from '../scripts/conformance.ts';
import { fileResolver } from '../sdk/host/includes.ts';
import { completeModel, withOneMoreRule } from './complete-model.ts';
import { median } from './median.ts';

const profiles = join(import.meta.dirname, '../profiles');
const base = '/etc/apparmor.d';

/** The number of measurements, and of the largest profiles of the corpus. */
const rounds = 9;
const largest = 20;

/** The maximum of milliseconds, and of memory in MiB. */
const goals = { model: 30, can: 1, diff: 50, largeModel: 1000, largeDiff: 2000, memory: 256 };

interface Subject {
  name: string;
  path: string;
  resolver: IncludeResolver;
  /** The folder of the base policy, and of relative includes. */
  base: string;
  cwd: string;
}

const textOf = ({ path }: Subject) => readFileSync(path, 'utf8');

const complete = (text: string, { resolver }: Subject): Model => completeModel(text, resolver);

/** A duration in milliseconds, and a result. */
function timed<Result>(work: () => Result): [number, Result] {
  const start = performance.now();
  const result = work();
  return [performance.now() - start, result];
}

const medianOf = (work: () => unknown) =>
  median(Array.from({ length: rounds }, () => timed(work)[0]));

/** The duration of apparmor_parser as a whole process in milliseconds; `undefined` if it refuses the file. */
function compile({ path, base, cwd }: Subject): number | undefined {
  const limits = ['--as=2147483648', 'timeout', '60', 'apparmor_parser', '-Q', '-K', '-S'];
  const features = ['--features-file', join('/etc/apparmor.d/abi/3.0'), '-b', base, path];
  const [duration, { status }] = timed(() =>
    spawnSync('prlimit', [...limits, ...features], { cwd, maxBuffer: 1 << 28 }),
  );
  return status === 0 ? duration : undefined;
}

/** The peak of the memory of a process that computes the model of a profile, or also compares it, in MiB. */
function memoryOf({ path, base }: Subject): { before: number; model: number; diff: number } {
  const program = join(import.meta.dirname, 'model-memory.ts');
  return JSON.parse(execFileSync(process.execPath, [program, path, base], { encoding: 'utf8' }));
}

/** What this process has in use once all garbage is collected, in MiB. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed / 1024 ** 2;
}

function row(name: string, value: number, unit: string, goal?: number): void {
  const outcome = goal === undefined ? '' : `${value <= goal ? 'reached' : 'missed'} ${goal}`;
  console.log(
    `${name.padEnd(62)}${value.toFixed(value < 10 ? 2 : 0).padStart(8)} ${unit}  ${outcome}`.trimEnd(),
  );
}

/** Prints a table with the goals; without the largest profiles if there is no corpus. */
export async function run(): Promise<void> {
  const resolver = fileResolver({ base });
  const shipped = ['docker-default', 'docker-nginx'].map(
    (name): Subject => ({ name, path: join(profiles, name, name), resolver, base, cwd: base }),
  );
  const [docker, nginx] = shipped as [Subject, Subject];
  const [first] = timed(() => complete(textOf(docker), docker));
  row('docker-default with its base policy: model, first', first, 'ms');
  row(
    'model',
    medianOf(() => complete(textOf(docker), docker)),
    'ms',
    goals.model,
  );
  const [known] = complete(textOf(docker), docker).profiles;
  row(
    'can: a thousand paths, each',
    medianOf(() => {
      for (let at = 0; at < 1000; at++) known?.file('w', `/etc/file-${at}`);
    }) / 1000,
    'ms',
    goals.can,
  );
  const models = [complete(textOf(docker), docker), complete(textOf(nginx), nginx)] as const;
  row(
    'diff with docker-nginx',
    medianOf(() => compareModels(...models)),
    'ms',
    goals.diff,
  );
  const parser = compile(docker) === undefined ? undefined : medianOf(() => compile(docker));
  if (parser !== undefined) row('apparmor_parser -S, whole process', parser, 'ms');

  const found = cases(corpus)
    .filter(({ part, expected }) => part === 'community' && expected)
    .map((one): Subject => {
      const folder = join(corpus, 'profiles/community');
      return {
        name: one.name,
        path: one.path,
        resolver: one.resolver,
        base: folder,
        cwd: dirname(one.path),
      };
    })
    .filter((one) => check(textOf(one), { resolver: one.resolver }).ok)
    .sort((a, b) => statSync(b.path).size - statSync(a.path).size)
    .slice(0, largest);
  if (found.length === 0) {
    console.log(`Skipped the largest profiles: ${corpus} does not exist.`);
    return;
  }
  console.log(
    `\n${'the largest profiles of the corpus'.padEnd(44)}  bytes    model     diff   parser  unknown   memory`,
  );
  const worst = { model: 0, diff: 0, memory: 0 };
  let empty = 0;
  let ours = 0;
  let theirs = 0;
  for (const one of found) {
    const text = textOf(one);
    const wider = withOneMoreRule(text);
    const [duration, before] = timed(() => complete(text, one));
    const [diff, comparison] = timed(() => compareModels(before, complete(wider, one)));
    const compiled = compile(one);
    worst.model = Math.max(worst.model, duration);
    worst.diff = Math.max(worst.diff, diff);
    const memory = memoryOf(one);
    worst.memory = Math.max(worst.memory, memory.diff);
    empty = memory.before;
    if (compiled !== undefined) {
      ours += duration;
      theirs += compiled;
    }
    console.log(
      [
        one.name.slice(-44).padEnd(44),
        ...[
          String(text.length),
          duration.toFixed(0),
          diff.toFixed(0),
          compiled?.toFixed(0) ?? '-',
        ].map((cell) => cell.padStart(8)),
        String(comparison.unknown.length).padStart(8),
        memory.diff.toFixed(0).padStart(8),
      ].join(' '),
    );
  }
  row('model, maximum', worst.model, 'ms', goals.largeModel);
  row('diff, with the model of the other side, maximum', worst.diff, 'ms', goals.largeDiff);
  row('all models, as a multiple of apparmor_parser', ours / theirs, 'x', 1);
  row('memory of the process that compares one, peak, maximum', worst.memory, 'MiB', goals.memory);
  row('memory of such a process before its work', empty, 'MiB');
  row('heap that is still in use after all of them', heapInUse(), 'MiB');
}
