import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../command.ts';
import { hintedCommands, pasteError } from '../hinted-commands.ts';
import { type Fixture, startFixture } from '../host/fixture.ts';
import { expectStatus, profileText, send } from '../publisher.ts';

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

/** Users paste hints, so hints must name the host of the command. */
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
    const { output } = await command([...args, '--root', root]);
    expect(output).toContain(hint.replace('ROOT', root));
  });

  test('a host without a trust file, where the registry and the team are known', async () => {
    const empty = ['--root', `${root}/etc`];
    const registry = ['--registry', fixture.registry.url];
    const next = `trust init acme --registry ${fixture.registry.url} --root ${root}/etc`;
    const commands = [
      ['pull', 'acme/web'],
      ['verify', 'acme/web'],
      ['bundle', 'acme/web', '-o', `${root}/none.bundle`],
      ['can', 'acme/web', 'read', '/etc/passwd'],
      ['diff', 'acme/web', 'acme/web'],
    ];
    for (const args of commands) {
      const { output } = await command([...args, ...empty, ...registry]);
      expect(output, args.join(' ')).toContain(next);
    }
    // The registry of a login is known as well.
    const config = join(root, 'config.toml');
    await writeFile(config, `registry = "${fixture.registry.url}"\n`);
    const unnamed = await command(['pull', 'acme/web', ...empty], {
      AA_CONFIG: config,
      HOME: root,
    });
    expect(unnamed.output).toContain(next);
    const { output } = await command(['doctor', '--offline', '--root', root]);
    expect(output).toContain(`status --root ${root}`);
  });

  test('a pull of another version than the locked one names lock', async () => {
    await writeFile(`${root}/etc/aa-registry/profiles.toml`, 'profiles = ["web@^1.0"]\n');
    const locked = await command(['lock', '--root', root]);
    expect(locked.code, locked.output).toBe(0);
    await fixture.publish('web', '1.1.0');
    const pulled = await command(['pull', 'web', '--root', root]);
    expect(pulled.output).toContain(`to update it: aa-registry lock --root ${root}`);
    expect(pulled.output).not.toContain('change it there');
  });

  test('a mode of another root is named', async () => {
    expect((await command(['enforce', 'web', '--root', root])).output).toContain(
      'is in enforce mode',
    );
    expect((await command(['status', '--root', root])).stdout).toMatch(/web +\S+ +enforce/);
  });

  test('a pull of several profiles, one of which does not exist', async () => {
    const { output } = await command(['pull', 'web', 'nope', '--root', root]);
    expect(output).toContain('nope does not exist');
    expect(output).toContain('Nothing was installed.');
  });

  test('show names the grade and how many findings are suppressed', async () => {
    const granted = '  capability sys_admin, # lint-ignore powerful-capability: it mounts\n}';
    await fixture.publish('ignoring', '1.0.0', profileText('ignoring').replace('}', granted));
    const { stdout } = await command(['show', 'ignoring', '--registry', fixture.registry.url]);
    expect(stdout).toMatch(/^Grade +A, 1 finding suppressed by lint-ignore comments$/m);
    expect(stdout).toMatch(/^Lint +no findings$/m);
  });

  test('show names the channels', async () => {
    const { stdout } = await command(['show', 'web', '--registry', fixture.registry.url]);
    expect(stdout).toMatch(/^Channels +latest 1\.1\.0$/m);
    const { registry, team } = fixture;
    const path = '/v1/profiles/library/web/channels/stable';
    await expectStatus(
      200,
      send(registry, 'PUT', path, { version: '1.0.0', previous: null }, team.token),
    );
    const after = await command(['show', 'web', '--registry', registry.url]);
    expect(after.stdout).toMatch(/^Version +1\.0\.0,/m);
    expect(after.stdout).toMatch(/^Channels +stable 1\.0\.0, latest 1\.1\.0$/m);
    // The page of the latest version shows how to pull it, and which version "pull" selects.
    const response = await fetch(`${registry.url}/p/library/web`);
    const page = (await response.text()).replaceAll(/<[^>]*>/g, '').replaceAll(/\s+/g, ' ');
    expect(page).toContain('sudo aa-registry pull web@1.1.0');
    expect(page).toContain('pull installs 1.0.0, the version of channel stable.');
  });

  test('a log without a trust file', async () => {
    const empty = `${root}/etc`;
    const { output } = await command(['log', 'verify', '--root', empty]);
    expect(output).toContain(`aa-registry trust init TEAM --registry URL --root ${empty}`);
  });

  test('a refused AA_TOKEN is named, because a login would not replace it', async () => {
    const registry = ['--registry', fixture.registry.url];
    const refused = await command(['whoami', ...registry], { AA_TOKEN: 'aar_unknown' });
    expect(refused.output).toContain('unset AA_TOKEN');
  });
});
