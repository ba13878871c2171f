// What the model says of a profile is what apparmor_parser compiles: file permissions with their exec transitions, link
// pairs and capabilities, on generated profiles.
import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from '../../policy/index.ts';
import { model } from '../../policy/model/model.ts';
import type { Compared } from '../../policy/model/table.ts';
import { capabilities } from '../../policy/rules/capability.ts';
import { compilePolicy } from './compiled-policy.ts';
import { generatedPolicy, paths } from './generated-policy.ts';
import { judgeFiles } from './model-judge.ts';
import { difference, linkDifference } from './model-queries.ts';

const parser = existsSync('/usr/sbin/apparmor_parser');

describe.skipIf(!parser)(
  `the model and the compiled tables${parser ? '' : ' (skipped: no apparmor_parser)'}`,
  () => {
    test('agree on generated profiles', {
      timeout: process.env.AA_MODEL_RUNS ? 3_600_000 : 60_000,
    }, () => {
      let compared = 0;
      fc.assert(
        fc.property(
          generatedPolicy,
          fc.array(paths, { minLength: 20, maxLength: 40 }),
          (source, asked) => {
            fc.pre(check(source, { target: '3.0' }).ok);
            const compiled = compilePolicy(source);
            fc.pre(compiled !== undefined);
            for (const profile of model(source, { target: '3.0' }).profiles) {
              const tables = compiled?.get(profile.name);
              if (!tables) throw new Error(`no profile ${profile.name}`);
              const judged = judgeFiles(
                profile.table('file') as Compared,
                tables.files,
                profile.name.split('//').at(-1) ?? '',
              );
              expect({ source, judged }).toEqual({
                source,
                judged: { compared: expect.any(Number) },
              });
              if (typeof judged === 'object' && 'compared' in judged) compared += judged.compared;
              for (const path of asked) {
                expect(difference(profile, tables, path)).toBe(undefined);
                compared += 14;
              }
              for (const [index, path] of asked.entries()) {
                expect(
                  linkDifference(profile, tables, path, asked[(index + 1) % asked.length] ?? path),
                ).toBe(undefined);
                compared += 2;
              }
              for (const [number, name] of capabilities.entries()) {
                const granted = profile.capability(name).granted;
                expect({ name, granted }).toEqual({
                  name,
                  granted: ((tables.capabilities.allow >> BigInt(number)) & 1n) === 1n,
                });
                compared++;
              }
            }
          },
        ),
        // The same each time, unless a longer search is asked for.
        process.env.AA_MODEL_RUNS
          ? { numRuns: Number(process.env.AA_MODEL_RUNS) }
          : { numRuns: 60, seed: 1 },
      );
      expect(compared).toBeGreaterThan(10_000);
    });
  },
);
