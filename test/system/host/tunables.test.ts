import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Manifest } from '../../../trust/index.ts';
import { command } from '../../command.ts';
import { type Fixture, startFixture, succeed } from '../../host/fixture.ts';
import { expectStatus, manifest, publish } from '../../publisher.ts';

const tunable: Manifest = { ...manifest, images: [], kind: 'abstraction' };
const definition = (value: string) => `abi <abi/3.0>,\n\n@{shop_data} = ${value}\n`;
const shop = `abi <abi/3.0>,

include <abstractions/aa-registry/library/places>

profile shop flags=(attach_disconnected, mediate_deleted) {
  @{shop_data}/** rw,
  /usr/bin/shop ix,
}
`;

describe('packages of variables', () => {
  let fixture: Fixture;
  let root: string;

  const give = (name: string, version: string, text: string, its: Manifest) =>
    expectStatus(
      201,
      publish(fixture.registry, fixture.team, { name, version, text, manifest: its }),
    );

  beforeAll(async () => {
    fixture = await startFixture();
    await give('places', '1.0.0', definition('/srv/shop /srv/old'), tunable);
    await give('shop', '1.0.0', shop, { ...manifest, dependencies: { 'library/places': '^1' } });
    await give('places', '1.1.0', definition('/srv/shop'), tunable);
    await give('places', '1.2.0', definition('/srv/shop /srv/new'), tunable);
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    root = await fixture.host();
    const abi = join(root, 'etc/apparmor.d/abi');
    await mkdir(abi, { recursive: true });
    await writeFile(
      join(abi, '3.0'),
      'file {mask {create read write exec append mmap_exec link lock\n}\n}\n',
    );
  });

  const run = (...args: string[]) => command([...args, '--root', root]);
  const places = () =>
    readFile(join(root, 'etc/apparmor.d/abstractions/aa-registry/library/places'), 'utf8');
  const want = (...lines: string[]) =>
    writeFile(join(root, 'etc/aa-registry/profiles.toml'), `profiles = [${lines.join(', ')}]\n`);

  test('are installed with the profiles that include them before they begin', async () => {
    const pulled = await run('pull', 'shop');
    expect(pulled, pulled.output).toMatchObject({ code: 0 });
    expect(await places()).toBe(definition('/srv/shop /srv/new'));
    const file = join(root, 'etc/apparmor.d/aa-registry.library.shop');
    const base = ['--base', join(root, 'etc/apparmor.d')];
    expect((await command(['can', file, 'write', '/srv/new/x', ...base])).code).toBe(0);
    expect((await command(['can', file, 'write', '/srv/old/x', ...base])).code).toBe(1);
  });

  test.each<[from: string, to: string, waits: boolean]>([
    ['1.0.0', '1.1.0', false],
    ['1.1.0', '1.2.0', true],
    ['1.0.0', '1.2.0', true],
  ])(
    'from %s to %s, what the profiles permit with them decides whether the update waits: %s',
    async (from, to, waits) => {
      await succeed(['pull', 'shop', `places@${from}`, '--root', root]);
      await want('{ reference = "shop", updates = "narrowing" }', `"places@${to}"`);
      const synced = await run('sync');
      expect(synced.code, synced.output).toBe(waits ? 9 : 0);
      if (waits) expect(synced.output).toContain('library/shop: ');
      expect((await places()).includes('/srv/old')).toBe(waits && from === '1.0.0');
    },
  );

  test('what another value permits by itself is not known', async () => {
    await succeed(['pull', 'shop', 'places@1.0.0', '--root', root]);
    await want('"shop"', '{ reference = "places@1.1.0", updates = "same" }');
    const synced = await run('sync');
    expect(synced.code, synced.output).toBe(9);
    expect(synced.output).toContain('not known');
  });
});
