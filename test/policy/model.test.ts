// The model agrees with apparmor_parser's compiled tables for every string, on generated profiles. `AA_MODEL_RUNS` is the
// number of random profiles of each kind, instead of the same few.
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../policy/index.ts';
import { model } from '../../policy/model/model.ts';
import type { ProfileModel } from '../../policy/model/profile-model.ts';
import { type CompiledProfile, compilePolicy } from './compiled-policy.ts';
import { generatedPolicy, paths } from './generated-policy.ts';
import { generatedRules } from './generated-rules.ts';
import { type Comparison, compareProfile } from './model-comparison.ts';
import { linkDifference } from './model-queries.ts';

const parser = existsSync('/usr/sbin/apparmor_parser');
const { AA_MODEL_RUNS } = process.env;
const timeout = AA_MODEL_RUNS ? 86_400_000 : 60_000;
const runs = (usual: number) =>
  AA_MODEL_RUNS ? { numRuns: Number(AA_MODEL_RUNS) } : { numRuns: usual, seed: 1 };

/** Prints how much was compared in a longer run. */
const report = (compared: number, what: string) => {
  if (AA_MODEL_RUNS) console.log(`compared ${compared} ${what}`);
};

/** The profiles of a policy with what apparmor_parser compiles from them; none if it is refused. */
function compiled(source: string): [ProfileModel, CompiledProfile][] {
  const tables = check(source, { target: '3.0' }).ok ? compilePolicy(source) : undefined;
  if (!tables) return [];
  return model(source, { target: '3.0' }).profiles.map((profile) => {
    const found = tables.get(profile.name);
    if (!found) throw new Error(`no profile ${profile.name}`);
    return [profile, found];
  });
}

/** Throws if they differ; returns the number of compared decisions. */
function compare(source: string): number {
  let compared = 0;
  for (const [profile, tables] of compiled(source)) {
    for (const [of, result] of compareProfile(profile, tables)) {
      const agreed: Comparison = { compared: expect.any(Number) };
      expect({ source, profile: profile.name, of, result }).toEqual({
        ...{ source, profile: profile.name, of },
        result: agreed,
      });
      if (typeof result === 'object' && 'compared' in result) compared += result.compared;
    }
  }
  return compared;
}

describe.skipIf(!parser)(
  `the model and the compiled tables${parser ? '' : ' (skipped: no apparmor_parser)'}`,
  () => {
    test('agree on generated file rules', { timeout }, () => {
      let compared = 0;
      fc.assert(
        fc.property(generatedPolicy, (source) => {
          compared += compare(source);
        }),
        runs(12),
      );
      report(compared, 'decisions of file rules');
      expect(compared).toBeGreaterThan(10_000);
    });

    test('agree on links of generated profiles', { timeout }, () => {
      let compared = 0;
      fc.assert(
        fc.property(
          generatedPolicy,
          fc.array(paths, { minLength: 20, maxLength: 40 }),
          (source, targets) => {
            for (const [profile, tables] of compiled(source)) {
              for (const [index, path] of targets.entries()) {
                const target = targets[(index + 1) % targets.length] ?? path;
                expect(linkDifference(profile, tables, path, target)).toBe(undefined);
                compared += 2;
              }
            }
          },
        ),
        runs(12),
      );
      report(compared, 'links');
      expect(compared).toBeGreaterThan(200);
    });

    test('agree on generated rules of all other classes', { timeout }, () => {
      let compared = 0;
      fc.assert(
        fc.property(generatedRules, (source) => {
          compared += compare(source);
        }),
        runs(40),
      );
      report(compared, 'decisions of other rules');
      expect(compared).toBeGreaterThan(5000);
    });
  },
);
