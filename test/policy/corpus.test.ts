// The corpus (AA_CORPUS) agrees except for the recorded disagreements.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { check } from '../../policy/index.ts';
import { cases, corpus } from '../../scripts/conformance.ts';

const here = existsSync(corpus);

test.skipIf(!here)(
  `every file is decided as recorded${here ? '' : ` (skipped: no corpus at ${corpus})`}`,
  () => {
    const known = JSON.parse(
      readFileSync(join(import.meta.dirname, '../../scripts/conformance.json'), 'utf8'),
    ).disagree;
    const wrong = cases().filter(
      ({ path, expected, resolver }) =>
        check(readFileSync(path, 'utf8'), { resolver }).ok !== expected,
    );
    expect(wrong.map((one) => one.name).filter((name) => !known[name])).toEqual([]);
  },
);
