import { describe, expect, test } from 'vitest';
import {
  type Depending,
  generateKeyPair,
  type Manifest,
  makeStatement,
  parseStatement,
  requirementsOf,
  resolveDependencies,
  sign,
  verify,
} from '../../trust/index.ts';

/** Packages by path and version, with what each needs. */
type World = Record<string, Record<string, Record<string, string>>>;

const world: World = {
  'a/one': { '1.0.0': {}, '1.1.0': {}, '2.0.0': {} },
  'a/two': { '1.0.0': { 'a/one': '^1' }, '1.1.0': { 'a/one': '^2' } },
  'a/loop': { '1.0.0': { 'a/pool': '*' } },
  'a/pool': { '1.0.0': { 'a/loop': '*' } },
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [
      `deep/d${at}`,
      { '1.0.0': at < 39 ? { [`deep/d${at + 1}`]: '*' } : {} },
    ]),
  ),
};

async function resolve(needs: Record<string, string>, options = {}) {
  const found = await resolveDependencies<{ manifest: Depending }>(
    requirementsOf('x/root', { dependencies: needs }),
    {
      versions: async (path) => world[path] && Object.keys(world[path]),
      read: async (path, version) => {
        const dependencies = world[path]?.[version];
        return { ok: true, found: { manifest: { kind: 'abstraction', dependencies } } };
      },
    },
    options,
  );
  if (!found.ok) return found.id;
  return [...found.needed].map(([path, { version }]) => `${path}@${version}`);
}

describe('resolving dependencies', () => {
  test.each<[needs: Record<string, string>, found: string[] | string]>([
    [{}, []],
    [{ 'a/one': '^1' }, ['a/one@1.1.0']],
    [{ 'a/one': '1.0.0' }, ['a/one@1.0.0']],
    // Those that others need come first.
    [{ 'a/two': '~1.0' }, ['a/one@1.1.0', 'a/two@1.0.0']],
    [{ 'a/two': '~1.0', 'a/one': '~1.0' }, ['a/one@1.0.0', 'a/two@1.0.0']],
    [{ 'a/two': '*' }, ['a/one@2.0.0', 'a/two@1.1.0']],
    [{ 'a/two': '*', 'a/one': '^1' }, 'dependency-conflict'],
    [{ 'a/none': '*' }, 'dependency-unknown'],
    [{ 'a/one': '^3' }, 'dependency-unknown'],
    [{ 'a/loop': '*' }, 'dependency-cycle'],
    [{ 'x/root': '*' }, 'dependency-cycle'],
    [{ 'deep/d0': '*' }, 'dependency-limit'],
  ])('%j gives %j', async (needs, found) => {
    expect(await resolve(needs)).toEqual(found);
  });

  test('what other packages require counts only for what is needed', async () => {
    const others = [
      { by: 'y/other', path: 'a/one', range: '~1.0' },
      { by: 'y/other', path: 'a/none', range: '^9' },
    ];
    expect(await resolve({ 'a/one': '^1' }, { others })).toEqual(['a/one@1.0.0']);
    expect(await resolve({ 'a/one': '^2' }, { others })).toBe('dependency-conflict');
  });

  test('a kept version stays if all accept it', async () => {
    const keep = () => '1.0.0';
    expect(await resolve({ 'a/one': '^1' }, { keep })).toEqual(['a/one@1.0.0']);
    expect(await resolve({ 'a/one': '^2' }, { keep })).toEqual(['a/one@2.0.0']);
  });
});

describe('the statement of a package with dependencies', () => {
  const manifest: Manifest = {
    ...{ description: 'x', images: [], abi: '3.0', license: 'MIT' },
    dependencies: { 'library/base': '^1' },
  };
  const digest = `sha256:${'0'.repeat(64)}` as const;
  const statement = makeStatement({ team: 'a', name: 'web', version: '1.0.0', digest, manifest });
  const parse = (one: unknown) => parseStatement(new TextEncoder().encode(JSON.stringify(one)));

  test('is of a type that earlier releases refuse', () => {
    expect(statement.predicateType).toBe('urn:aa-registry:profile:v2');
    expect(parse(statement)).toEqual(statement);
  });

  test.each<[title: string, change: object]>([
    ['of the earlier type', { predicateType: 'urn:aa-registry:profile:v1' }],
    [
      'without dependencies',
      { predicate: { ...statement.predicate, manifest: { ...manifest, dependencies: undefined } } },
    ],
    ...['*x', 'no range', '^1 [31m'].map((range): [string, object] => [
      `with the range ${JSON.stringify(range)}`,
      {
        predicate: {
          ...statement.predicate,
          manifest: { ...manifest, dependencies: { 'library/base': range } },
        },
      },
    ]),
    ...['base', 'a/b/c', '../etc', 'a/../b', '/etc/x', 'a/'].map((path): [string, object] => [
      `with the package ${path}`,
      {
        predicate: {
          ...statement.predicate,
          manifest: { ...manifest, dependencies: { [path]: '*' } },
        },
      },
    ]),
  ])('%s is refused', async (_, change) => {
    const changed = { ...statement, ...change };
    expect(parse(changed)).toBeUndefined();
    const key = await generateKeyPair();
    const payload = new TextEncoder().encode(JSON.stringify(changed));
    const verified = await verify(
      {
        ...{ team: 'a', name: 'web', version: '1.0.0', profile: new Uint8Array() },
        envelope: await sign('application/vnd.in-toto+json', payload, [key]),
      },
      { keys: [key.publicKey], threshold: 1 },
    );
    expect(verified).toMatchObject({ ok: false, id: 'statement-malformed' });
  });
});
