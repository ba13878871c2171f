import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../command.ts';
import { type Fixture, startFixture } from '../host/fixture.ts';

/** Hints are pasted: they have to name the host that the command was for. */
describe('a hint for another root', () => {
  let fixture: Fixture;
  let root: string;
  beforeAll(async () => {
    fixture = await startFixture();
    root = await fixture.host();
    await fixture.publish('web', '1.0.0');
    await command(['pull', 'web', '--root', root]);
  });
  afterAll(() => fixture.close());

  test.each<[args: string[], hint: string]>([
    [['rollback', 'web', '--offline'], 'aa-registry pull web@VERSION --root ROOT'],
    [['rollback', 'web', '--to', '9.0.0'], 'aa-registry pull web@VERSION --root ROOT'],
    [['trust', 'add', 'library'], 'aa-registry trust update library --root ROOT'],
    [['trust', 'update', 'acme'], 'aa-registry trust add acme --root ROOT'],
    [['trust', 'init', 'library'], 'aa-registry trust update library --root ROOT'],
    [['status', 'wbe'], 'Installed: web.'],
    [['run-args', 'wbe'], 'Installed: web.'],
  ])('%j', async (args, hint) => {
    const { said } = await command([...args, '--root', root]);
    expect(said).toContain(hint.replace('ROOT', root));
  });

  test('a log without a trust file', async () => {
    const empty = `${root}/etc`;
    const { said } = await command(['log', 'verify', '--root', empty]);
    expect(said).toContain(`aa-registry trust init TEAM --registry URL --root ${empty}`);
  });

  test('a refused AA_TOKEN is named, because a login would not replace it', async () => {
    const registry = ['--registry', fixture.registry.url];
    const refused = await command(['whoami', ...registry], { AA_TOKEN: 'aar_unknown' });
    expect(refused.said).toContain('unset AA_TOKEN');
  });
});
