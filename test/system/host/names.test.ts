import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { trustPath } from '../../../sdk/trust-file.ts';
import type { Manifest } from '../../../trust/index.ts';
import { command } from '../../command.ts';
import { type Fixture, filesOf, startFixture, succeed } from '../../host/fixture.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  publish,
} from '../../publisher.ts';

const profile = (head: string, detail = '1') =>
  `${head} {\n  /srv/${detail}/** r,\n  /usr/bin/true ix,\n}\n`;
const file = (...profiles: string[]) => `abi <abi/3.0>,\n\n${profiles.join('\n')}`;

const host: Manifest = { ...manifest, images: [], kind: 'host' };
const ntpd: Manifest = { ...host, profiles: ['/usr/sbin/ntpd'] };
const man: Manifest = { ...host, profiles: ['man', 'man_groff', 'man_filter'] };
const manText = (detail?: string) =>
  file(
    profile('profile man /usr/bin/man', detail),
    profile('profile man_groff', detail),
    profile('profile man_filter', detail),
  );

describe('packages that define other profiles than the one with their name', () => {
  let fixture: Fixture;
  let root: string;

  beforeAll(async () => {
    fixture = await startFixture();
    const give = (name: string, version: string, text: string, its: Manifest) =>
      expectStatus(
        201,
        publish(fixture.registry, fixture.team, { name, version, text, manifest: its }),
      );
    await give('ntpd', '1.0.0', file(profile('/usr/sbin/ntpd')), ntpd);
    await give('man', '1.0.0', manText(), man);
    await give('man', '1.1.0', manText('2'), man);
    await give('grows', '1.0.0', file(profile('profile grows')), manifest);
    const two = { ...manifest, profiles: ['grows', 'sshd'] };
    await give('grows', '1.1.0', file(profile('profile grows'), profile('profile sshd')), two);
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    root = await fixture.host();
  });

  const run = (...args: string[]) => command([...args, '--root', root]);
  const installed = async (name: string) => {
    const { stdout } = await run('status', '--offline', '--format', 'json');
    const { installed } = JSON.parse(stdout) as { installed: Record<string, unknown>[] };
    return installed.find((one) => one.name === name);
  };

  /** Adds the line to the trust file that the output of a refusal names. */
  async function allow(output: string): Promise<void> {
    const line = /names = \[.*\]/.exec(output)?.[0] ?? '';
    expect(line).not.toBe('');
    const text = (await readFile(trustPath(root), 'utf8')).replace(/^names = .*\n/m, '');
    await writeFile(trustPath(root), `${text.trimEnd()}\n${line}\n`);
  }

  test('are refused until the trust file allows the team those names', async () => {
    const before = await filesOf(root);
    const refused = await run('pull', 'ntpd');
    expect(refused.code).toBe(3);
    expect(refused.output).toContain('defines /usr/sbin/ntpd, which this host does not allow');
    expect(refused.output).toContain('[name-not-allowed]');
    expect(await filesOf(root)).toEqual(before);
    await allow(refused.output);
    const planned = await run('pull', 'ntpd', '--dry-run', '--format', 'json');
    const attached = [{ profile: '/usr/sbin/ntpd', path: '/usr/sbin/ntpd' }];
    expect(JSON.parse(planned.stdout).items[0].attachments).toEqual(attached);
    const pulled = await run('pull', 'ntpd');
    expect(pulled, pulled.output).toMatchObject({ code: 0 });
    expect(pulled.stderr).toContain('ntpd attaches to programs of the host: /usr/sbin/ntpd');
    expect(await installed('ntpd')).toMatchObject({ profiles: ['/usr/sbin/ntpd'], ok: true });
  });

  test.each<[names: string, code: number]>([
    ['["man*"]', 0],
    ['["man", "man_groff", "man_filter"]', 0],
    ['["*"]', 0],
    ['["man"]', 3],
    ['["man_*"]', 3],
    ['["*man"]', 3],
    ['["/usr/**"]', 3],
    ['[]', 3],
  ])('with names = %s, man exits with %i', async (names, code) => {
    await appendFile(trustPath(root), `names = ${names}\n`);
    const outcome = await run('pull', 'man');
    expect(outcome.code, outcome.output).toBe(code);
    expect(outcome.output.includes('[name-not-allowed]')).toBe(code === 3);
  });

  test.each<[names: string, code: number]>([
    ['["*"]', 3],
    ['["/usr/*"]', 3],
    ['["/usr/sbin/*"]', 0],
    ['["/*/*/ntp?"]', 3],
  ])('with names = %s, /usr/sbin/ntpd exits with %i', async (names, code) => {
    await appendFile(trustPath(root), `names = ${names}\n`);
    expect((await run('pull', 'ntpd')).code).toBe(code);
  });

  test('work with every command as a whole', async () => {
    await appendFile(trustPath(root), 'names = ["man*"]\n');
    await succeed(['pull', 'man@1.0.0', '--root', root]);
    await succeed(['pull', 'man', '--root', root]);
    await succeed(['complain', 'man', '--root', root, '--offline']);
    await succeed(['enforce', 'man', '--root', root, '--offline']);
    await succeed(['rollback', 'man', '--root', root, '--offline']);
    const profiles = ['man', 'man_groff', 'man_filter'];
    expect(await installed('man')).toMatchObject({ version: '1.0.0', profiles, ok: true });
    const status = await run('status', '--offline');
    expect(status.output).toContain('defines man, man_groff, man_filter');
    const use = await run('run-args', 'man', '--runtime', 'systemd');
    expect(use.stdout).toBe('[Service]\nAppArmorProfile=man\n');
    await succeed(['remove', 'man', '--root', root]);
    expect(await installed('man')).toBeUndefined();
  });

  test('keep their names when a damaged record is rebuilt', async () => {
    await appendFile(trustPath(root), 'names = ["man*"]\n');
    await succeed(['pull', 'man', '--root', root]);
    await writeFile(join(root, 'var/lib/aa-registry/installed/library.man.json'), '{');
    await succeed(['enforce', 'man', '--root', root, '--offline']);
    expect(await installed('man')).toMatchObject({ profiles: man.profiles, ok: true });
  });

  test('are refused if another file defines one of their profiles', async () => {
    await appendFile(trustPath(root), 'names = ["man*"]\n');
    await mkdir(join(root, 'etc/apparmor.d'), { recursive: true });
    const other = join(root, 'etc/apparmor.d/usr.bin.man');
    await writeFile(other, file(profile('profile man_groff')));
    const refused = await run('pull', 'man');
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(`profile man_groff is also defined in ${other}`);
    await rm(other);
    await succeed(['pull', 'man', '--root', root]);
  });

  test('an update that defines a further profile is refused until that is allowed', async () => {
    await succeed(['pull', 'grows@1.0.0', '--root', root]);
    await writeFile(join(root, 'etc/aa-registry/profiles.toml'), 'profiles = ["grows"]\n');
    const synced = await run('sync');
    expect(synced.code).toBe(3);
    expect(synced.output).toContain('[name-not-allowed]');
    expect(await installed('grows')).toMatchObject({ version: '1.0.0', profiles: ['grows'] });
    await allow(synced.output);
    await succeed(['sync', '--root', root]);
    expect(await installed('grows')).toMatchObject({ profiles: ['grows', 'sshd'] });
    // What the operator no longer allows is reported, and not repaired.
    await writeFile(
      trustPath(root),
      (await readFile(trustPath(root), 'utf8')).replace(/names = .*/, 'names = ["grows"]'),
    );
    const status = await run('status', '--offline');
    expect(status.code).toBe(8);
    expect(status.output).toMatch(/would be refused now: .*\[name-not-allowed\]/);
    expect(status.output).toContain('names = ["grows", "sshd"]');
  });

  test('the names of a team are shown, and stay when its keys change', async () => {
    const other: Publisher = await createPublisher(fixture.registry, 'named');
    const add = await run('trust', 'add', 'named', '--yes');
    expect(add.output).toContain('A package may define the profile with the name of its package.');
    await appendFile(trustPath(root), 'names = ["docker-*", "/usr/sbin/ntpd"]\n');
    const shown = await run('trust', 'show');
    expect(shown.output).toContain('A package may define docker-*, /usr/sbin/ntpd.');
    const json = JSON.parse((await run('trust', 'show', '--format', 'json')).stdout);
    expect(json.teams.named.names).toEqual(['docker-*', '/usr/sbin/ntpd']);
    const update = await run('trust', 'update', 'named');
    expect(update.output).toContain('A package may define docker-*, /usr/sbin/ntpd.');
    const key = fixture.team.key.publicKey.text;
    await succeed(['trust', 'add', 'named', key, '--yes', '--root', root]);
    await succeed(['trust', 'remove', 'named', other.key.publicKey.keyId, '--yes', '--root', root]);
    expect(await readFile(trustPath(root), 'utf8')).toContain('names = ["docker-*"');
  });

  test.each(['["a b\\n"]', '["a//b"]', '["x&y"]', '"man"', '[":ns:x"]'])(
    'names = %s is no list of names',
    async (names) => {
      await appendFile(trustPath(root), `names = ${names}\n`);
      const outcome = await run('pull', 'man');
      expect(outcome.code).not.toBe(0);
      expect(outcome.output).toContain('teams.library.names');
    },
  );
});
