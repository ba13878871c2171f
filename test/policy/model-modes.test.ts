// Permissions that the compiled tables can't show: modes, priorities, prompts and includes.
import { expect, test } from 'vitest';
import { model } from '../../policy/index.ts';

const verdict = (body: string, permission: 'r' | 'w' | 'a' | 'x', path: string, flags = '') => {
  const [profile] = model(`profile p ${flags}{\n${body}\n}\n`).profiles;
  const decided = profile?.file(permission, path);
  return [decided?.owner.granted, decided?.others.granted];
};

test.each([
  ['/a w,', 'a', '/a', '', [true, true]],
  ['owner /a w,', 'w', '/a', '', [true, false]],
  ['/** w,\ndeny /a* a,', 'a', '/ab', '', [false, false]],
  ['deny /a w,\npriority=1 /a w,', 'w', '/a', '', [true, true]],
  ['/b r,', 'r', '/a', 'flags=(complain) ', [true, true]],
  ['deny /a r,', 'r', '/a', 'flags=(complain) ', [false, false]],
  ['audit deny /a r,', 'r', '/a', 'flags=(complain) ', [true, true]],
  ['deny /a r,', 'r', '/a', 'flags=(unconfined) ', [true, true]],
  ['deny /a r,', 'r', '/b', 'flags=(default_allow) ', [true, true]],
  ['prompt /a r,', 'r', '/a', '', [undefined, undefined]],
  ['include <abstractions/base>', 'r', '/a', '', [undefined, undefined]],
] as const)('%s: %s %s %s', (body, permission, path, flags, expected) => {
  expect(verdict(body, permission, path, flags)).toEqual(expected);
});
