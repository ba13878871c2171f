// What strangers send is summarized and compared within budgets, and results are bounded.
import { describe, expect, test } from 'vitest';
import { Compared, Summarized } from '../../contract/index.ts';
import { dockerDefault } from '../../policy/index.ts';
import {
  compareTexts,
  permissionLimits,
  permissionSteps,
  summarizeText,
} from '../../worker/analysis/permissions.ts';

const compiler = { release: '4.1', base: null } as const;
const profile = (rules: string[]) => `abi <abi/3.0>,\nprofile web {\n${rules.join('\n')}\n}\n`;
const many = (count: number, of: (at: number) => string) =>
  Array.from({ length: count }, (_, at) => of(at));

const steps = permissionSteps.requested;

describe('hostile texts', () => {
  test.each([
    ['many patterns that overlap', profile(many(600, (at) => `/**${at}* r,`))],
    ['many rules', profile(many(5_000, (at) => `owner /x${at} rix,`))],
    ['long paths', profile(many(60, (at) => `/${`${at}`.repeat(1_500)} r,`))],
    ['many peers', profile(many(400, (at) => `signal send peer=*a${at}*,`))],
    [
      'many child profiles',
      profile(many(80, (at) => `profile c${at} {\n/srv/${at}/{a,b,c}* rw,\n/etc/** r,\n}`)),
    ],
  ])('%s have bounded results', (_, text) => {
    const summary = Summarized.parse(summarizeText({ ...compiler, steps, text }));
    const size = JSON.stringify(summary).length;
    expect(size).toBeLessThanOrEqual(permissionLimits.summary);
    // Everything is accounted for: shown, left out, or unknown.
    const shown = summary.profiles.length + summary.omitted;
    if (summary.state !== 'refused') expect(shown).toBeGreaterThan(0);
    if (summary.omitted > 0 || summary.unknown.length > 0) expect(summary.state).toBe('partial');
    const diff = Compared.parse(compareTexts({ ...compiler, from: text, to: dockerDefault }));
    expect(diff.differences.length).toBeLessThanOrEqual(permissionLimits.differences);
    expect(JSON.stringify(diff).length).toBeLessThan(1_000_000);
  });

  test('a text that apparmor_parser refuses has the place of the error', () => {
    const text = 'profile web {\n  /a zz,\n}\n';
    expect(summarizeText({ ...compiler, steps, text })).toMatchObject({
      ...{ state: 'refused', reason: expect.stringMatching(/^2:\d+: /), profiles: [] },
    });
    expect(compareTexts({ ...compiler, from: dockerDefault, to: text })).toMatchObject({
      ...{ state: 'refused', reason: expect.stringMatching(/^"to": 2:\d+: /), same: null },
    });
  });
});

test('a comparison of the same text is empty, and that of two is mirrored', () => {
  const [one, two] = [
    profile(['/a r,', '/b w,']),
    profile(['/a r,', '/c w,', 'capability chown,']),
  ];
  expect(compareTexts({ ...compiler, from: one, to: one })).toMatchObject({
    ...{ state: 'complete', same: true, differences: [] },
  });
  const kinds = (from: string, to: string) =>
    compareTexts({ ...compiler, from, to }).differences.map(
      ({ class: of, kind }) => `${of} ${kind}`,
    );
  const opposite: Record<string, string> = { added: 'removed', removed: 'added' };
  const mirrored = kinds(two, one).map((text) => {
    const [of, kind = ''] = text.split(' ');
    return `${of} ${opposite[kind] ?? kind}`;
  });
  expect(mirrored.sort()).toEqual(kinds(one, two).sort());
});
