// The names of signals as apparmor_parser reads them. The outcomes are those of the parsers of 2.13.11 to 5.0.2, which agree.
import { describe, expect, test } from 'vitest';
import { check, model, releases } from '../../policy/index.ts';
import { signalString } from '../../policy/model/classes/signal.ts';

const rule = (signal: string) => `profile a {\n  signal set=(hup ${signal}),\n}\n`;
const acceptedBy = (text: string) => releases.filter((target) => check(text, { target }).ok);

describe('signals', () => {
  test.each([
    ['rtmin+', 'rtmin+0'],
    ['rtmin+x', 'rtmin+0'],
    ['rtmin+-', 'rtmin+0'],
    ['rtmin+-0', 'rtmin+0'],
    ['rtmin+0x10', 'rtmin+0'],
    ['rtmin+@{x}', 'rtmin+0'],
    ['rtmin+1x', 'rtmin+1'],
    ['rtmin++1', 'rtmin+1'],
    ['rtmin+1.5', 'rtmin+1'],
    ['rtmin+1-1', 'rtmin+1'],
    ['"rtmin+ 1"', 'rtmin+1'],
    ['"rtmin+\t1 2"', 'rtmin+1'],
    ['rtmin+\\x31', 'rtmin+1'],
    ['rtmin+-18446744073709551615', 'rtmin+1'],
    ['rtmin+032a', 'rtmin+32'],
    ['t\\x65rm', 'term'],
    ['"t\\145rm"', 'term'],
  ])('%s is %s, with a warning', (name, signal) => {
    expect(acceptedBy(rule(name))).toEqual(releases);
    const [found] = check(rule(name)).diagnostics;
    // Names may contain escapes.
    if (!name.includes('\\'))
      expect(found).toMatchObject({
        id: 'signal-name',
        severity: 'warning',
        fix: { text: signal },
      });
    const { profiles } = model(rule(name));
    const sends = (one: string) =>
      profiles[0]?.ask('signal', 'send', signalString(one, 'b') ?? '').granted;
    expect(sends(signal)).toBe(true);
    expect(sends('rtmin+7')).toBe(false);
  });

  test.each([
    'rtmin',
    'rtmin-1',
    'rtmin+33',
    'rtmin+33a',
    'rtmin+-1',
    'rtmin+99999999999999999999',
    'rtmin+-18446744073709551616',
    'RTMIN+1',
    '" rtmin+1"',
    '"term "',
    't\\erm',
    'term\\x41',
  ])('%s is not a signal', (name) => {
    expect(acceptedBy(rule(name))).toEqual([]);
  });

  test.each([
    'unix type=s\\x74ream,',
    'mount options=r\\x6f /a -> /b,',
    'umount options=r\\157 /a,',
  ])('names of other conditions may have escapes: %s', (text) => {
    expect(acceptedBy(`profile a {\n  ${text}\n}\n`)).toEqual(releases);
  });

  test('the type of a socket can’t be a variable', () => {
    expect(acceptedBy('@{x}=stream\nprofile a {\n  unix type=@{x},\n}\n')).toEqual([]);
  });
});
