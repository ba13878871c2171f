import { expect, test } from 'vitest';
import { runLoad } from '../../scripts/load.ts';

test('mixed load on a repeatedly killed registry loses no data (npm run load runs longer)', async () => {
  const { errors, ...counts } = await runLoad(6);
  expect(errors).toEqual([]);
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0);
}, 120_000);
