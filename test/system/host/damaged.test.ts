import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { command } from '../../command.ts';
import { type Fixture, filesOf, startFixture, succeed, textOf } from '../../host/fixture.ts';

const record = 'var/lib/aa-registry/installed/library.web.json';
const pending = 'var/lib/aa-registry/pending/library.web.json';
const file = 'etc/apparmor.d/aa-registry.library.web';

describe('a damaged record', () => {
  let fixture: Fixture;
  let root: string;
  let sound: Record<string, string>;

  const at = (path: string) => join(root, path);
  const run = (...args: string[]) => command([...args, '--root', root]);
  const done = (...args: string[]) => succeed([...args, '--root', root]);
  const parsed = async () => JSON.parse(await readFile(at(record), 'utf8'));

  beforeAll(async () => {
    fixture = await startFixture();
    for (const version of ['1.0.0', '1.1.0', '1.2.0']) await fixture.publish('web', version);
    for (const name of ['api', 'db']) await fixture.publish(name, '1.0.0');
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    root = await fixture.host();
    await done('pull', 'web@1.0.0', 'api');
    await done('pull', 'web@1.1.0', '--complain');
    sound = await filesOf(root);
    await writeFile(at(record), sound[record]?.slice(0, 40) ?? '');
  });

  test('is shown by status and doctor with advice', async () => {
    const status = await run('status', '--offline');
    expect(status.output).toContain(`of web is damaged: ${at(record)}`);
    expect(status.output).toContain('aa-registry pull web');
    expect(status.output).toContain('api');
    expect(status.code).toBe(6);
    expect((await run('status', 'web', '--offline')).code).toBe(6);
    expect((await run('status', 'api', '--offline')).code).toBe(0);
    const { stdout } = await run('status', '--offline', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'drift',
      damaged: [{ kind: 'installed', team: 'library', name: 'web', path: at(record) }],
    });
    expect((await run('doctor', '--offline')).output).toContain(
      `The record ${at(record)} is damaged`,
    );
    const args = await run('run-args', 'web');
    expect(args.output).toContain('aa-registry pull web');
    expect(args.code).toBe(1);
  });

  test('is rebuilt from stored versions by the next change', async () => {
    const { output } = await done('pull', 'db');
    expect(output).toContain('the record of web is damaged');
    expect(output).toContain('1.1.0 is installed; it is treated as installed by pull');
    const { version, digest, complain, earlier } = await parsed();
    const before = JSON.parse(sound[record] ?? '');
    expect({ version, digest, complain }).toEqual({
      version: '1.1.0',
      digest: before.digest,
      complain: true,
    });
    expect(earlier.map((one: { version: string }) => one.version)).toEqual(['1.0.0']);
    expect(await readFile(at(`${record}.damaged`), 'utf8')).toBe(sound[record]?.slice(0, 40));
    expect(await readFile(at(file), 'utf8')).toBe(textOf('web', '1.1.0'));

    expect((await done('pull', 'db')).output).not.toContain('damaged');
    expect((await done('status', '--offline')).code).toBe(0);
    await done('rollback', 'web', '--offline');
    expect(await readFile(at(file), 'utf8')).toBe(textOf('web', '1.0.0'));
  });

  test('that can’t be rebuilt does not affect other profiles, and a pull repairs it', async () => {
    await writeFile(at(file), 'profile web { }\n');
    const { output } = await done('pull', 'db');
    expect(output).toContain('The installed version is unknown');
    expect(output).toContain('aa-registry pull web');
    await done('remove', 'api');
    for (const args of [
      ['remove', 'web'],
      ['rollback', 'web'],
      ['enforce', 'web'],
    ]) {
      const refused = await run(...args);
      expect(refused.output).toContain('the record of web is damaged');
      expect(refused.code).toBe(1);
    }
    expect(await readFile(at(file), 'utf8')).toBe('profile web { }\n');
    expect(await filesOf(root)).toMatchObject(
      Object.fromEntries(
        Object.entries(sound).filter(([name]) => name.includes('/kept/library.web/')),
      ),
    );

    const pulled = await done('pull', 'web');
    const [, setAside = ''] = /it was moved to (\S+)\./.exec(pulled.output) ?? [];
    expect(await readFile(setAside, 'utf8')).toBe('profile web { }\n');
    expect(await readFile(at(file), 'utf8')).toBe(textOf('web', '1.2.0'));
    expect((await done('status', '--offline')).output).not.toContain('damaged');
  });

  test('of another profile is ignored', async () => {
    await writeFile(at(record), sound[record]?.replace('"name": "web"', '"name": "api"') ?? '');
    expect((await run('status', '--offline')).output).toContain('of web is damaged');
    await done('sync', '--profiles', await listing('web'));
    expect((await parsed()).name).toBe('web');
  });

  test('of an unfinished change is set aside, and the installed version is reported', async () => {
    await writeFile(at(record), sound[record] ?? '');
    await writeFile(at(pending), '{');
    expect((await run('status', '--offline')).code).toBe(6);
    const { output } = await done('pull', 'db');
    expect(output).toContain('a change of web was interrupted, and its record is damaged');
    expect(output).toContain('1.1.0 is installed.');
    await expect(stat(at(pending))).rejects.toThrow('ENOENT');

    // A first installation that was never recorded.
    await rm(at(record));
    await rename(at(`${pending}.damaged`), at(pending));
    expect((await done('pull', 'db')).output).toContain('1.1.0 is installed.');
    expect((await parsed()).version).toBe('1.1.0');
  });

  async function listing(name: string): Promise<string> {
    const path = at('etc/aa-registry/profiles.toml');
    await writeFile(path, `profiles = ["${name}"]\n`);
    return path;
  }
});
