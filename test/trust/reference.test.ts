import fc from 'fast-check';
import { compare, satisfies } from 'semver';
import { describe, expect, test } from 'vitest';
import {
  compareVersions,
  formatReference,
  isInRange,
  isRange,
  isVersion,
  parseReference,
  precedenceKey,
  rangeIntervals,
} from '../../trust/index.ts';
import { cost } from '../policy/cpu.ts';
import { runs } from '../property-runs.ts';

const digest = `sha256:${'ab'.repeat(32)}`;

describe('references', () => {
  test.each([
    ['docker-nginx', { team: 'library', name: 'docker-nginx', selector: { kind: 'default' } }],
    ['acme/web', { team: 'acme', name: 'web', selector: { kind: 'default' } }],
    [
      'web@1.2.3',
      { team: 'library', name: 'web', selector: { kind: 'version', version: '1.2.3' } },
    ],
    [
      'acme/web@1.0.0-rc.1',
      { team: 'acme', name: 'web', selector: { kind: 'version', version: '1.0.0-rc.1' } },
    ],
    [
      'web:candidate',
      { team: 'library', name: 'web', selector: { kind: 'channel', channel: 'candidate' } },
    ],
    ['web@^1.2', { team: 'library', name: 'web', selector: { kind: 'range', range: '^1.2' } }],
    ['web@1.0', { team: 'library', name: 'web', selector: { kind: 'range', range: '1.0' } }],
    [
      'acme/web@>=1.0.0-rc.1 <2 || 3.x',
      {
        team: 'acme',
        name: 'web',
        selector: { kind: 'range', range: '>=1.0.0-rc.1 <2 || 3.x' },
      },
    ],
    [`acme/web@${digest}`, { team: 'acme', name: 'web', selector: { kind: 'digest', digest } }],
  ])('%s', (text, reference) => {
    expect(parseReference(text)).toEqual({ ok: true, reference });
  });

  test.each([
    '',
    '/',
    'a/',
    '/a',
    'a/b/c',
    'A/b',
    'a/B',
    'web@',
    'web:',
    'web@1.2.0+build',
    'web@^1.2+build',
    'web@^1.2 ',
    'web@^1.2\t',
    'web@^',
    'web@>=1 <wat',
    `web@^1${' || ^1'.repeat(30)}`,
    `web@^1.${'9'.repeat(20)}`,
    'web@sha256:ab',
    'web:1.0.0',
    'web:Stable',
    '../etc/passwd',
    'library/..',
    'a..b',
    'web @1.0.0',
    'web@1.0.0 ',
    'wéb',
    'library/web\u0000',
    `web@${digest.toUpperCase()}`,
    'web:a@1.0.0',
    'http://host/web',
  ])('%j is refused with the correct syntax', (text) => {
    const parsed = parseReference(text);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.reason).toContain('name@1.2.0');
  });

  test('a channel after @ is refused with the reference to write', () => {
    expect(parseReference('web@latest')).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/write web:latest$/),
    });
  });

  test('formatting is the inverse of parsing', () => {
    const word = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,8}[a-z0-9])?$/);
    const selector = fc.oneof(
      fc.constant(''),
      fc.constant('@1.0.0-alpha.1'),
      fc.constant('@~1.2 || 2 - 3'),
      fc.constant(':stable'),
      fc.constant(`@${digest}`),
    );
    fc.assert(
      fc.property(word, word, selector, (team, name, tail) => {
        const parsed = parseReference(`${team}/${name}${tail}`);
        if (!parsed.ok) throw new Error(parsed.reason);
        expect(parseReference(formatReference(parsed.reference))).toEqual(parsed);
      }),
    );
  });

  test('the parser never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseReference(text)));
  });
});

describe('versions', () => {
  const identifier = fc.oneof(
    fc.nat(3000).map(String),
    fc.constantFrom(
      '0',
      '9',
      '10',
      '9007199254740991',
      'a',
      'alpha',
      'alpha-1',
      '-',
      '-1',
      'Z',
      'rc',
      '0a',
      'a0',
    ),
  );
  const version = fc
    .tuple(
      fc.constantFrom(0, 1, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER),
      fc.constantFrom(0, 1, 10),
      fc.nat(12),
      fc.array(identifier, { maxLength: 4 }),
    )
    .map(
      ([major, minor, patch, pre]) =>
        `${major}.${minor}.${patch}${pre.length ? `-${pre.join('.')}` : ''}`,
    );

  test('precedence keys sort like semver', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        expect(isVersion(a)).toBe(true);
        const byKey = Math.sign(
          Buffer.compare(Buffer.from(precedenceKey(a)), Buffer.from(precedenceKey(b))),
        );
        expect(byKey).toBe(compare(a, b));
        expect(Math.sign(compareVersions(a, b))).toBe(compare(a, b));
      }),
      { numRuns: runs(375) },
    );
  });

  /** semver treats numbers above 2^53 as text or rounds them; by section 11 they are compared exactly. */
  const large = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 54n }),
    fc.bigInt({ min: 2n ** 53n - 2n, max: 2n ** 53n + 2n }),
    fc.nat(117).map((zeros) => 10n ** BigInt(zeros)),
  );

  test('numbers of any length sort by value, before text', () => {
    fc.assert(
      fc.property(large, large, (a, b) => {
        const [left, right] = [`1.0.0-${a}`, `1.0.0-${b}`];
        const order = a < b ? -1 : Number(a > b);
        expect(isVersion(left)).toBe(true);
        expect(compareVersions(left, right)).toBe(order);
        expect(compareVersions(left, '1.0.0--')).toBe(-1);
        expect(compareVersions(left, `1.0.0-${b}.0`)).toBe(order || -1);
        expect(isInRange(left, `>=${right}`)).toBe(order >= 0);
        expect(isInRange(left, `<${right}`)).toBe(order < 0);
      }),
      { numRuns: runs(250) },
    );
  });

  test('invalid versions are in no range', () => {
    for (const text of ['', '1', 'v1.0.0', '1.0.0+1', 'x'])
      expect(isInRange(text, '*')).toBe(false);
  });

  const part = fc.constantFrom('0', '1', '2', '10', 'x', '*');
  const bound = fc
    .tuple(
      fc.constantFrom('', '=', '<', '<=', '>', '>=', '^', '~'),
      fc.oneof(
        fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.')),
        version,
      ),
    )
    .map(([operator, of]) => operator + of);
  const hyphen = fc.tuple(version, version).map(([a, b]) => `${a} - ${b}`);
  const range = fc
    .array(
      fc.oneof(
        hyphen,
        fc.array(bound, { minLength: 1, maxLength: 3 }).map((all) => all.join(' ')),
      ),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .map((sets) => sets.join(' || '))
    .filter(isRange);

  test('the intervals of a range contain exactly the versions of semver', () => {
    const small = fc
      .tuple(fc.nat(3), fc.nat(2), fc.nat(2), fc.array(identifier, { maxLength: 2 }))
      .map(([a, b, c, pre]) => `${a}.${b}.${c}${pre.length ? `-${pre.join('.')}` : ''}`);
    fc.assert(
      fc.property(range, fc.oneof(small, version), (range, version) => {
        const key = precedenceKey(version);
        const inside = rangeIntervals(range).some(
          ({ prerelease, from, to }) =>
            prerelease === version.includes('-') && from <= key && key < to,
        );
        expect(inside).toBe(satisfies(version, range));
        expect(isInRange(version, range)).toBe(inside);
      }),
      { numRuns: runs(500) },
    );
  });

  test('no range is slow', () => {
    const hostile = ['>'.repeat(128), '1 - '.repeat(32), '||'.repeat(64), `^1.${'0'.repeat(120)}`];
    for (const unit of ['< ', '* ', 'x.', '1.', '~', '- ', '1-', '1-a.']) {
      hostile.push(unit.repeat(128 / unit.length), unit.repeat(50_000));
    }
    // Processor time in sorts of a hundred thousand paths; a quadratic algorithm takes thousands.
    const spent = cost(() => {
      for (const text of hostile) isRange(text);
    });
    expect(spent).toBeLessThan(5);
  });
});
