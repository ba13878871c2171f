// `updates` in profiles.toml: updates that wait for the operator's approval.
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../command.ts';
import { type Fixture, startFixture, succeed } from '../../host/fixture.ts';
import { publishText, textOf, writeBase } from '../../host/update-texts.ts';

let fixture: Fixture;

beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());

describe('an update that waits', () => {
  let root: string;
  let names = 0;
  /** The profile of this test, of which 1.0.0 is installed and 1.1.0 permits more. */
  let web: string;

  const at = (path: string) => join(root, path);
  const file = (name = web) => at(`etc/apparmor.d/aa-registry.library.${name}`);
  const record = () => at(`var/lib/aa-registry/installed/library.${web}.json`);
  const installed = (name = web) => readFile(file(name), 'utf8').catch(() => 'nothing');
  const run = (...args: string[]) => command([...args, '--root', root]);
  const done = (...args: string[]) => succeed([...args, '--root', root]);
  const data = async (...args: string[]) =>
    JSON.parse((await run(...args, '--format', 'json')).stdout);
  const want = (toml: string) => writeFile(at('etc/aa-registry/profiles.toml'), toml);
  const entry = (name: string, more = '') =>
    `{ reference = "${name}", updates = "narrowing"${more} }`;
  const narrow = { rules: ['/etc/app.conf r,'] };
  const wide = { rules: ['/etc/app.conf rw,'] };
  const wider = { rules: ['/etc/** rw,'] };

  beforeEach(async () => {
    names += 1;
    web = `web-${names}`;
    root = await fixture.host();
    await writeBase(root);
    await want(`profiles = [${entry(web)}]`);
    await publishText(fixture, web, '1.0.0', narrow);
    await done('sync');
    await publishText(fixture, web, '1.1.0', wide);
  });

  test('is named by sync, which exits with 9 and installs the other profiles', async () => {
    const api = `api-${names}`;
    await publishText(fixture, api, '1.0.0', wide);
    await want(`profiles = [${entry(web)}, "${api}"]`);
    const planned = await run('sync', '--dry-run');
    expect(planned.code).toBe(6);
    expect(planned.output).toContain(`Not updated: ${web} from 1.0.0 to 1.1.0`);
    expect(planned.lines).toContain('    + w, a: /etc/app.conf');
    expect(await installed(api)).toBe('nothing');

    const { code, output, lines } = await run('sync');
    expect(code).toBe(9);
    expect(output).toContain(
      `Not updated: ${web} from 1.0.0 to 1.1.0: 1.1.0 may permit more than the installed 1.0.0: file: + w, a: /etc/app.conf [update-waits]`,
    );
    expect(output).toContain(`aa-registry approve ${web}@1.1.0 --root ${root}`);
    expect(lines).toEqual([`Installed ${api} 1.0.0`]);
    expect(await installed()).toBe(textOf(web, narrow));
    const before = await readFile(record(), 'utf8');
    const again = await run('sync', '--dry-run');
    expect(again.code).toBe(9);
    expect(again.lines.at(-1)).toBe('No changes until an update is approved.');
    expect((await run('sync')).code).toBe(9);
    expect(await readFile(record(), 'utf8')).toBe(before);
  });

  test('is listed by status until it no longer waits', async () => {
    await run('sync');
    const { output } = await done('status', '--offline');
    expect(output).toContain(
      `${web} 1.1.0 waits for approval, because profiles.toml does not let it replace 1.0.0:\n  file: + w, a: /etc/app.conf\n`,
    );
    expect(output).toMatch(new RegExp(`^${web} +1.0.0 .* 1.1.0 waits for approval$`, 'm'));
    expect(output).toContain(`To approve it: aa-registry approve ${web}@1.1.0 --root ${root}`);
    expect((await data('status', '--offline')).installed).toMatchObject([
      {
        version: '1.0.0',
        waiting: { version: '1.1.0', reasons: ['file: + w, a: /etc/app.conf'], more: 0 },
        approved: null,
      },
    ]);
    await publishText(fixture, web, '1.2.0', {});
    await done('sync');
    expect(await installed()).toBe(textOf(web, {}));
    expect((await data('status', '--offline')).installed).toMatchObject([{ waiting: null }]);

    await publishText(fixture, web, '1.3.0', wide);
    expect((await run('sync')).code).toBe(9);
    await want(`profiles = ["${web}"]`);
    await done('sync');
    expect(await installed()).toBe(textOf(web, wide));
  });

  test('does not hide an earlier version that permits no more', async () => {
    await publishText(fixture, web, '1.2.0', wide);
    await publishText(fixture, web, '1.0.1', {});
    await publishText(fixture, web, '1.0.2', narrow);
    const planned = await run('sync', '--dry-run');
    expect(planned.code).toBe(6);
    expect(planned.lines).toContain(`Would update ${web} from 1.0.0 to 1.0.2`);
    const { code, lines, output } = await run('sync');
    expect(code).toBe(9);
    expect(lines).toEqual([`Updated ${web} from 1.0.0 to 1.0.2`]);
    expect(output).toContain(`Not updated: ${web} from 1.0.0 to 1.2.0`);
    expect((await data('status', '--offline')).installed).toMatchObject([
      { version: '1.0.2', waiting: { version: '1.2.0' } },
    ]);
    expect((await run('sync')).lines).toEqual([]);
    await want(`profiles = [${entry(`${web}@1.2.0`)}]`);
    await publishText(fixture, web, '1.0.3', narrow);
    expect((await run('sync')).lines).toEqual([]);
  });

  test('is installed once it is approved, and no other version is', async () => {
    await run('sync');
    const unanswered = await run('approve', web);
    expect(unanswered.code).toBe(2);
    expect(unanswered.lines).toContain('    + w, a: /etc/app.conf');
    expect(unanswered.output).toContain(`approve ${web}@1.1.0 --yes`);
    const approved = await data('approve', web, '--yes');
    expect(approved).toMatchObject({
      ...{ team: 'library', name: web, version: '1.1.0', from: '1.0.0' },
      policy: { same: false, differences: [{ class: 'file', effect: 'more' }] },
    });
    expect(await installed()).toBe(textOf(web, narrow));
    expect((await done('status', '--offline')).output).toContain(
      `${web} 1.1.0 is approved: "sync" installs it where profiles.toml selects it.`,
    );
    expect((await run('sync', '--dry-run')).code).toBe(6);

    await publishText(fixture, web, '1.2.0', wider);
    // A newer version that waits does not hide the approved one.
    const { code, lines } = await run('sync');
    expect([code, lines]).toEqual([9, [`Updated ${web} from 1.0.0 to 1.1.0`]]);
    expect((await run('sync')).code).toBe(9);
    expect((await data('status', '--offline')).installed).toMatchObject([
      { version: '1.1.0', waiting: { version: '1.2.0' }, approved: null },
    ]);
  });

  test('an approval stays when the mode changes, and ends with the version it is for', async () => {
    await done('approve', `${web}@1.1.0`, '--yes');
    await done('complain', web);
    await done('enforce', web);
    expect((await data('status', '--offline')).installed).toMatchObject([
      { approved: { version: '1.1.0' } },
    ]);
    await publishText(fixture, web, '0.9.0', {});
    await done('pull', `${web}@0.9.0`);
    expect((await run('sync')).code).toBe(9);
    expect(await installed()).toBe(textOf(web, {}));
  });

  test.each([
    [(name: string) => name, 1, 'nothing-to-approve'],
    [(name: string) => `${name}@9.9.9`, 1, 'not-found'],
    [() => 'nosuch', 1, 'not-installed'],
  ])('approve refuses what it can’t approve (%#)', async (reference, code, id) => {
    await done('pull', `${web}@1.1.0`);
    const before = await readFile(record(), 'utf8');
    const refused = await run('approve', reference(web), '--yes', '--format', 'json');
    expect(refused.code).toBe(code);
    expect(JSON.parse(refused.stdout).error.id).toBe(id);
    expect(await readFile(record(), 'utf8')).toBe(before);
  });

  test('is not installed by pull either, unless it is named', async () => {
    const pulled = await run('pull', web);
    expect(pulled.code).toBe(9);
    expect(pulled.output).toContain(`Nothing was changed: ${web} 1.1.0 may permit more`);
    expect(pulled.output).toContain(`aa-registry approve ${web}@1.1.0`);
    const planned = await run('pull', web, '--dry-run', '--format', 'json');
    expect(planned.code).toBe(9);
    expect(JSON.parse(planned.stdout).items).toMatchObject([
      {
        policy: { same: false, differences: [{ example: '/etc/app.conf', effect: 'more' }] },
        waiting: { version: '1.1.0' },
      },
    ]);
    const bundle = at('bundle');
    const trust = at('etc/aa-registry/trust.toml');
    await succeed(['bundle', web, '-o', bundle, '--trust', trust]);
    for (const args of [
      ['pull', '--bundle', bundle],
      ['sync', '--bundle', bundle],
    ]) {
      expect((await run(...args)).code).toBe(9);
      expect(await installed()).toBe(textOf(web, narrow));
    }
    await done('approve', web, '--bundle', bundle, '--yes');
    await done('sync', '--bundle', bundle);
    expect(await installed()).toBe(textOf(web, wide));
    await done('rollback', web);
    expect(await installed()).toBe(textOf(web, narrow));
    await done('pull', `${web}@1.1.0`);
    expect(await installed()).toBe(textOf(web, wide));
  });

  test('a lock file does not let it in, nor a locked older version that permits more', async () => {
    await done('lock');
    expect((await run('sync')).code).toBe(9);
    expect(await installed()).toBe(textOf(web, narrow));
    await done('approve', web, '--yes');
    await done('sync');
    await publishText(fixture, web, '1.2.0', narrow);
    await want(`profiles = [${entry(`${web}@1.2.0`)}]`);
    await done('lock');
    await done('sync');
    expect(await installed()).toBe(textOf(web, narrow));
    for (const reference of [`${web}@1.1.0`, `${web}@~1.1`]) {
      await want(`profiles = [${entry(reference)}]`);
      await done('lock');
      const { code, output } = await run('sync');
      expect(code, output).toBe(9);
      expect(output).toContain(`Not downgraded: ${web} from 1.2.0 to 1.1.0`);
      expect(await installed()).toBe(textOf(web, narrow));
    }
  });

  test('does not keep the installed version from being repaired, nor its mode', async () => {
    await run('sync');
    await appendFile(file(), '# changed\n');
    await want(`profiles = [${entry(web, ', complain = true')}]`);
    expect((await run('sync', '--dry-run')).code).toBe(6);
    const { code, lines } = await run('sync');
    expect(lines).toEqual([
      `Repaired ${web} 1.0.0: its file was changed; it is not in complain mode`,
    ]);
    expect(code).toBe(9);
    expect(await installed()).toBe(textOf(web, narrow));
    expect((await data('status', '--offline')).installed).toMatchObject([
      { complain: true, waiting: { version: '1.1.0' } },
    ]);
  });

  test('is compared with what was signed, whatever the file in /etc says', async () => {
    await writeFile(file(), textOf(web, wider));
    const { code, output } = await run('sync');
    expect(code).toBe(9);
    expect(output).toContain('file: + w, a: /etc/app.conf');
    expect(await installed()).toBe(textOf(web, narrow));
  });

  test('waits if what is installed is not known', async () => {
    const lost = `1.1.0 may permit more than the installed version: not known: `;
    await writeFile(record(), '{');
    await appendFile(file(), '# changed\n');
    const damaged = await run('sync');
    expect(damaged.code).toBe(9);
    expect(damaged.output).toContain(`${lost}the record of the installed version is damaged`);
    expect(damaged.output).toContain(`To install it: aa-registry pull ${web}@1.1.0`);
    await rm(at('var/lib/aa-registry'), { recursive: true });
    const gone = await run('sync');
    expect(gone.code).toBe(9);
    expect(gone.output).toContain(`${lost}${file()} exists, but`);
    await done('pull', `${web}@1.0.0`);
    await rm(at(`var/lib/aa-registry/kept`), { recursive: true });
    const unstored = await run('sync');
    // Its proof is missing as well, which takes precedence.
    expect(unstored.code).toBe(8);
    expect(unstored.output).toMatch(/1\.1\.0 may permit more .* not in this host's version store/);
    expect(await installed()).toBe(textOf(web, narrow));
  });

  test('an approval in the records of an image does not count', async () => {
    await done('approve', web, '--yes');
    const trust = at('etc/aa-registry/trust.toml');
    for (const args of [['sync'], ['pull', web]]) {
      const { code, output } = await run(...args, '--trust', trust);
      expect(code, output).toBe(9);
      expect(output).toContain(
        `To install it: aa-registry pull ${web}@1.1.0 --root ${root} --trust ${trust}`,
      );
      expect(await installed()).toBe(textOf(web, narrow));
    }
    await done('sync');
    expect(await installed()).toBe(textOf(web, wide));
  });

  test('a deny rule less waits for a profile in complain mode, which only those deny', async () => {
    await want(`profiles = [${entry(web, ', complain = true')}]`);
    await publishText(fixture, web, '1.2.0', { rules: ['deny /etc/** w,'] });
    await done('sync');
    await publishText(fixture, web, '1.3.0', {});
    const { code, output } = await run('sync');
    expect(code, output).toBe(9);
    await want(`profiles = [${entry(web)}]`);
    await done('sync');
    expect(await installed()).toBe(textOf(web, {}));
  });

  test.each([
    [
      'updates = "none"',
      'profiles.0.updates: Invalid option: expected one of "any"|"narrowing"|"same"',
    ],
    ['updates = true', 'profiles.0.updates: Invalid option'],
    ['update = "same"', 'profiles.0.update: unknown field. Did you mean "updates"?'],
  ])('profiles.toml with %s is an error', async (setting, text) => {
    await want(`profiles = [{ reference = "${web}", ${setting} }]`);
    const { code, output } = await run('sync');
    expect(code).toBe(1);
    expect(output).toContain(text);
    expect((await run('pull', web)).code).toBe(1);
    expect(await installed()).toBe(textOf(web, narrow));
  });
});
