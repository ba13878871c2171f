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

  test('a dense graph of many versions and long ranges is resolved, each range tried once', async () => {
    const count = 32;
    const versions = Array.from({ length: 1000 }, (_, at) => `1.${at}.0`);
    const needs = (at: number) =>
      Object.fromEntries(
        Array.from({ length: Math.min(16, count - 1 - at) }, (_, next) => [
          `x/p${at + 1 + next}`,
          `^97 || ^98 || ^99 || >=1.0.0-${at}.${next}`,
        ]),
      );
    let read = 0;
    const found = await resolveDependencies<{ manifest: Depending }>(
      [{ by: 'x/root', path: 'x/p0', range: '*' }],
      {
        versions: async () => versions,
        read: async (path) => {
          read++;
          const dependencies = needs(Number(path.slice('x/p'.length)));
          return { ok: true, found: { manifest: { kind: 'abstraction', dependencies } } };
        },
      },
    );
    expect(found.ok && [...found.needed.values()].map(({ version }) => version)).toEqual(
      Array(count).fill('1.999.0'),
    );
    expect(read).toBe(count);
  });

  test('packages that make each other choose ever lower versions: reading ends', async () => {
    const dependencies = Object.fromEntries(
      Array.from({ length: 16 }, (_, at) => [`x/p${at}`, '*']),
    );
    const versions = Array.from({ length: 100 }, (_, at) => `1.${at}.0`);
    let read = 0;
    const found = await resolveDependencies<{ manifest: Depending }>(
      requirementsOf('x/root', { dependencies }),
      {
        versions: async () => versions,
        read: async (path, version) => {
          read++;
          const next = Number(path.slice('x/p'.length)) + 1;
          const needs = next < 32 ? { [`x/p${next}`]: `<${version}` } : {};
          return { ok: true, found: { manifest: { kind: 'abstraction', dependencies: needs } } };
        },
      },
    );
    expect(found).toMatchObject({ ok: false, id: 'dependency-limit' });
    expect(read).toBe(128);
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
