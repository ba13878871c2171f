// The model and the tables that the apparmor_parser of Debian 13 compiles agree over every string, on generated rules of the
// classes and priorities that AppArmor 4 added. `AA_MODEL_RUNS` is the number of random policies.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../../policy/index.ts';
import { model } from '../../../policy/model/model.ts';
import { compilePolicy } from '../../policy/compiled-policy.ts';
import { newerRules } from '../../policy/generated-rules.ts';
import { comparedClasses, compareProfile, newerClasses } from '../../policy/model-comparison.ts';
import { debian13 } from '../kernel/guests.ts';
import { missing } from '../kernel/packages.ts';
import { parserOf } from './debian-parser.ts';

const lacks = await missing(debian13);
const skipped = lacks.length > 0 ? ` (skipped: ${lacks.join(', ')})` : '';
const { AA_MODEL_RUNS } = process.env;
const target = '4.1';

describe.skipIf(skipped !== '')(`the model and the tables of AppArmor ${target}${skipped}`, () => {
  test('agree on generated rules', { timeout: AA_MODEL_RUNS ? 86_400_000 : 120_000 }, async () => {
    const parser = await parserOf(debian13);
    let compared = 0;
    fc.assert(
      fc.property(newerRules, (source) => {
        const accepted = check(source, { target }).ok;
        const tables = compilePolicy(source, [], undefined, parser);
        if (!accepted || !tables) return;
        for (const profile of model(source, { target }).profiles) {
          const compiled = tables.get(profile.name);
          if (!compiled) throw new Error(`no profile ${profile.name}`);
          const all = compareProfile(profile, compiled, [...comparedClasses, ...newerClasses]);
          for (const [of, result] of all) {
            expect({ source, of, result }).toEqual({
              ...{ source, of, result: { compared: expect.any(Number) } },
            });
            if (typeof result === 'object' && 'compared' in result) compared += result.compared;
          }
        }
      }),
      AA_MODEL_RUNS ? { numRuns: Number(AA_MODEL_RUNS) } : { numRuns: 60, seed: 1 },
    );
    expect(compared).toBeGreaterThan(5000);
  });
});
