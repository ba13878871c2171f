// The model and the tables that newer releases of apparmor_parser compile agree over every string, on generated policies
// of all classes. `AA_MODEL_RUNS` is the number of random policies of each kind.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../../policy/index.ts';
import { model } from '../../../policy/model/model.ts';
import { compilePolicy } from '../../policy/compiled-policy.ts';
import { generatedPolicy, prioritizedPolicy } from '../../policy/generated-policy.ts';
import { generatedRules, newerRules } from '../../policy/generated-rules.ts';
import { comparedClasses, compareProfile, newerClasses } from '../../policy/model-comparison.ts';
import { isUnlike } from '../../policy/unlike.ts';
import { debian13 } from '../kernel/guests.ts';
import { missing } from '../kernel/packages.ts';
import { parserOf } from './debian-parser.ts';

const lacks = await missing(debian13);
const { AA_MODEL_RUNS } = process.env;

const judges = await Promise.all(
  [['4.1', 'trixie'] as const, ['5.0', 'sid'] as const].map(async ([target, suite]) => {
    if (lacks.length > 0) return { target, skipped: lacks.join(', ') };
    const parser = await parserOf(suite);
    const isIts = parser.version.startsWith(`${target}.`);
    return { target, parser, skipped: isIts ? '' : `Debian ${suite} has ${parser.version}` };
  }),
);

describe.each(judges)(
  'the model and the tables of AppArmor $target',
  ({ target, parser, skipped }) => {
    test.skipIf(skipped !== '').each([
      { what: 'newer rules', policies: newerRules, usual: 60 },
      { what: 'rules of the older classes', policies: generatedRules, usual: 40 },
      { what: 'file rules', policies: generatedPolicy, usual: 12 },
      { what: 'file rules with priorities', policies: prioritizedPolicy, usual: 12 },
    ])(
      `agree on generated $what${skipped && ` (skipped: ${skipped})`}`,
      {
        timeout: AA_MODEL_RUNS ? 86_400_000 : 120_000,
      },
      ({ policies, usual }) => {
        let compared = 0;
        fc.assert(
          fc.property(policies, (source) => {
            if (isUnlike(source, target)) return;
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
          AA_MODEL_RUNS ? { numRuns: Number(AA_MODEL_RUNS) } : { numRuns: usual, seed: 1 },
        );
        expect(compared).toBeGreaterThan(5000);
      },
    );
  },
);
