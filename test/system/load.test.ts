import { expect, test } from 'vitest';
import { runLoad } from '../../scripts/load.ts';

test('mixed load with the registry killed over and over loses nothing (npm run load does it for longer)', async () => {
  const { wrong, ...counts } = await runLoad(6);
  expect(wrong).toEqual([]);
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0);
}, 120_000);
