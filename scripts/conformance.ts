// Compares the checker with the reference parser on a corpus, and fails on any difference that conformance.json does not
// explain. `node scripts/conformance.ts`; AA_CORPUS is the folder of the corpus.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf } from '../policy/base-policy.ts';
import { check, type IncludeResolver, isRelease, type Release } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';

export interface Case {
  part: string;
  /** The name in the corpus. */
  name: string;
  path: string;
  expected: boolean;
  resolver: IncludeResolver;
}

export const corpus = process.env.AA_CORPUS ?? join(import.meta.dirname, '../../shared/corpus');

/** The files of the corpus with their expected outcomes. */
export function cases(folder = corpus): Case[] {
  const found: Case[] = [];
  const tests = join(folder, 'parser-tests/tst');
  const resolver = fileResolver({ base: join(tests, 'simple_tests'), cwd: tests });
  for (const line of lines(join(folder, 'parser-tests.expected.tsv'))) {
    const [exresult, , name] = line.split('\t') as [string, string, string];
    const part = name.includes('/generated_') ? 'generated' : 'hand-written';
    found.push({ part, name, path: join(tests, name), expected: exresult === 'PASS', resolver });
  }
  for (const part of ['upstream', 'community']) {
    const base = join(folder, 'profiles', part);
    if (!existsSync(base)) continue;
    const resolver = fileResolver({ base, cwd: base });
    for (const line of lines(join(folder, 'profiles', `${part}.expected.tsv`))) {
      const [outcome, name] = line.split('\t') as [string, string];
      found.push({ part, name, path: join(base, name), expected: outcome === 'PASS', resolver });
    }
  }
  return found;
}

/** A release's base policy and the outcomes of its parser on the parser tests. */
export interface ReleaseColumn {
  release: Release;
  base: string;
  outcomes: { name: string; path: string; outcome: string }[];
}

/** A column for each release; none if the corpus does not have the table. */
export function releaseColumns(folder = corpus): ReleaseColumn[] {
  const table = join(folder, 'parser-tests.by-release.tsv');
  if (!existsSync(table)) return [];
  const [head = '', ...rows] = lines(table);
  const tests = join(folder, 'parser-tests/tst');
  return head
    .split('\t')
    .slice(1)
    .map((version, index) => {
      const release = version.split('.').slice(0, 2).join('.');
      if (!isRelease(release)) throw new Error(`${table}: ${version} is not a release`);
      const outcomes = rows.map((row) => {
        const [name = '', ...found] = row.split('\t');
        return { name, path: join(tests, name), outcome: found[index] ?? '' };
      });
      return { release, base: join(folder, 'base', version), outcomes };
    });
}

/** The differences between a release's folder and its list of files in policy/base-policy.ts. */
export function baseDifferences({ release, base }: ReleaseColumn): string[] {
  const here = new Set(
    readdirSync(base, { withFileTypes: true, recursive: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name).slice(base.length + 1)),
  );
  const named = new Set(filesOf(release));
  return [
    ...[...here].filter((one) => !named.has(one)).map((one) => `${release} has ${one}`),
    ...[...named].filter((one) => !here.has(one)).map((one) => `${release} has no ${one}`),
  ];
}

/** The tests whose outcome by `check --target` differs from that of the release's parser, which may have timed out. */
export function disagreements(column: ReleaseColumn, folder = corpus): string[] {
  const tests = join(folder, 'parser-tests/tst');
  const include = [join(tests, 'simple_tests')];
  const resolver = fileResolver({ base: column.base, include, cwd: tests });
  const options = { resolver, target: column.release, targetBase: true };
  return column.outcomes
    .filter(({ path, outcome }) => {
      const { ok } = check(readFileSync(path, 'utf8'), options);
      return (ok ? 'PASS' : 'FAIL') !== outcome;
    })
    .map(({ name }) => name);
}

/** Prints the agreement with each release; returns whether there is an unexplained difference. */
function compareReleases(reasons: Readonly<Record<string, string>>): boolean {
  let failed = false;
  const named = new Set(Object.keys(reasons));
  const table: string[] = [];
  for (const column of releaseColumns()) {
    for (const difference of baseDifferences(column)) {
      failed = true;
      console.log(`BASE POLICY ${difference}`);
    }
    const found = disagreements(column);
    for (const name of found) {
      const reason = reasons[name];
      named.delete(name);
      if (!reason) failed = true;
      console.log(`${column.release} ${reason ? `known (${reason})` : 'DISAGREES'} ${name}`);
    }
    const all = column.outcomes.length;
    const percent = (100 * (all - found.length)) / all;
    failed ||= percent < minAgreement;
    table.push(
      `${column.release.padEnd(8)}${String(all - found.length).padStart(6)}${String(found.length).padStart(10)}${percent.toFixed(2).padStart(9)}`,
    );
  }
  for (const name of named) {
    failed = true;
    console.log(`OBSOLETE in conformance.json: ${name} agrees`);
  }
  console.log(`release  agree  disagree  percent\n${table.join('\n')}\n`);
  return failed;
}

/** The minimum agreement with each release, in percent. */
const minAgreement = 99.5;

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').filter(Boolean);
}

interface Row {
  agree: number;
  disagree: number;
  crashed: number;
  slow: number;
}

function main(): void {
  if (!existsSync(corpus)) {
    console.log(`Skipped: the corpus ${corpus} does not exist.`);
    return;
  }
  const reasons: Record<'disagree' | 'byRelease', Record<string, string>> = JSON.parse(
    readFileSync(join(import.meta.dirname, 'conformance.json'), 'utf8'),
  );
  const accepted = reasons.disagree;
  const rows = new Map<string, Row>();
  let failed = releaseColumns().length > 0 && compareReleases(reasons.byRelease);
  for (const one of cases()) {
    const row = rows.get(one.part) ?? { agree: 0, disagree: 0, crashed: 0, slow: 0 };
    rows.set(one.part, row);
    const source = readFileSync(one.path, 'utf8');
    // Processor time does not depend on other load on the machine.
    const start = process.threadCpuUsage();
    try {
      const result = check(source, { resolver: one.resolver });
      if (result.ok === one.expected) row.agree++;
      else {
        row.disagree++;
        const reason = accepted[one.name];
        if (!reason) failed = true;
        const first = result.diagnostics.find((diagnostic) => diagnostic.severity === 'error');
        const where = first
          ? `: ${first.file ?? ''}:${first.span.start.line}:${first.span.start.column} ${first.id} ${first.message}`
          : '';
        console.log(
          `${reason ? `known (${reason})` : 'DISAGREES'} ${one.name} should ${one.expected ? 'pass' : 'fail'}${where}`,
        );
      }
    } catch (error) {
      row.crashed++;
      failed = true;
      console.log(`CRASHED ${one.name}: ${(error as Error).stack}`);
    }
    const { user, system } = process.threadCpuUsage(start);
    if (user + system > 1_000_000) {
      row.slow++;
      failed = true;
      console.log(`SLOW ${one.name}: ${Math.round((user + system) / 1000)} ms`);
    }
  }
  console.log('part           agree  disagree  crashed  over 1 s');
  for (const [part, row] of rows) {
    console.log(
      `${part.padEnd(13)}${[row.agree, row.disagree, row.crashed, row.slow].map((n, i) => String(n).padStart([7, 10, 9, 10][i] as number)).join('')}`,
    );
  }
  if (failed) process.exitCode = 1;
}

if (import.meta.main) main();
