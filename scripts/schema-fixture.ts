import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { serve } from '../test/cli/cli.ts';
import { createPublisher, expectStatus, publish, send, signDraft } from '../test/publisher.ts';
import type { TestRegistry } from '../test/runtimes.ts';
import { endorse, generateKeyPair } from '../trust/index.ts';

/**
 * Writes test/db/schemas/NAME.sql, the rows of a sample database with the current schema:
 * `node scripts/schema-fixture.ts NAME`, once for each released schema; NAME is its last migration. The tests migrate all
 * of them.
 */
const root = join(import.meta.dirname, '..');
const [name] = process.argv.slice(2);
if (!name) throw new Error('usage: schema-fixture.ts NAME, the last migration of the schema');

const folder = await mkdtemp(join(tmpdir(), 'aa-registry-fixture-'));
const data = join(folder, 'data');
const running = await serve(data);
const registry = {
  fetch: (path: string, init?: RequestInit) => fetch(new URL(path, running.url), init),
  adminToken: running.adminToken ?? '',
} as TestRegistry;
await fill(registry);
const { verifier } = (await (await registry.fetch('/v1/log/key')).json()) as { verifier: string };
if ((await running.stop()) !== 0) throw new Error('the registry exited with an error');
const text = `-- log key: ${verifier}\n${dump(join(data, 'registry.db'))}`;
await writeFile(join(root, 'test/db/schemas', `${name}.sql`), text);
await rm(folder, { recursive: true });

/** Creates two teams, three keys, one of them revoked, versions, channels and a yank. */
async function fill(registry: TestRegistry): Promise<void> {
  const library = await createPublisher(registry, 'library');
  const platform = await createPublisher(registry, 'platform');
  const next = await generateKeyPair();
  const registration = {
    publicKey: next.publicKey.text,
    label: 'second key',
    endorsement: await endorse('library', next.publicKey, library.key),
  };
  await expectStatus(
    201,
    send(registry, 'POST', '/v1/teams/library/keys', registration, library.token),
  );
  for (const version of ['1.0.0', '1.1.0', '2.0.0-rc.1', '2.0.0']) {
    await expectStatus(201, publish(registry, library, { name: 'web', version }));
  }
  const rotated = { ...library, key: next };
  const draft = { name: 'database', version: '0.1.0' };
  const envelope = await signDraft(rotated, draft);
  await expectStatus(201, publish(registry, rotated, { ...draft, envelope }));
  await expectStatus(201, publish(registry, platform, { name: 'web', version: '1.0.0' }));
  const web = '/v1/profiles/library/web';
  for (const [version, previous] of [
    ['1.0.0', null],
    ['1.1.0', '1.0.0'],
  ]) {
    const move = { version, previous };
    await expectStatus(200, send(registry, 'PUT', `${web}/channels/stable`, move, library.token));
  }
  await pullArtifact(registry, '/v2/library/web', '1.1.0');
  const reason = { reason: 'breaks logging' };
  await expectStatus(
    200,
    send(registry, 'POST', `${web}/versions/2.0.0/yank`, reason, library.token),
  );
  const revocation = `/v1/teams/library/keys/${library.key.publicKey.keyId}/revocation`;
  await expectStatus(
    200,
    send(registry, 'POST', revocation, { reason: 'laptop stolen' }, library.token),
  );
}

/** Requests a version as an OCI client does, which stores its proof. */
async function pullArtifact(registry: TestRegistry, path: string, tag: string): Promise<void> {
  const artifact = await expectStatus(200, registry.fetch(`${path}/manifests/${tag}`));
  const digest = artifact.headers.get('Docker-Content-Digest');
  await expectStatus(200, registry.fetch(`${path}/referrers/${digest}`));
}

/** Dumps every row of the database as SQL, except the list of migrations, which are applied again. */
function dump(path: string): string {
  const db = new DatabaseSync(path, { readOnly: true });
  const schema = db
    .prepare(
      "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'",
    )
    .all() as { type: string; name: string; sql: string }[];
  const virtual = schema.filter(({ sql }) => /^CREATE VIRTUAL/i.test(sql)).map(({ name }) => name);
  // FTS5 creates its shadow tables with initial rows, which are replaced.
  const shadows = virtual.flatMap((one) =>
    ['data', 'idx', 'content', 'docsize', 'config'].map((part) => `${one}_${part}`),
  );
  const lines: string[] = [];
  for (const { type, name } of schema) {
    if (type !== 'table' || name === 'migrations' || virtual.includes(name)) continue;
    if (shadows.includes(name)) lines.push(`DELETE FROM "${name}";`);
    const all = db.prepare(`SELECT * FROM "${name}"`);
    all.setReadBigInts(true);
    for (const row of all.all() as Record<string, unknown>[]) {
      const columns = Object.keys(row).map((column) => `"${column}"`);
      const values = Object.values(row).map(literal);
      lines.push(`INSERT INTO "${name}" (${columns.join(', ')}) VALUES (${values.join(', ')});`);
    }
  }
  db.close();
  return `${lines.join('\n')}\n`;
}

function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString('hex')}'`;
  return `'${String(value).replaceAll("'", "''")}'`;
}
