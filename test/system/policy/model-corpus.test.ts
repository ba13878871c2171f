// The model and the compiled tables agree over every string on real profiles: those of this host, and of the corpus
// (AA_CORPUS), as far as Debian's parser accepts them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check, type IncludeResolver } from '../../../policy/index.ts';
import { model } from '../../../policy/model/model.ts';
import { cases, corpus } from '../../../scripts/conformance.ts';
import { fileResolver } from '../../../sdk/host/includes.ts';
import { compilePolicy } from '../../policy/compiled-policy.ts';
import { compareProfile } from '../../policy/model-comparison.ts';

const parser = existsSync('/usr/sbin/apparmor_parser');
const tests = join(corpus, 'parser-tests/tst');

interface Sample {
  path: string;
  base: string;
  cwd: string;
  resolver: IncludeResolver;
}

function compare(samples: readonly Sample[]) {
  const wrong: string[] = [];
  let profiles = 0;
  let compared = 0;
  let unknown = 0;
  for (const { path, base, cwd, resolver } of samples) {
    const bytes = readFileSync(path);
    const text = bytes.toString('utf8');
    if (!check(text, { target: '3.0', resolver, targetBase: true }).ok) continue;
    const compiled = compilePolicy(bytes, ['-b', base], cwd);
    if (!compiled) continue;
    for (const profile of model(text, { target: '3.0', resolver, targetBase: true }).profiles) {
      // The tables do not contain the namespace.
      const tables = compiled.get(profile.name.replace(/^:[^:]*:(\/\/)?/, ''));
      if (!tables) {
        wrong.push(`${path}: no profile ${profile.name}`);
        continue;
      }
      profiles++;
      for (const [of, result] of compareProfile(profile, tables)) {
        if (result === 'unknown') unknown++;
        else if ('compared' in result) compared += result.compared;
        else wrong.push(`${path}: ${profile.name}: ${of}: ${JSON.stringify(result)}`);
      }
    }
  }
  return { wrong, profiles, compared, unknown };
}

/** One of how many profiles of this host is compared; AA_MODEL_RUNS asks for all. */
const share = process.env.AA_MODEL_RUNS ? 1 : 3;

describe.skipIf(!parser)(
  `the model and the compiled tables${parser ? '' : ' (skipped: no apparmor_parser)'}`,
  () => {
    const folder = '/etc/apparmor.d';
    test.skipIf(!existsSync(join(folder, 'abstractions')))(
      'agree on the profiles of this host',
      { timeout: 600_000 },
      () => {
        const resolver = fileResolver({ base: folder });
        const found = compare(
          [folder, '/usr/share/apparmor/extra-profiles']
            .filter((one) => existsSync(one))
            .flatMap((one) =>
              readdirSync(one, { withFileTypes: true })
                .filter((file) => file.isFile() && file.name !== 'README')
                .map((file) => ({ path: join(one, file.name), base: folder, cwd: one, resolver })),
            )
            .filter((_, index) => index % share === 0),
        );
        expect(found.wrong).toEqual([]);
      },
    );

    const here = existsSync(corpus);
    test.skipIf(!here)(
      `agree on the parser tests${here ? '' : ` (skipped: no corpus at ${corpus})`}`,
      { timeout: 600_000 },
      () => {
        const found = compare(
          cases()
            .filter((one, index) => one.part === 'hand-written' && one.expected && index % 4 === 0)
            .map((one) => ({ ...one, base: join(tests, 'simple_tests'), cwd: tests })),
        );
        expect(found.wrong).toEqual([]);
        expect(found.compared).toBeGreaterThan(100_000);
      },
    );
  },
);
