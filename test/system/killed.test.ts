import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openFile } from '../../db/node.ts';
import { verify } from '../../trust/index.ts';
import { parseNoteSigner } from '../../trust/log/index.ts';
import { type ServedRegistry, scratch, serve } from '../cli/cli.ts';
import { expectConsistentLog } from '../consistent-log.ts';
import { createPublisher, type Publisher, profileText, publish } from '../publisher.ts';
import type { TestRegistry } from '../runtimes.ts';

describe('a registry that is killed', () => {
  let data: string;
  let clean: () => Promise<void>;
  let running: ServedRegistry | undefined;

  beforeEach(async () => {
    const folder = await scratch();
    clean = folder.clean;
    data = join(folder.path, 'data');
  });
  afterEach(async () => {
    await running?.kill();
    running = undefined;
    await clean();
  });

  test('kill -9 during publications leaves no partial version', async () => {
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
      // Killed after a different number of acknowledged publications, during others.
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
    expect(await expectConsistentLog(db, key)).toBeGreaterThan(acknowledged.size);
    db.$client.close();
  }, 180_000);
});
