// Publishing, compared with the transaction that it ends with: the same statements on a copy of the database.
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Sqlite3Client } from '@libsql/client/sqlite3';
import { openFile } from '../db/node.ts';
import { createPublisher, profileText, publish, signDraft } from '../test/publisher.ts';
import { node } from '../test/runtimes.ts';
import { median } from './median.ts';

type Batch = Parameters<Client['batch']>;

/**
 * Times publications, one after another, and the transaction of each alone, in turns. Returns the medians, in milliseconds,
 * and the median of their ratios.
 */
export async function timePublishing(
  count: number,
): Promise<{ own: number; bare: number; ratio: number }> {
  let last: Batch | undefined;
  const { batch } = Sqlite3Client.prototype;
  Sqlite3Client.prototype.batch = function (...args: Batch) {
    last = args;
    return batch.apply(this, args);
  };
  const registry = await node.start();
  const copy = join(tmpdir(), `aa-registry-bench-${process.pid}.db`);
  try {
    const publisher = await createPublisher(registry, 'library');
    const drafts = [];
    for (let at = 0; at < count; at++) {
      const draft = { name: `timed-${at}`, version: '1.0.0', text: profileText(`timed-${at}`) };
      drafts.push({ ...draft, envelope: await signDraft(publisher, draft) });
    }
    const { rows } = await registry.db.$client.execute('PRAGMA database_list');
    await registry.db.$client.execute('PRAGMA wal_checkpoint(TRUNCATE)');
    await cp(String(rows[0]?.file), copy);
    const bare = (await openFile(copy)).$client;
    const times: { own: number; bare: number }[] = [];
    for (const draft of drafts) {
      const own = await timed(async () => {
        const response = await publish(registry, publisher, draft);
        await response.arrayBuffer();
        if (response.status !== 201) throw new Error(`publishing returned ${response.status}`);
      });
      const transaction = last as Batch;
      times.push({ own, bare: await timed(() => batch.apply(bare, transaction)) });
    }
    bare.close();
    return {
      own: median(times.map((one) => one.own)),
      bare: median(times.map((one) => one.bare)),
      ratio: median(times.map((one) => one.own / one.bare)),
    };
  } finally {
    Sqlite3Client.prototype.batch = batch;
    await registry.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}
