import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hostSeenFolder, writeSeen } from '../../sdk/host/seen.ts';
import { readTrust, trustPath } from '../../sdk/trust-file.ts';
import { endorse, generateKeyPair, type KeyPair } from '../../trust/index.ts';
import { generateNoteKey } from '../../trust/log/index.ts';
import { command } from '../command.ts';
import { type Fixture, startFixture } from '../host/fixture.ts';
import { createPublisher, expectStatus, type Publisher, send } from '../publisher.ts';

/** A note key as a cosigner with another name, and so another id (C2SP signed-note). */
function renamed(verifier: string, name: string): string {
  const [, encoded = ''] = /^[^+]+\+[0-9a-f]{8}\+(.+)$/.exec(verifier) ?? [];
  const typed = Buffer.from(encoded, 'base64');
  typed[0] = 4;
  const hash = createHash('sha256').update(`${name}\n`).update(typed).digest('hex');
  return `${name}+${hash.slice(0, 8)}+${typed.toString('base64')}`;
}

describe('the trust file of a host', () => {
  let fixture: Fixture;
  let other: Publisher;
  let next: KeyPair;
  let root: string;
  let path: string;
  const old = () => fixture.team.key.publicKey;

  beforeAll(async () => {
    fixture = await startFixture();
    other = await createPublisher(fixture.registry, 'other');
    next = await generateKeyPair();
  });
  afterAll(() => fixture.close());
  beforeEach(async () => {
    root = await fixture.host();
    path = trustPath(root);
  });

  const run = (...args: string[]) => command(['trust', ...args, '--root', root]);
  const read = () => readFile(path, 'utf8');
  const edit = async (change: (text: string) => string) => writeFile(path, change(await read()));
  const keysOf = async (team: string) =>
    (await readTrust(path))?.teams.get(team)?.keys.map(({ keyId }) => keyId);

  test('init refuses another team from a log that does not extend what the host has seen', async () => {
    const { log } = (await readTrust(path)) ?? {};
    if (!log) throw new TypeError('no trust file');
    await writeSeen(hostSeenFolder(root, log.key), { size: 10_000, root: new Uint8Array(32) });
    const before = await read();
    const outcome = await run('init', 'other', '--yes');
    expect(outcome, outcome.output).toMatchObject({ code: 3 });
    expect(outcome.output).toContain('[log-rolled-back]');
    expect(await read()).toBe(before);
  });

  test('init, show, add, update and remove with --trust write only that file', async () => {
    const home = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    const empty = join(home, 'host');
    await mkdir(empty);
    const file = join(home, 'my trust.toml');
    const env = { HOME: home };
    const mine = (...args: string[]) =>
      command([...args, '--root', empty, '--trust', file], { ...env });
    const missing = await mine('trust', 'show');
    expect(missing).toMatchObject({ code: 3 });
    expect(missing.output).toContain(
      `trust init TEAM --registry URL --root ${empty} --trust '${file}'`,
    );
    const init = await mine(
      'trust',
      'init',
      'library',
      '--registry',
      fixture.registry.url,
      '--yes',
    );
    expect(init, init.output).toMatchObject({ code: 0 });
    expect(init.output).toContain(`--trust '${file}'`);
    const other = await generateKeyPair();
    for (const args of [
      ['show'],
      ['add', 'library', other.publicKey.text, '--yes'],
      ['update', '--yes'],
      ['remove', 'library', other.publicKey.keyId, '--yes'],
    ]) {
      const outcome = await mine('trust', ...args);
      expect(outcome, outcome.output).toMatchObject({ code: 0 });
    }
    await fixture.publish('mine', '1.0.0');
    expect(await mine('verify', 'mine')).toMatchObject({ code: 0 });
    expect(await readdir(empty)).toEqual([]);
    await rm(home, { recursive: true });
  });

  test('update shows a new key, asks for confirmation and keeps the rest of the file', async () => {
    await edit((text) =>
      text
        .replace('[teams.library]', '# Ask Ann.\n[teams.library] # ours')
        .replace(/keys = .*/, `keys = [\n  "${old().text}", # the first\n]`),
    );
    const body = {
      publicKey: next.publicKey.text,
      label: 'next',
      endorsement: await endorse('library', next.publicKey, fixture.team.key),
    };
    const { token } = fixture.team;
    await expectStatus(201, send(fixture.registry, 'POST', '/v1/teams/library/keys', body, token));
    const before = await read();
    const shown = await run('update', 'library');
    expect(shown.output).toContain(`+ ${next.publicKey.keyId}  new, endorsed by trusted keys`);
    const listed = await command(['key', 'list', 'library', '--registry', fixture.registry.url]);
    const endorser = old().keyId.slice(0, 'sha256:'.length + 8);
    expect(listed.stdout).toMatch(new RegExp(`${next.publicKey.keyId} +\\S+ +${endorser} +next`));
    expect(shown).toMatchObject({ code: 2, output: expect.stringContaining('add --yes') });
    expect(await read()).toBe(before);
    expect(await run('update', '--yes')).toMatchObject({ code: 0 });
    expect(await read()).toBe(
      before.replace('# the first\n', `# the first\n  "${next.publicKey.text}",\n`),
    );
    const again = await run('update', '--format', 'json');
    expect(JSON.parse(again.stdout)).toMatchObject({
      changed: false,
      items: [{ team: 'library', added: [], removed: [] }],
    });
    // The registry's response is unchanged.
    const init = await run('init', 'library', '--yes');
    expect(init.output).toContain('already trusted');
  });

  test('update removes a revoked key with its line, but never the last key', async () => {
    const own = await createPublisher(fixture.registry, 'own');
    const third = await generateKeyPair();
    await run('add', 'own', '--yes');
    await edit((text) => `${text.trimEnd()} # one is enough\n`);
    const revoke = `/v1/teams/own/keys/${own.key.publicKey.keyId}/revocation`;
    await expectStatus(200, send(fixture.registry, 'POST', revoke, { reason: 'lost' }, own.token));
    const alone = await run('update', 'own', '--yes');
    expect(alone).toMatchObject({ code: 1, output: expect.stringContaining('no key of team own') });
    const body = { publicKey: third.publicKey.text, label: 'third' };
    const { adminToken } = fixture.registry;
    await expectStatus(201, send(fixture.registry, 'POST', '/v1/teams/own/keys', body, adminToken));
    const changed = await run('update', 'own', '--yes');
    expect(changed.output).toContain('not endorsed by a trusted key: compare its id');
    expect(changed.output).toContain(`- ${own.key.publicKey.keyId}  revoked`);
    expect(await keysOf('own')).toEqual([third.publicKey.keyId]);
    expect(await read()).toContain('threshold = 1 # one is enough');
  });

  test('add accepts a team, a key id, a key or a key file', async () => {
    const added = await run('add', 'other', '--yes', '--format', 'json');
    expect(JSON.parse(added.stdout)).toMatchObject({
      file: path,
      changed: true,
      items: [{ team: 'other', before: [], added: [other.key.publicKey.keyId], threshold: 1 }],
    });
    const file = join(root, 'key.pub');
    const [one, two] = [await generateKeyPair(), await generateKeyPair()];
    await writeFile(
      file,
      `-----BEGIN PUBLIC KEY-----\n${one.publicKey.text}\n-----END PUBLIC KEY-----\n`,
    );
    expect(await run('add', 'other', file, two.publicKey.text, '--yes')).toMatchObject({ code: 0 });
    // Adding an existing key changes nothing.
    await run('add', 'other', other.key.publicKey.keyId, file, '--yes');
    expect(await keysOf('other')).toEqual(
      [other.key, one, two].map(({ publicKey }) => publicKey.keyId),
    );
    expect(await run('add', 'other', '--yes')).toMatchObject({ code: 1 });
    expect(await run('add', 'other', `sha256:${'0'.repeat(64)}`, '--yes')).toMatchObject({
      code: 1,
      output: expect.stringContaining('has no key'),
    });
  });

  test('remove removes keys, but never the last, or a whole team', async () => {
    const text = next.publicKey.text;
    await run('add', 'library', text, '--yes');
    const start = old().keyId.slice(0, 20);
    expect(await run('remove', 'library', start)).toMatchObject({ code: 2 });
    expect(await run('remove', 'library', start, '--yes')).toMatchObject({ code: 0 });
    expect(await keysOf('library')).toEqual([next.publicKey.keyId]);
    const last = await run('remove', 'library', next.publicKey.keyId, '--yes');
    expect(last).toMatchObject({ code: 1, output: expect.stringContaining('would be left') });
    expect(last.output).toContain('trust remove library');
    expect(await run('remove', 'library', 'sha256:0', '--yes')).toMatchObject({ code: 2 });
    await edit((toml) =>
      toml
        .replace('threshold = 1', 'threshold = 2')
        .replace(/keys = .*/, `keys = ["${text}", "${old().text}"]`),
    );
    expect((await run('remove', 'library', start, '--yes')).output).toContain('needs 2 signatures');
    expect(await run('remove', 'library', '--yes')).toMatchObject({ code: 0 });
    expect(await keysOf('library')).toBeUndefined();
    expect(await run('remove', 'library', '--yes')).toMatchObject({ code: 1 });
  });

  test('a file in another style is rewritten, and the old one is kept', async () => {
    const before = (await read()).replace(
      /\[teams.library\]\nkeys = (.*)\nthreshold = 1/,
      '[teams]\nlibrary = { keys = $1, threshold = 1 } # mine',
    );
    await writeFile(path, before);
    const fresh = (await generateKeyPair()).publicKey;
    const there = (await keysOf('library')) ?? [];
    const added = await run('add', 'library', fresh.text, '--yes');
    expect(added).toMatchObject({ code: 0, output: expect.stringContaining('was rewritten') });
    expect(await readFile(`${path}.old`, 'utf8')).toBe(before);
    expect(await keysOf('library')).toEqual([...there, fresh.keyId]);
  });

  test('a registry with another log or an unlogged key is refused', async () => {
    const { $client } = fixture.registry.db;
    const stray = await generateKeyPair();
    await $client.execute({
      sql: `INSERT INTO keys (team, key_id, public_key, label, created_at, log_index)
            VALUES ('library', ?, ?, 'x', '2026-01-01T00:00:00.000Z', 0)`,
      args: [stray.publicKey.keyId, stray.publicKey.text],
    });
    const before = await read();
    const refused = await run('update', '--yes');
    expect(refused).toMatchObject({
      code: 3,
      output: expect.stringContaining('[entry-not-in-log]'),
    });
    await $client.execute({
      sql: 'DELETE FROM keys WHERE key_id = ?',
      args: [stray.publicKey.keyId],
    });
    expect(await read()).toBe(before);
  });

  describe('a file that lists a key twice is refused', () => {
    const pem = (text: string) =>
      `-----BEGIN PUBLIC KEY-----\\n${text}\\n-----END PUBLIC KEY-----\\n`;
    const keys = (list: string[], threshold: number) => (text: string) =>
      text
        .replace(/keys = .*/, `keys = ${JSON.stringify(list).replaceAll('\\\\n', '\\n')}`)
        .replace(/^threshold = .*/m, `threshold = ${threshold}`);

    test.each([1, 2])('a publisher’s, for a threshold of %i', async (threshold) => {
      const { text } = old();
      for (const list of [
        [text, text],
        [text, pem(text)],
        [text, ` ${text}`],
        [next.publicKey.text, text, text],
      ]) {
        await fixture.host();
        const before = await read();
        await edit(keys(list, threshold));
        const shown = await run('show');
        expect(shown).toMatchObject({
          code: 1,
          output: expect.stringContaining('is listed twice'),
        });
        await writeFile(path, before);
      }
    });

    test('for a witness and for the log', async () => {
      const one = await generateNoteKey('one.example', 'cosignature');
      const two = renamed(one.verifier, 'two.example');
      const own = renamed((await readTrust(path))?.log.key.verifier ?? '', 'own.example');
      for (const [witnesses, message] of [
        [[one.verifier, two], 'one key is listed as the witnesses'],
        [[one.verifier, one.verifier], 'one key is listed as the witnesses'],
        [[own], "has the log's own key"],
      ] as const) {
        const before = await read();
        await edit((text) =>
          text
            .replace(/witnesses = .*/, `witnesses = ${JSON.stringify(witnesses)}`)
            .replace(/witness_threshold = .*/, `witness_threshold = ${witnesses.length}`),
        );
        expect(await run('show')).toMatchObject({
          code: 1,
          output: expect.stringContaining(message),
        });
        await writeFile(path, before);
      }
    });
  });
});
