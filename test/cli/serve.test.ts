import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openFile } from '../../db/node.ts';
import { tokens } from '../../db/schema.ts';
import { verify } from '../../trust/index.ts';
import { parseNoteSigner } from '../../trust/log/index.ts';
import { createPublisher, type Publisher, profileText, publish } from '../publisher.ts';
import type { TestRegistry } from '../runtimes.ts';
import { expectSoundLog } from '../sound-log.ts';
import { aaRegistry, type ServedRegistry, serve } from './cli.ts';

describe('aa-registry serve', () => {
  let folder: string;
  let data: string;
  let running: ServedRegistry | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
    data = join(folder, 'data');
  });
  afterEach(async () => {
    await running?.kill();
    running = undefined;
    await rm(folder, { recursive: true });
  });

  test('the first start makes everything and shows the token once', async () => {
    running = await serve(data);
    expect(running.adminToken).toMatch(/^aar_/);
    expect((await fetch(`${running.url}/healthz`)).status).toBe(200);
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    expect((await stat(join(data, 'log.key'))).mode & 0o777).toBe(0o600);
    const logKey = await readFile(join(data, 'log.key'), 'utf8');
    expect(logKey).toMatch(/^PRIVATE\+KEY\+/);
    expect(await running.stop()).toBe(0);

    running = await serve(data);
    expect(running.output).not.toContain('aar_');
    expect(await readFile(join(data, 'log.key'), 'utf8')).toBe(logKey);
    expect(await running.stop()).toBe(0);

    const db = await openFile(join(data, 'registry.db'));
    expect(await db.select().from(tokens)).toHaveLength(1);
    db.$client.close();
  });

  test('the log’s key is named after the public address, and stays', async () => {
    running = await serve(data, '--public-url', 'https://registry.example.org');
    expect(running.output).toMatch(/^Log key {2}registry\.example\.org\/log\+/m);
    await running.stop();
    running = await serve(data, '--public-url', 'https://elsewhere.example.org');
    expect(running.output).toMatch(/^Log key {2}registry\.example\.org\/log\+/m);
  });

  test('a lost token is replaced on demand', async () => {
    running = await serve(data);
    const first = running.adminToken;
    await running.stop();
    running = await serve(data, '--new-admin-token');
    expect(running.adminToken).toMatch(/^aar_/);
    expect(running.adminToken).not.toBe(first);
  });

  test.each([
    [['--port', 'http'], 2, '--port takes a whole number'],
    [['--port', '70000'], 2, '--port takes a whole number'],
    [['--host', 'not an address', '--port', '0'], 1, 'not an address'],
    [['--data', '/etc/hostname/x', '--port', '0'], 1, 'leads through a file'],
    // Where not even root can make a file, as others can't in a volume of root's.
    [['--data', '/proc', '--port', '0'], 1, "folder /proc can't be used by user"],
    [['--nonsense'], 2, '--nonsense'],
    [['extra'], 2, 'one argument too many'],
  ])('%j ends with %i and says why', async (args, code, message) => {
    const outcome = await aaRegistry(['serve', '--data', data, ...args]);
    expect(outcome).toMatchObject({ code, stdout: '' });
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('    at ');
  });

  test('a port in use is told, and no token is lost to it', async () => {
    running = await serve(join(folder, 'other'));
    const { port } = new URL(running.url);
    const outcome = await aaRegistry(['serve', '--data', data, '--port', port]);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toContain('Something listens on');
    const second = await serve(data);
    expect(second.adminToken).toMatch(/^aar_/);
    await second.kill();
  });

  test('kill -9 while publishing leaves whole versions or none', async () => {
    running = await serve(data);
    const over = (url: string, adminToken: string): TestRegistry =>
      ({
        fetch: (path, init) => fetch(new URL(path, url), init),
        adminToken,
      }) as TestRegistry;
    const adminToken = running.adminToken ?? '';
    const publisher: Publisher = await createPublisher(over(running.url, adminToken), 'library');

    const rounds = 12;
    const acknowledged = new Set<string>();
    const attempted: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const registry = over(running.url, adminToken);
      const publishing = Array.from({ length: 50 }, async (_, lane) => {
        for (let step = 0; ; step++) {
          const name = `p${round}-${lane}-${step}`;
          attempted.push(name);
          try {
            const { status } = await publish(registry, publisher, { name, version: '1.0.0' });
            if (status !== 201) throw new Error(`status ${status}`);
            acknowledged.add(name);
          } catch (error) {
            if (error instanceof TypeError) return;
            throw error;
          }
        }
      });
      // Killed after some have been acknowledged, a different number each time, with others under way.
      const enough = acknowledged.size + 1 + ((round * 7) % 20);
      let ended = false;
      void Promise.allSettled(publishing).then(() => {
        ended = true;
      });
      while (acknowledged.size < enough && !ended) {
        await new Promise((resolve) => setTimeout(resolve, 1 + (round % 3)));
      }
      await running.kill();
      await Promise.all(publishing);
      running = await serve(data);
    }

    expect(acknowledged.size).toBeGreaterThan(rounds);
    const registry = over(running.url, adminToken);
    const policy = { keys: [publisher.key.publicKey], threshold: 1 };
    for (const name of attempted) {
      const path = `/v1/profiles/library/${name}`;
      const [profile, content, envelope] = await Promise.all(
        [path, `${path}/versions/1.0.0/profile`, `${path}/versions/1.0.0/envelope`].map((one) =>
          registry.fetch(one),
        ),
      );
      const statuses = [profile?.status, content?.status, envelope?.status];
      if (!acknowledged.has(name) && statuses[0] === 404) {
        expect(statuses, name).toEqual([404, 404, 404]);
        continue;
      }
      expect(statuses, name).toEqual([200, 200, 200]);
      const bytes = new TextEncoder().encode(await content?.text());
      expect(new TextDecoder().decode(bytes)).toBe(profileText(name));
      const claim = { team: 'library', name, version: '1.0.0', profile: bytes };
      const result = await verify(
        { ...claim, envelope: JSON.parse((await envelope?.text()) ?? '') },
        policy,
      );
      expect(result.ok, name).toBe(true);
    }
    await running.stop();
    const db = await openFile(join(data, 'registry.db'));
    const integrity = await db.$client.execute('PRAGMA integrity_check');
    expect(integrity.rows[0]?.integrity_check).toBe('ok');
    expect((await db.$client.execute('PRAGMA foreign_key_check')).rows).toEqual([]);
    const key = await parseNoteSigner((await readFile(join(data, 'log.key'), 'utf8')).trim());
    if (!key) throw new Error('the log key is gone');
    expect(await expectSoundLog(db, key)).toBeGreaterThan(acknowledged.size);
    db.$client.close();
  }, 180_000);
});
