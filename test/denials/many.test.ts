import { expect, test } from 'vitest';
import { patch } from '../../sdk/denials/patch.ts';
import { cost } from '../policy/cpu.ts';

/** A confined process controls the number of names in a log. */
test('many rules are added together, and invalid ones are omitted individually', () => {
  const profile = 'abi <abi/3.0>,\nprofile web {\n  /etc/hosts r,\n}\n';
  const rules = Array.from({ length: 3000 }, (_, at) => ({
    profile: 'web',
    rule: at % 500 === 7 ? `no ${at} rule,` : `/srv/${at} r,`,
  }));
  let patched: ReturnType<typeof patch> | undefined;
  expect(
    cost(() => {
      patched = patch(profile, rules);
    }),
  ).toBeLessThan(40);
  expect(patched?.added).toHaveLength(2994);
  expect(patched?.leftOut.map(({ addition }) => addition.rule)).toEqual(
    [7, 507, 1007, 1507, 2007, 2507].map((at) => `no ${at} rule,`),
  );
  expect(patched?.text).toContain('  /srv/0 r,\n  /srv/1 r,\n');
});
