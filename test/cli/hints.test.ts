import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../command.ts';
import { hintedCommands, pasteError } from '../hinted-commands.ts';
import { type Fixture, startFixture } from '../host/fixture.ts';

/** Every test that runs a command checks the commands in its messages (test/command.ts). */
describe('the check of hinted commands', () => {
  const message = `aa-registry: x does not exist.
To show it: sudo aa-registry show 'a b', then aa-registry trust update library --root /a.b/c
Run "aa-registry pul x", or aa-registry pull x --rot /a. It is gone.
Usage: aa-registry pull [REF…] [OPTIONS]`;

  test('finds them', () => {
    expect(hintedCommands(message).sort()).toEqual([
      'aa-registry pul x',
      'aa-registry pull x --rot /a',
      "aa-registry show 'a b'",
      'aa-registry trust update library --root /a.b/c',
    ]);
  });

  test('reports those that do not parse', async () => {
    const errors = await Promise.all(hintedCommands(message).map(pasteError));
    expect(errors.filter((error) => error !== undefined).sort()).toEqual([
      expect.stringContaining('pul x: not a command'),
      expect.stringContaining('Unknown option "--rot"'),
    ]);
  });
});

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
