import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import jsonata from 'jsonata';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import manifest from '../package.json' with { type: 'json' };
import { createPublisher, expectStatus, type Publisher, publish, send } from './publisher.ts';
import { runtimes, type TestRegistry } from './runtimes.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFile(join(root, path), 'utf8');

test('the GitHub action runs scripts that exist, with inputs that it declares', async () => {
  const text = await read('action.yml');
  const action = parse(text);
  expect(action.runs.using).toBe('composite');
  expect(action.inputs['aa-registry-version'].default).toBe(manifest.version);
  for (const [, path = ''] of text.matchAll(/\$GITHUB_ACTION_PATH\/([\w./-]+)/g)) {
    await access(join(root, path), constants.X_OK);
  }
  for (const step of action.runs.steps) {
    // An input inside of a script would be run as a part of it.
    expect(step.run).not.toContain('${{');
    expect(step.shell).toBe('bash');
  }
  const used = [...text.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name);
  expect(Object.keys(action.inputs).sort()).toEqual([...new Set(used)].sort());
});

test('the GitLab job uses inputs that it declares, and a script that the npm package has', async () => {
  const text = await read('packaging/gitlab/aa-registry.yml');
  const [spec, jobs] = parseAllDocuments(text).map((one) => one.toJS());
  expect(spec.spec.inputs['aa-registry-version'].default).toBe(manifest.version);
  const used = [...text.matchAll(/\$\[\[ inputs\.([\w-]+) \]\]/g)].map(([, name]) => name);
  expect(Object.keys(spec.spec.inputs).sort()).toEqual([...new Set(used)].sort());
  expect(jobs['apparmor-review'].artifacts.paths).toEqual(['apparmor-review/']);
  expect(text).toContain('/aa-registry/packaging/ci/review.sh');
  expect(manifest.files).toContain('packaging/ci/*.sh');
});

test('the pre-commit hooks have entries that exist', async () => {
  const hooks = parse(await read('.pre-commit-hooks.yaml'));
  for (const { entry, language } of hooks) {
    if (language === 'script') await access(join(root, entry), constants.X_OK);
    else expect(entry).toMatch(/^aa-registry [a-z]+$/);
  }
});

describe('the Renovate preset', () => {
  interface Preset {
    customManagers: { managerFilePatterns: string[]; matchStrings: string[] }[];
    customDatasources: Record<
      string,
      { defaultRegistryUrlTemplate: string; transformTemplates: string[] }
    >;
  }
  let preset: Preset;
  let registry: TestRegistry;
  let team: Publisher;
  beforeAll(async () => {
    preset = JSON.parse(await read('packaging/renovate/profiles.json'));
    const [runtime] = runtimes;
    if (!runtime) throw new Error('there is a runtime');
    registry = await runtime.start();
    team = await createPublisher(registry, 'acme');
  });
  afterAll(() => registry.close());

  /** What the managers find in a file, as Renovate applies its regular expressions. */
  function found(path: string, text: string): object[] {
    return preset.customManagers
      .filter(({ managerFilePatterns }) =>
        managerFilePatterns.some((one) => new RegExp(one.slice(1, -1)).test(path)),
      )
      .flatMap(({ matchStrings }) => matchStrings)
      .flatMap((one) => [...text.matchAll(new RegExp(one, 'g'))])
      .map(({ groups }) => ({ ...groups }));
  }

  test('finds references with a version or range, and leaves channels and digests alone', () => {
    const toml = `profiles = [
  "docker-nginx@1.2.0",
  'acme/web@^1.2',
  { reference = "acme/api@~2.0.1", complain = true },
  "acme/canary:candidate",
  "acme/latest",
  "acme/pinned@sha256:${'0'.repeat(64)}",
]
`;
    expect(found('hosts/profiles.toml', toml)).toEqual([
      { packageName: 'acme/web', currentValue: '^1.2' },
      { packageName: 'acme/api', currentValue: '~2.0.1' },
      { depName: 'docker-nginx', currentValue: '1.2.0' },
    ]);
    expect(found('hosts/other.toml', toml)).toEqual([]);
  });

  test('finds the version of aa-registry in CI files', () => {
    const version = [{ currentValue: '0.1.0' }];
    const line = '        aa-registry-version: 0.1.0\n';
    expect(found('.github/workflows/profiles.yml', line)).toEqual(version);
    expect(found('.gitlab-ci.yml', `inputs: { aa-registry-version: "0.1.0" }`)).toEqual(version);
  });

  test('reads the versions of a package from the registry, without yanked ones', async () => {
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) {
      await expectStatus(201, publish(registry, team, { name: 'web', version }));
    }
    const yank = '/v1/profiles/acme/web/versions/1.1.0/yank';
    await expectStatus(200, send(registry, 'POST', yank, { reason: 'broken' }, team.token));
    const source = preset.customDatasources['aa-registry'];
    if (!source) throw new Error('the preset has a source');
    const filled = (template: string) =>
      template.replaceAll('{{arg0}}', registry.url).replaceAll('{{packageName}}', 'acme/web');
    const response = await fetch(filled(source.defaultRegistryUrlTemplate));
    const [transform = ''] = source.transformTemplates;
    const result = await jsonata(filled(transform)).evaluate(await response.json());
    expect(JSON.parse(JSON.stringify(result))).toEqual({
      releases: ['2.0.0', '1.0.0'].map((version) => ({
        version,
        releaseTimestamp: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T/),
      })),
      homepage: `${registry.url}/p/acme/web`,
    });
  });
});
