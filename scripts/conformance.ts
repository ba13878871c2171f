// How far the checker agrees with the reference on the corpus (see ../shared/corpus/README.md): one table, and a
// failure on any step back. `node scripts/conformance.ts [--list]`; AA_CORPUS names the folder of the corpus.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, type IncludeResolver } from '../policy/index.ts';
import { fileResolver } from '../sdk/host/includes.ts';

export interface Case {
  part: string;
  /** As the corpus lists it. */
  name: string;
  path: string;
  expected: boolean;
  resolver: IncludeResolver;
}

export const corpus = process.env.AA_CORPUS ?? join(import.meta.dirname, '../../shared/corpus');

/** Every file of the corpus with the outcome it should have. */
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
    console.log(`The corpus is not here (${corpus}): nothing was compared.`);
    return;
  }
  const accepted: Record<string, string> = JSON.parse(
    readFileSync(join(import.meta.dirname, 'conformance.json'), 'utf8'),
  ).disagree;
  const rows = new Map<string, Row>();
  let failed = false;
  for (const one of cases()) {
    const row = rows.get(one.part) ?? { agree: 0, disagree: 0, crashed: 0, slow: 0 };
    rows.set(one.part, row);
    const source = readFileSync(one.path, 'utf8');
    // Processor time: a busy machine does not make a check slow.
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
