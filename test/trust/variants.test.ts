import { describe, expect, test } from 'vitest';
import {
  counterparts,
  generateKeyPair,
  isDefinedName,
  Manifest,
  makeStatement,
  sha256,
  signStatement,
  variantFor,
  verify,
} from '../../trust/index.ts';

const manifest: Manifest = {
  description: 'A test',
  images: ['nginx'],
  abi: '3.0',
  license: 'MIT',
};
const bytes = (text: string) => new TextEncoder().encode(text);
const named = { team: 'acme', name: 'web', version: '1.0.0' };

describe('variants', () => {
  test.each<[variants: string[], release: string, at: number]>([
    [['3.0', '4.0'], '2.13', -1],
    [['3.0', '4.0'], '3.0', 0],
    [['3.0', '4.0'], '3.1', 0],
    [['3.0', '4.0'], '4.0', 1],
    [['3.0', '4.0'], '10.0', 1],
    [['2.13', '3.0'], '2.9', -1],
    [['2.9', '2.13'], '2.12', 0],
    [[], '3.0', -1],
  ])('of %j, AppArmor %s has the one at %i', (variants, release, at) => {
    expect(variantFor(variants, release)).toBe(at);
  });

  test.each<[before: string[] | undefined, after: string[] | undefined, pairs: [number, number][]]>(
    [
      [undefined, undefined, [[0, 0]]],
      [
        ['3.0', '4.0'],
        undefined,
        [
          [0, 0],
          [1, 0],
        ],
      ],
      [
        undefined,
        ['3.0', '4.0'],
        [
          [0, 0],
          [0, 1],
        ],
      ],
      [
        ['3.0', '4.0'],
        ['3.0', '4.0'],
        [
          [0, 0],
          [1, 1],
        ],
      ],
      [
        ['3.0', '4.1'],
        ['3.0', '4.0'],
        [
          [0, 0],
          [1, 1],
          [0, 1],
        ],
      ],
    ],
  )(
    'of versions with %j and %j are compared as the same hosts take them',
    (before, after, pairs) => {
      expect(counterparts(before, after)).toEqual(pairs);
    },
  );

  test('a statement without them is as it was before there were any', async () => {
    const digest = await sha256(bytes('one'));
    const statement = makeStatement({ ...named, digest, manifest });
    expect(JSON.stringify(statement)).toBe(
      `{"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"acme/web","digest":{"sha256":"${digest.slice(7)}"}}],` +
        '"predicateType":"urn:aa-registry:profile:v1","predicate":{"team":"acme","name":"web","version":"1.0.0",' +
        `"manifest":${JSON.stringify(manifest)}}}`,
    );
  });

  test('any of them is verified by its digest, and nothing else', async () => {
    const key = await generateKeyPair();
    const both = { ...manifest, variants: ['3.0', '4.0'] };
    const [digest, other] = await Promise.all([sha256(bytes('old')), sha256(bytes('new'))]);
    const envelope = await signStatement({ ...named, digest, others: [other], manifest: both }, [
      key,
    ]);
    const policy = { keys: [key.publicKey], threshold: 1 };
    for (const [text, its] of [
      ['old', digest],
      ['new', other],
    ] as const) {
      const verified = await verify({ ...named, profile: bytes(text), envelope }, policy);
      expect(verified).toMatchObject({ ok: true, digest: its, digests: [digest, other] });
    }
    const wrong = await verify({ ...named, profile: bytes('evil'), envelope }, policy);
    expect(wrong).toMatchObject({ ok: false, id: 'digest-mismatch' });
  });

  test.each<[what: string, variants: string[] | undefined, others: number]>([
    ['fewer subjects than variants', ['3.0', '4.0'], 0],
    ['more subjects than variants', ['3.0'], 1],
    ['several subjects without variants', undefined, 1],
  ])('a statement with %s is refused', async (_, variants, others) => {
    const key = await generateKeyPair();
    const digest = await sha256(bytes('old'));
    const stated = { ...manifest, ...(variants && { variants }) };
    const envelope = await signStatement(
      { ...named, digest, others: Array(others).fill(digest), manifest: stated },
      [key],
    );
    const claim = { ...named, profile: bytes('old'), envelope };
    const verified = await verify(claim, { keys: [key.publicKey], threshold: 1 });
    expect(verified).toMatchObject({ ok: false, id: 'statement-malformed' });
  });
});

describe('the names of profiles that a manifest lists', () => {
  test.each([
    'web',
    'man_groff',
    'Web',
    'Xorg',
    'a b',
    '/usr/sbin/ntpd',
    '/usr/{bin,sbin}/x',
    '/opt/a b/c*',
  ])('%s is one', (name) => expect(isDefinedName(name)).toBe(true));
  test.each([
    '',
    ' a',
    'a ',
    'a//b',
    '/a//b',
    ':ns:a',
    'a&b',
    '/a&b',
    '@{bin}/x',
    'a*',
    '{a,b}',
    'a"b',
    '/a"b',
    '/a\\b',
    '/a\n',
    'é',
    '/',
    `/${'a'.repeat(255)}`,
  ])('%j is none', (name) => expect(isDefinedName(name)).toBe(false));
  test.each<[profiles: unknown]>([
    [[]],
    [['a', 'a']],
    [Array.from({ length: 65 }, (_, at) => `p${at}`)],
    ['a'],
    [['a//b']],
  ])('profiles = %j is refused', (profiles) =>
    expect(Manifest.safeParse({ ...manifest, profiles }).success).toBe(false),
  );
});
