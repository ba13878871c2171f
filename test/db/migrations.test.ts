import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reanalyse } from '../../db/analyses.ts';
import { checkDatabase } from '../../db/check/index.ts';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';
import { requireReady } from '../../db/readiness.ts';
import { migrations } from '../../migrations/index.ts';
import { generateNoteKey, parseNoteVerifier } from '../../trust/log/index.ts';
import { analysePackage } from '../../worker/analysis/analyse.ts';
import { analyseHere, permissionsHere } from '../../worker/analysis/analyser.ts';
import { createApp } from '../../worker/app.ts';
import { createLog } from '../../worker/log/log.ts';
import { defaultLimits } from '../../worker/ports.ts';
import { scratch } from '../cli/cli.ts';
import { makeReleased, releasedSchemas } from './schemas.ts';

const schemas = await releasedSchemas();

test('there is a fixture of every schema except the newest: node scripts/schema-fixture.ts NAME', () => {
  expect(schemas).toEqual(expect.arrayContaining(migrations.slice(0, -1).map(({ name }) => name)));
});

describe.each(schemas)('a database of schema %s', (schema) => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let verifier: string;
  let path: string;

  beforeAll(async () => {
    folder = await scratch();
    path = join(folder.path, 'registry.db');
    verifier = await makeReleased(schema, path);
  });
  afterAll(() => folder.clean());

  test('is not ready, is migrated to the current schema once, and loses no data', async () => {
    const db = await openFile(path);
    const count = async (table: string) =>
      (await db.$client.execute(`SELECT count(*) AS n FROM ${table}`)).rows[0]?.n;
    const tables = ['versions', 'keys', 'channels', 'contents', 'log_entries', 'tokens', 'teams'];
    const before = await Promise.all(tables.map(count));
    const newer = migrations.map(({ name }) => name).filter((name) => name > schema);
    if (newer.length > 0) await expect(requireReady(db)).rejects.toThrow(newer[0]);
    expect(await migrate(db)).toEqual(newer);
    expect(await migrate(db)).toEqual([]);
    await requireReady(db);
    expect(await Promise.all(tables.map(count))).toEqual(before);
    expect(before.every((n) => Number(n) > 0)).toBe(true);
    db.$client.close();
  });

  test('has the same schema as a new database', async () => {
    const read = async (file: string) => {
      const db = await openFile(file);
      await migrate(db);
      const { rows } = await db.$client.execute(
        'SELECT type, name, sql FROM sqlite_schema ORDER BY type, name',
      );
      db.$client.close();
      return rows.map(
        ({ type, name, sql }) => `${type} ${name} ${String(sql).replaceAll(/\s+/g, ' ')}`,
      );
    };
    expect(await read(path)).toEqual(await read(join(folder.path, 'new.db')));
  });

  test('is verified against its log', async () => {
    const db = await openFile(path);
    const found: string[] = [];
    const key = await parseNoteVerifier(verifier);
    expect(key).toBeDefined();
    const size = await checkDatabase(db, {
      key,
      report: (id, detail) => found.push(`${id}: ${detail}`),
    });
    expect(found).toEqual([]);
    expect(size).toBe(13);
    db.$client.close();
  });

  test('is served', async () => {
    const db = await openFile(path);
    const now = () => new Date();
    // Like the service's background job.
    while ((await reanalyse(db, 10, async (pack) => analysePackage(pack))) > 0);
    const log = createLog({ db, key: await generateNoteKey('x/log'), now });
    const analysis = { analyse: analyseHere, permissions: permissionsHere };
    const app = createApp({ db, log, now, limits: defaultLimits, ...analysis });
    const get = async (path: string) => {
      const response = await app.request(path);
      expect(response.status, path).toBe(200);
      return response;
    };
    expect(await (await get('/v1/profiles/library/web')).json()).toMatchObject({
      latest: { version: '1.1.0' },
      channels: { stable: '1.1.0' },
    });
    const versions = (await (await get('/v1/profiles/library/web/versions')).json()) as {
      items: { version: string; yankReason: string | null }[];
    };
    expect(versions.items.map(({ version, yankReason }) => [version, yankReason])).toEqual([
      ['2.0.0', 'breaks logging'],
      ['2.0.0-rc.1', null],
      ['1.1.0', null],
      ['1.0.0', null],
    ]);
    const text = await (await get('/v1/profiles/library/web/versions/1.0.0/profile')).text();
    expect(text).toContain('profile web flags=');
    await get('/v1/profiles/library/web/versions/1.0.0/proof');
    const page = (await (await get('/v1/profiles')).json()) as { items: { name: string }[] };
    expect(page.items).toHaveLength(3);
    const found = (await (await get('/v1/profiles?q=database')).json()) as typeof page;
    expect(found.items.map(({ name }) => name)).toEqual(['database']);
    const team = await (await get('/v1/teams/library')).json();
    expect(team).toMatchObject({ keys: [{ revokedAt: expect.any(String) }, { revokedAt: null }] });
    await get('/p/library/web');
    const artifact = await get('/v2/library/web/manifests/1.0.0');
    const { layers } = (await artifact.json()) as { layers: { digest: string }[] };
    expect(await (await get(`/v2/library/web/blobs/${layers[0]?.digest}`)).text()).toBe(text);
    const digest = artifact.headers.get('Docker-Content-Digest');
    const again = await get(`/v2/library/web/manifests/${digest}`);
    expect(again.headers.get('Docker-Content-Digest')).toBe(digest);
    db.$client.close();
  });
});
