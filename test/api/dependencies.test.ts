import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Manifest } from '../../trust/index.ts';
import { createPublisher, expectStatus, manifest, type Publisher, publish } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

const abstraction: Manifest = { ...manifest, images: [], kind: 'abstraction' };
const rules = (...lines: string[]) => ['abi <abi/3.0>,', '', ...lines, ''].join('\n');
const include = (path: string) => `include <abstractions/aa-registry/${path}>`;
const profile = (name: string, ...lines: string[]) =>
  `abi <abi/3.0>,\n\nprofile ${name} flags=(attach_disconnected) {\n${lines.join('\n')}\n  /srv/** r,\n  /usr/bin/x ix,\n}\n`;

describe.each(runtimes)('dependencies of packages on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;
  let acme: Publisher;

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
    acme = await createPublisher(registry, 'acme');
    await give('base', '1.0.0', rules('/etc/base r,'), abstraction);
    await give('base', '1.1.0', rules('/etc/base rw,'), abstraction);
    await give('base', '2.0.0', rules('/etc/other r,'), abstraction);
    const needs = { dependencies: { 'library/base': '^1' } };
    await give('web', '1.0.0', profile('web', include('library/base')), { ...manifest, ...needs });
    const middle = { ...abstraction, ...needs };
    await give('middle', '1.0.0', rules(include('library/base')), middle, acme);
    await give('plain', '1.0.0', profile('plain'), manifest);
  });
  afterAll(() => registry.close());

  const send = (name: string, version: string, text: string, its: Manifest, team = library) =>
    publish(registry, team, { name, version, text, manifest: its });
  const give = (...draft: Parameters<typeof send>) => expectStatus(201, send(...draft));
  const json = async (path: string, status = 200) =>
    (await expectStatus(status, registry.fetch(path))).json() as Promise<Record<string, never>>;

  test.each<[title: string, dependencies: Record<string, string>, id: string, reason: string]>([
    ['no such package', { 'library/none': '*' }, 'dependency-unknown', 'does not exist'],
    ['no such version', { 'library/base': '^3' }, 'dependency-unknown', 'no version is available'],
    ['a package with profiles', { 'library/plain': '*' }, 'dependency-kind', 'no'],
    [
      'ranges without a common version',
      { 'library/base': '^2', 'acme/middle': '*' },
      'dependency-conflict',
      'acme/middle needs library/base@^1',
    ],
    ['itself', { 'library/new': '*' }, 'dependency-cycle', 'library/new needs library/new'],
  ])('%s is refused', async (_, dependencies, id, reason) => {
    const lines = Object.keys(dependencies).map(include);
    const its = { ...manifest, dependencies };
    const response = await expectStatus(422, send('new', '1.0.0', profile('new', ...lines), its));
    const problem = (await response.json()) as { type: string; detail: string };
    expect(problem.type).toBe('urn:aa-registry:problem:dependency-refused');
    expect(problem.detail).toContain(`${id}: `);
    if (reason !== 'no') expect(problem.detail).toContain(reason);
  });

  test('packages that need each other are refused', async () => {
    const its = { ...abstraction, dependencies: { 'acme/middle': '*' } };
    const response = await expectStatus(
      422,
      send('base', '1.2.0', rules(include('acme/middle')), its),
    );
    expect(await response.text()).toContain('dependency-cycle: ');
  });

  test.each<[title: string, text: string, its: Manifest, id: string]>([
    [
      'an include of a package that is not listed',
      profile('new', include('library/base')),
      manifest,
      'package-dependency',
    ],
    [
      'an include of all packages of a team',
      profile('new', include('library')),
      { ...manifest, dependencies: { 'library/base': '*' } },
      'package-dependency',
    ],
    ['a profile in an abstraction', rules('profile x {', '}'), abstraction, 'abstraction-content'],
    ['a hat in an abstraction', rules('^x {', '}'), abstraction, 'abstraction-content'],
    [
      'local rules in an abstraction',
      rules('include <local/x>'),
      abstraction,
      'abstraction-content',
    ],
    [
      'rules of a distribution in an abstraction',
      rules('include <abstractions/of-this-host>'),
      abstraction,
      'abstraction-content',
    ],
    [
      'a variable beside rules in an abstraction',
      rules('@{X} = /srv', '@{X}/** r,'),
      abstraction,
      'preamble-position',
    ],
    [
      'rules of an abstraction in a tunable',
      rules('@{X} = /srv', 'include <abstractions/openssl>'),
      abstraction,
      'abstraction-content',
    ],
    ['an unknown rule in an abstraction', rules('/x zr,'), abstraction, 'file-permissions'],
  ])('%s is an error', async (_, text, its, id) => {
    const response = await expectStatus(422, send('new', '1.0.0', text, its));
    const { diagnostics } = (await response.json()) as { diagnostics: { id: string }[] };
    expect(diagnostics.map((one) => one.id)).toContain(id);
  });

  test('a statement of a package with dependencies is of another type', async () => {
    const its = { ...manifest, dependencies: { 'library/base': '*' } };
    const text = profile('old', include('library/base'));
    const { signDraft } = await import('../publisher.ts');
    const envelope = await signDraft(library, {
      name: 'old',
      version: '1.0.0',
      text,
      manifest: its,
    });
    const statement = JSON.parse(atob(envelope.payload)) as { predicateType: string };
    expect(statement.predicateType).toBe('urn:aa-registry:profile:v2');
  });

  test('a dependency that is not included is a warning', async () => {
    const its = { ...manifest, dependencies: { 'library/base': '^2' } };
    const response = await give('unused', '1.0.0', profile('unused'), its);
    const { diagnostics } = (await response.json()) as { diagnostics: object[] };
    expect(diagnostics).toMatchObject([{ id: 'package-dependency', severity: 'warning' }]);
  });

  test('the analysis reads the newest version in the range', async () => {
    const version = await json('/v1/profiles/library/web/versions/1.0.0');
    expect(version.unseen).toEqual(['<abi/3.0>']);
    const { profiles } = await json('/v1/profiles/library/web/versions/1.0.0/summary');
    expect(JSON.stringify(profiles)).toContain('/etc/base');
    expect(JSON.stringify(profiles)).not.toContain('/etc/other');
    const diff = await json('/v1/profiles/library/base/versions/1.0.0/diff?to=1.1.0');
    expect(diff.same).toBe(false);
    expect(JSON.stringify(diff.differences)).toContain('/etc/base');
  });

  test('dependents are listed in pages', async () => {
    const path = '/v1/profiles/library/base/dependents';
    const all = await json(path);
    const names = (page: { items?: unknown }) =>
      (page.items as { team: string; name: string }[]).map(({ team, name }) => `${team}/${name}`);
    expect(names(all)).toEqual(expect.arrayContaining(['library/web', 'acme/middle']));
    expect(all.items).toContainEqual({
      ...{ team: 'library', name: 'web', version: '1.0.0', range: '^1' },
    });
    const found: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const cursor: string = next === '' ? '' : `&cursor=${next}`;
      const page: { items?: unknown; next?: string | null } = await json(
        `${path}?limit=1${cursor}`,
      );
      expect(names(page)).toHaveLength(1);
      found.push(...names(page));
      next = page.next ?? null;
    }
    expect(found).toEqual(names(all));
    await json('/v1/profiles/library/none/dependents', 404);
  });

  test('only the latest version of a dependent counts', async () => {
    const its = { ...manifest, dependencies: { 'library/base': '*' } };
    await give('former', '1.0.0', profile('former', include('library/base')), its);
    await give('former', '2.0.0', profile('former'), manifest);
    const { items } = await json('/v1/profiles/library/base/dependents?limit=100');
    expect(JSON.stringify(items)).not.toContain('former');
  });

  test('a package of variables is included before the profile, which is analysed with its values', async () => {
    const definition = (value: string) => rules(`@{data} = ${value}`);
    await give('places', '1.0.0', definition('/srv/one'), abstraction);
    const its = { ...manifest, dependencies: { 'library/places': '*' } };
    const text = profile('shop', '  @{data}/** w,').replace(
      'profile',
      `${include('library/places')}\n\nprofile`,
    );
    const response = await give('shop', '1.0.0', text, its);
    expect(await response.json()).toMatchObject({ diagnostics: [] });
    const path = '/v1/profiles/library/shop/versions/1.0.0/summary';
    expect(JSON.stringify(await json(path))).toContain('/srv/one');
    await give('places', '1.1.0', definition('/srv/two'), abstraction);
    const diff = await json('/v1/profiles/library/places/versions/1.0.0/diff?to=1.1.0');
    expect(diff).toMatchObject({ same: null, unknown: [{ class: 'variables' }] });
    const inside = profile('inside', include('library/places'), '  @{data}/** w,');
    const refused = await expectStatus(422, send('inside', '1.0.0', inside, its));
    expect(await refused.text()).toContain('preamble-position');
  });
});
