import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parserVersion } from '../../../sdk/host/parser.ts';
import type { Manifest } from '../../../trust/index.ts';
import { command } from '../../command.ts';
import { type Fixture, startFixture, succeed, textOf } from '../../host/fixture.ts';
import { expectStatus, manifest, publish } from '../../publisher.ts';

const both: Manifest = { ...manifest, variants: ['3.0', '4.0'] };

describe('variants on hosts', () => {
  let fixture: Fixture;
  let root: string;
  let folder: string;

  const oldText = (detail = '1') => textOf('web', detail);
  const newText = (detail = '1') =>
    oldText(detail).replace('abi/3.0', 'abi/4.0').replace('\n}\n', '\n  userns create,\n}\n');
  const give = (version: string, text: string, others: string[], its: Manifest) =>
    expectStatus(
      201,
      publish(fixture.registry, fixture.team, {
        name: 'web',
        version,
        text,
        others,
        manifest: its,
      }),
    );

  beforeAll(async () => {
    fixture = await startFixture();
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    await give('1.0.0', oldText(), [newText()], both);
    await give('1.1.0', oldText('2'), [newText('2')], both);
    await give('2.0.0', newText(), [], { ...manifest, abi: '4.0', variants: ['4.0'] });
  });
  afterAll(async () => {
    await fixture.close();
    await rm(folder, { recursive: true });
  });
  beforeEach(async () => {
    root = await fixture.host();
  });

  const run = (...args: string[]) => command([...args, '--root', root]);
  const onHost = () => readFile(join(root, 'etc/apparmor.d/aa-registry.library.web'), 'utf8');
  const want = (text: string) =>
    writeFile(join(root, 'etc/aa-registry/profiles.toml'), `profiles = ["${text}"]\n`);

  test.each<[options: string[], text: string, why: string]>([
    [[], oldText(), 'AppArmor 3.0 and newer, as the AppArmor release is not known'],
    [['--target', '3.1'], oldText(), 'the variant for AppArmor 3.0 and newer, as --target says'],
    [['--target', '4.0'], newText(), 'the variant for AppArmor 4.0 and newer, as --target says'],
    [['--target', '5.0'], newText(), 'the variant for AppArmor 4.0 and newer, as --target says'],
  ])('pull %j takes the best and says why', async (options, text, why) => {
    const pulled = await run('pull', 'web@1.0.0', ...options);
    expect(pulled, pulled.output).toMatchObject({ code: 0 });
    expect(await onHost()).toBe(text);
    expect(pulled.stderr.replace(/\s+/g, ' ')).toContain(why);
  });

  test.each<[target: string, variant: string, text: string]>([
    ['3.1', '3.0', oldText()],
    ['4.1', '4.0', newText()],
  ])(
    'summary, diff and can of a reference take that for %s, and say so',
    async (target, variant, text) => {
      const file = join(folder, `web-${target}`);
      await writeFile(file, text);
      const said = `web 1.0.0: the variant for AppArmor ${variant} and newer, as --target says.`;
      const base = join(folder, 'base');
      await mkdir(join(base, 'abi'), { recursive: true });
      await mkdir(join(base, 'tunables'), { recursive: true });
      const abi = 'query {label {multi_transaction {yes\n}\n}\n}\n';
      for (const name of ['abi/3.0', 'abi/4.0']) await writeFile(join(base, name), abi);
      await writeFile(join(base, 'tunables/global'), '@{PROC}=/proc/\n');
      const options = ['--target', target, '--base', base];
      const summed = await run('summary', 'web@1.0.0', '--format', 'json', ...options);
      expect(summed.stderr).toContain(said);
      expect(JSON.parse(summed.stdout)).toMatchObject({ reference: 'library/web@1.0.0', variant });
      const compared = await run('diff', 'web@1.0.0', file, ...options);
      expect(compared.stderr).toContain(said);
      expect(compared.stdout).toBe('the same policy\n');
      const asked = await run('can', 'web@1.0.0', 'read', '/srv/web/1/x', ...options);
      expect(asked.stderr).toContain(said);
      expect(asked.stdout).toMatch(/^yes/);
      const verified = await run('verify', 'web@1.0.0', '--target', target);
      expect(verified.stderr).toContain(said);
    },
  );

  test('a host older than all variants is refused', async () => {
    const refused = await run('pull', 'web@1.0.0', '--target', '2.13');
    expect(refused.code).toBe(3);
    expect(refused.output).toContain(
      'is for AppArmor 3.0 and newer, not for 2.13, as --target says',
    );
    expect(refused.output).toContain('[variant-missing]');
  });

  test('a version with one variant is for its release and newer ones', async () => {
    const refused = await run('pull', 'web@2.0.0', '--target', '3.1');
    expect(refused.output).toContain('[variant-missing]');
    await succeed(['pull', 'web@2.0.0', '--target', '4.0', '--root', root]);
    expect(await onHost()).toBe(newText());
  });

  test('sync changes the variant when the host is upgraded, and back', async () => {
    await want('web@1.0.0');
    await succeed(['sync', '--target', '3.1', '--root', root]);
    expect(await onHost()).toBe(oldText());
    const noted = JSON.parse((await run('status', '--format', 'json', '--target', '4.0')).stdout);
    expect(noted.installed[0]).toMatchObject({ variant: '3.0', variantWanted: '4.0' });
    const plan = await run('sync', '--target', '4.0', '--dry-run');
    expect(plan.output).toContain('web 1.0.0 to its variant for AppArmor 4.0 and newer');
    const synced = await run('sync', '--target', '4.0');
    expect(synced, synced.output).toMatchObject({ code: 0 });
    expect(synced.output).toContain('web 1.0.0 to its variant for AppArmor 4.0 and newer');
    expect(await onHost()).toBe(newText());
    // Without --target, the release of another root is not known, and the installed variant stays, also in an update.
    expect((await run('sync')).output).toContain('Nothing to do');
    await want('web@1.1.0');
    await succeed(['sync', '--root', root]);
    expect(await onHost()).toBe(newText('2'));
    await succeed(['sync', '--target', '3.0', '--root', root]);
    expect(await onHost()).toBe(oldText('2'));
  });

  test('a lock names the version, of which each host takes its variant', async () => {
    await want('web@^1');
    await succeed(['lock', '--root', root]);
    await succeed(['sync', '--target', '4.0', '--root', root]);
    expect(await onHost()).toBe(newText('2'));
    await succeed(['sync', '--target', '3.0', '--root', root]);
    expect(await onHost()).toBe(oldText('2'));
    expect((await run('sync', '--target', '3.0')).output).toContain('Nothing to do');
  });

  test('a bundle has all of them', async () => {
    const file = join(folder, 'web.bundle');
    await succeed(['bundle', 'web@1.0.0', '-o', file, '--root', root]);
    for (const [target, text] of [
      ['4.0', newText()],
      ['3.0', oldText()],
    ] as const) {
      const pulled = await run('pull', '--bundle', file, '--offline', '--target', target);
      expect(pulled, pulled.output).toMatchObject({ code: 0 });
      expect(await onHost()).toBe(text);
    }
    const verified = await run('verify', '--bundle', file, '--offline', '--target', '4.1');
    expect(verified.output).toContain('for AppArmor 4.0 and newer');
  });

  test('rollbacks, repairs and rebuilt records keep the installed variant', async () => {
    await succeed(['pull', 'web@1.0.0', '--target', '4.0', '--root', root]);
    await succeed(['pull', 'web@1.1.0', '--target', '4.0', '--root', root]);
    await succeed(['rollback', 'web', '--offline', '--root', root]);
    expect(await onHost()).toBe(newText());
    await writeFile(join(root, 'var/lib/aa-registry/installed/library.web.json'), '{');
    await succeed(['complain', 'web', '--offline', '--root', root]);
    expect(await onHost()).toBe(newText());
    const { installed } = JSON.parse(
      (await run('status', '--offline', '--format', 'json', '--target', '4.0')).stdout,
    );
    expect(installed[0]).toMatchObject({ version: '1.0.0', variant: '4.0', variantWanted: null });
  });

  test('approve lets in the variant that waits', async () => {
    const rule = '[[profiles]]\nreference = "web@1.0.0"\nupdates = "same"\n';
    await writeFile(join(root, 'etc/aa-registry/profiles.toml'), rule);
    await succeed(['sync', '--target', '3.0', '--root', root]);
    const waiting = await run('sync', '--target', '4.0');
    expect(waiting.output).toContain('[update-waits]');
    expect(await onHost()).toBe(oldText());
    await succeed(['approve', 'web@1.0.0', '--yes', '--target', '4.0', '--root', root]);
    await succeed(['sync', '--target', '4.0', '--root', root]);
    expect(await onHost()).toBe(newText());
  });

  test('this machine’s own release chooses, without --target', async () => {
    const run = await parserVersion('/usr/sbin/apparmor_parser').catch(() => undefined);
    const release = run?.ok ? run.version?.match(/^\d+\.\d+/)?.[0] : undefined;
    const trust = join(root, 'etc/aa-registry/trust.toml');
    const verified = await command(['verify', 'web@1.0.0', '--trust', trust], { HOME: folder });
    expect(verified, verified.output).toMatchObject({ code: 0 });
    const expected = release !== undefined && Number(release) >= 4 ? '4.0' : '3.0';
    expect(verified.stdout).toContain(`Variant    for AppArmor ${expected} and newer`);
    // The same release then decides, by the files of this machine.
    const asked = ['can', 'web@1.0.0', 'userns', '--trust', trust, '--format', 'json'];
    const can = await command(asked, { HOME: folder });
    expect(can.stderr).toContain(`the variant for AppArmor ${expected} and newer, as `);
    if (release !== undefined && Number(release) < 4)
      expect(JSON.parse(can.stdout)).toMatchObject({ variant: '3.0', verdict: 'yes', rules: [] });
  });
});
