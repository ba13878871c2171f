import { expect, test } from 'vitest';
import { findingsOf } from '../../worker/findings.ts';
import { profileText } from '../publisher.ts';

test('a profile is looked at once, however often somebody asks', () => {
  const digest = (index: number) => `sha256:${String(index).padStart(64, '0')}` as const;
  const text = profileText('web');
  const first = findingsOf(digest(0), 'web', text);
  for (let index = 1; index < 50; index++) {
    findingsOf(digest(index), 'web', text);
    expect(findingsOf(digest(0), 'web', text)).toBe(first);
  }
  expect(findingsOf(digest(0), 'other', text)).not.toBe(first);
  // Only so many are kept.
  for (let index = 1; index < 200; index++) findingsOf(digest(index), 'web', text);
  expect(findingsOf(digest(0), 'web', text)).not.toBe(first);
});
