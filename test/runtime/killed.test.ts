import { expect, test } from 'vitest';
import type { ProfilePage } from '../../contract/index.ts';
import { outdate } from '../api/outdated.ts';
import { expectConsistentLog } from '../consistent-log.ts';
import { createPublisher, expectStatus, publish } from '../publisher.ts';
import { workerd } from '../runtimes.ts';

test('kill -9 of workerd during fifty publications leaves no partial version', async () => {
  const registry = await workerd.start({ ownProcess: true });
  try {
    const library = await createPublisher(registry, 'library');
    const acknowledged = new Set<string>();
    for (let round = 0; round < 3; round++) {
      const publishing = Array.from({ length: 50 }, async (_, lane) => {
        const name = `p${round}-${lane}`;
        const response = await publish(registry, library, { name, version: '1.0.0' })
          // Reads the body too, to catch an interruption in it.
          .then(async (response) => ({ status: response.status, body: await response.text() }))
          .catch(() => undefined);
        if (response?.status === 201) acknowledged.add(name);
      });
      const enough = acknowledged.size + 1 + round * 15;
      let over = false;
      void Promise.all(publishing).then(() => {
        over = true;
      });
      while (acknowledged.size < enough && !over) {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await registry.crash?.();
      await Promise.all(publishing);
    }
    await expectStatus(201, publish(registry, library, { name: 'after', version: '1.0.0' }));
    for (const name of acknowledged) {
      expect((await registry.fetch(`/v1/profiles/library/${name}`)).status, name).toBe(200);
    }
    expect(acknowledged.size).toBeGreaterThan(0);
    expect(await expectConsistentLog(registry.db, registry.logKey)).toBeGreaterThan(
      acknowledged.size,
    );
  } finally {
    await registry.close();
  }
  // A hundred and fifty publishers on workerd, killed three times: slow on a busy machine.
}, 180_000);

test('a missing search index is built in the background', async () => {
  const registry = await workerd.start({ ownProcess: true });
  const library = await createPublisher(registry, 'library');
  for (let at = 0; at < 12; at++) {
    await expectStatus(201, publish(registry, library, { name: `it-${at}`, version: '1.0.0' }));
  }
  await outdate(registry.db);
  await registry.crash?.();
  const count = async () => {
    const response = await registry.fetch('/v1/profiles?grade=A');
    return ((await response.json()) as ProfilePage).items.length;
  };
  await expect.poll(count, { timeout: 20_000 }).toBe(12);
  await registry.close();
});
