import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { maxRecords } from '../../../sdk/host/state.ts';
import { command } from '../../command.ts';
import { type Fixture, startFixture, succeed } from '../../host/fixture.ts';

// Images that hold far more than a host does, or folders where files should be.

const state = 'var/lib/aa-registry';
const installed = `${state}/installed`;
const record = `${installed}/library.web.json`;
const kept = `${state}/kept/library.web`;
const policy = 'etc/apparmor.d';
const audit = 'var/log/audit/audit.log';

const denial = (profile: string, name = '/x') =>
  `audit: type=1400 audit(1700000000.1:1): apparmor="DENIED" operation="open" profile="${profile}" name="${name}" comm="a" requested_mask="r" denied_mask="r" fsuid=1000 ouid=0\n`;

describe('an image', { timeout: 120_000 }, () => {
  let fixture: Fixture;
  let sound: string;
  let root: string;
  let copies = 0;

  const at = (path: string) => join(root, path);
  const run = (...args: string[]) => command([...args, '--root', root]);
  async function put(path: string, text: string): Promise<void> {
    await mkdir(dirname(at(path)), { recursive: true });
    await writeFile(at(path), text);
  }

  /** Files by path, including links and folders, without the lock, the log's state and the version store. */
  function contents(): Record<string, string> {
    const found: Record<string, string> = {};
    for (const name of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
      if (/aa-registry\/(?:log|lock|kept)/.test(name)) continue;
      const stats = lstatSync(at(name));
      found[name] = stats.isFile() ? readFileSync(at(name), 'latin1') : `${stats.mode}`;
    }
    return found;
  }

  beforeAll(async () => {
    fixture = await startFixture();
    for (const version of ['1.0.0', '1.1.0']) await fixture.publish('web', version);
    sound = await fixture.host();
    await succeed(['pull', 'web@1.0.0', '--root', sound]);
    await succeed(['pull', 'web@1.1.0', '--root', sound]);
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    root = `${sound}-crowded-${++copies}`;
    await cp(sound, root, { recursive: true, verbatimSymlinks: true });
  });

  test('with too many records: status reports the number of unread ones, and they change nothing', async () => {
    const text = await readFile(at(record), 'utf8');
    for (let count = 0; count < maxRecords.count + 20; count++) {
      const name = `x${`${count}`.padStart(5, '0')}`;
      await put(`${installed}/library.${name}.json`, text.replaceAll('web', name));
    }
    const status = await run('status', '--offline', '--format', 'json');
    // The copies are unproved, which takes precedence over unread records.
    expect(status.code).toBe(8);
    expect(status.output).toContain(`${at(installed)} holds 21 more records, which were not read`);
    const { verdict, unread, installed: read } = JSON.parse(status.stdout);
    expect({ verdict, unread, read: read.length }).toEqual({
      verdict: 'untrusted',
      unread: [{ folder: at(installed), count: 21 }],
      read: maxRecords.count,
    });
    const before = contents();
    const pulled = await run('pull', 'web@1.0.0');
    expect(pulled.code).not.toBe(0);
    expect(pulled.output).toContain(`${at(installed)} holds more records than are read`);
    expect(contents()).toEqual(before);
  });

  test('with records over the total size: likewise', async () => {
    const long = ' '.repeat(250_000);
    const text = `${await readFile(at(record), 'utf8')}${long}`;
    for (let count = 0; count < 80; count++) {
      await put(`${installed}/library.x${count}.json`, text.replaceAll('web', `x${count}`));
    }
    const status = await run('status', '--offline', '--format', 'json');
    const { installed: read, unread } = JSON.parse(status.stdout);
    expect(read.length).toBeLessThan(75);
    expect(read.length + unread[0].count).toBe(81);
  });

  test('with a log that names thousands of profiles: each policy file is read once', async () => {
    const filler = `# ${'x'.repeat(78)}\n`.repeat(12_500);
    for (let count = 0; count < 30; count++) await put(`${policy}/big${count}`, filler);
    let log = denial('web');
    for (let count = 0; count < 3000; count++) log += denial(`p${count}`);
    await put(audit, log);
    const { code, output, stdout } = await run('denials', '--format', 'json');
    expect(code, output).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(3001);
    expect(output).not.toContain('not looked up');
  });

  test('with a log over the limit: denials reads its end and says so', async () => {
    await put(audit, '');
    const file = await open(at(audit), 'r+');
    await file.truncate(200 * 1024 * 1024);
    await file.write(`\n${denial('web', '/last')}`, 200 * 1024 * 1024);
    await file.close();
    const { code, output } = await run('denials');
    expect(code, output).toBe(0);
    expect(output).toContain('/last');
    expect(output).toMatch(/Only the end of \S+audit\.log was read; 142,\d{3},\d{3} bytes/);
  });

  test('with nested folders in the version store: they are removed at any depth', async () => {
    for (const depth of [33, 70, 400]) {
      await mkdir(at(`${kept}/${'a/'.repeat(depth)}`), { recursive: true });
      await mkdir(at(`${state}/kept/nobody.s/${'b/'.repeat(depth)}`), { recursive: true });
      const pulled = await run('pull', depth === 70 ? 'web@1.0.0' : 'web@1.1.0');
      expect(pulled.code, pulled.output).toBe(0);
      expect(readdirSync(at(`${state}/kept`))).toEqual(['library.web']);
      expect(readdirSync(at(kept)).every((name) => name.endsWith('.bundle'))).toBe(true);
    }
    await mkdir(at(`${kept}/${'a/'.repeat(100)}`), { recursive: true });
    const removed = await run('remove', 'web');
    expect(removed.code, removed.output).toBe(0);
    expect(readdirSync(at(`${state}/kept`))).toEqual([]);
  });

  const places = [
    `${policy}/aa-registry.library.web`,
    `${policy}/force-complain/aa-registry.library.web`,
    record,
    `${record}.damaged`,
    `${state}/pending/library.web.json`,
    `${state}/sync.json`,
    `${state}/set-aside`,
  ];
  const changes = [
    ['pull', 'web@1.0.0'],
    ['remove', 'web'],
    ['remove', 'web', '--force'],
    ['complain', 'web'],
    ['rollback', 'web'],
  ];
  test.each(
    places.flatMap((place) => changes.map((args) => [args.join(' '), place, args] as const)),
  )(
    '%s, with a folder at %s: succeeds, or names the folder and changes nothing',
    async (_, place, args) => {
      await rm(at(place), { recursive: true, force: true });
      await mkdir(at(`${place}/in`), { recursive: true });
      await writeFile(at(`${place}/in/file`), 'whose?');
      const before = contents();
      const { code, output } = await run(...args);
      expect(output).not.toContain('unexpected:');
      expect(output).not.toMatch(/EISDIR|ENOTEMPTY|ENOTDIR/);
      const after = contents();
      expect(after[`${place}/in/file`]).toBe('whose?');
      if (code === 0) return;
      expect(output).toMatch(
        /is a folder, and a file is needed|\[file-changed\]|holds nothing|not installed/,
      );
      expect(after).toEqual(before);
    },
  );

  test('with a folder in place of a stored version: it is replaced', async () => {
    const bundles = readdirSync(at(kept));
    expect(bundles).toHaveLength(2);
    await run('remove', 'web');
    for (const bundle of bundles) await mkdir(at(`${kept}/${bundle}/in`), { recursive: true });
    const { code, output } = await run('pull', 'web@1.1.0');
    expect(code, output).toBe(0);
    const now = readdirSync(at(kept));
    expect(now).toHaveLength(1);
    expect(lstatSync(at(`${kept}/${now[0]}`)).isFile()).toBe(true);
  });
});
