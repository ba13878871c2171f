import { describe, expect, test } from 'vitest';
import { check, type Release } from '../../policy/index.ts';

const errors = (rules: string, target: Release) =>
  check(`abi <abi/3.0>,\nprofile p {\n  ${rules}\n}\n`, { target })
    .diagnostics.filter(({ severity }) => severity === 'error')
    .map(({ id }) => id);

// Decided as apparmor_parser 3.0.8, 4.1.0 and 5.0.2 decide.
const all = ['3.0', '4.1', '5.0'] as const;

describe('safe and unsafe change_profile rules', () => {
  test.each([
    'change_profile unsafe /**, change_profile safe /a -> *,',
    'change_profile unsafe /a* -> b, change_profile safe /*a -> b,',
    'change_profile unsafe /a, audit change_profile safe /a,',
    'change_profile unsafe /[ab], change_profile safe /a,',
    'change_profile unsafe /a -> {b,c}, change_profile /a -> b,',
  ])('conflict: %s', (rules) => {
    for (const target of all) expect(errors(rules, target)).toEqual(['change-profile-conflict']);
  });

  test.each([
    'change_profile unsafe /**, change_profile /a -> b,',
    'change_profile unsafe /** -> b, change_profile safe /a -> c,',
    'change_profile unsafe /a -> b*, change_profile safe /a -> bc,',
    'change_profile unsafe /a* -> b, change_profile safe /*a -> c,',
    'change_profile unsafe /a -> b, deny change_profile safe /a -> b,',
    'change_profile unsafe /a, change_profile safe /a -> b,',
    'change_profile unsafe /b, change_profile safe /a,',
  ])('agree: %s', (rules) => {
    for (const target of all) expect(errors(rules, target)).toEqual([]);
  });
});

describe('rules for programs in a block with qualifiers', () => {
  const blocks = ['audit', 'allow', 'owner', 'other', 'audit owner', ''];
  const refused = ['block-exec'];
  test.each([
    ['change_profile /a,', refused, refused],
    ['change_profile /a -> b,', refused, refused],
    ['change_profile safe /a -> b,', refused, refused],
    ['audit change_profile /a -> b,', refused, refused],
    ['if defined @{X} { } else { change_profile /a -> b, }', refused, refused],
    ['change_profile,', [], []],
    ['change_profile -> b,', [], []],
    ['change_profile unsafe /a -> b,', [], []],
    ['/a px,', [], []],
    ['deny /a r,', [], []],
    ['deny change_profile -> b,', [], []],
    ['deny change_profile /a -> b,', [], refused],
    ['deny change_profile unsafe /a -> b,', refused, []],
    ['deny /a x,', [], refused],
  ])('%s', (rule, older, newer) => {
    for (const block of blocks) {
      const text = `${block} { ${rule} }`;
      expect(errors(text, '3.0'), text).toEqual(older);
      for (const target of ['4.1', '5.0'] as const)
        expect(errors(text, target), text).toEqual(newer);
    }
    expect(errors(rule, '3.0')).toEqual([]);
  });
});
