import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { and, asc, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../db/database.ts';
import { migrate } from '../../db/migrate.ts';
import { openFile } from '../../db/node.ts';
import { prepared } from '../../db/prepared.ts';
import { channels, profiles, teams } from '../../db/schema.ts';

let folder: string;
let db: Database;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aa-registry-test-'));
  db = await openFile(join(folder, 'registry.db'));
  await migrate(db);
  const createdAt = '2026-01-01T00:00:00.000Z';
  await db.insert(teams).values([
    { name: 'empty', createdAt },
    { name: 'library', createdAt },
  ]);
  const profile = { team: 'library', createdAt, latest: '1.0.0', description: 'Confines a test' };
  await db.insert(profiles).values([
    { ...profile, name: 'web', published: 1, images: ['nginx', 'nginx:1.27'] },
    { ...profile, name: 'db', published: 2, images: [], deprecation: 'old' },
  ]);
});

afterAll(async () => {
  db.$client.close();
  await rm(folder, { recursive: true });
});

const ofTeam = eq(profiles.team, teams.name);

test.each<[string, (db: Database) => { prepare: () => never }]>([
  ['all columns of a table', (db) => db.select().from(profiles).orderBy(asc(profiles.id)) as never],
  [
    'columns, expressions and JSON',
    (db) =>
      db
        .select({ name: profiles.name, two: sql`1 + 1`, images: profiles.images })
        .from(profiles) as never,
  ],
  [
    'tables that a left join leaves out',
    (db) => db.select().from(teams).leftJoin(profiles, ofTeam).orderBy(asc(teams.name)) as never,
  ],
  [
    'objects of one table, of two and with an expression',
    (db) =>
      db
        .select({
          team: teams.name,
          profile: { deprecation: profiles.deprecation, name: profiles.name },
          both: { name: profiles.name, team: teams.name },
          other: { two: sql`1 + 1`, name: profiles.name },
          channel: channels,
        })
        .from(teams)
        .leftJoin(profiles, ofTeam)
        .leftJoin(channels, and(eq(channels.profileId, profiles.id), eq(channels.name, 'stable')))
        .orderBy(asc(teams.name)) as never,
  ],
])('rows are mapped as drizzle maps them: %s', async (_, build) => {
  const own = prepared<{ all: () => Promise<unknown[]> }>(build)(db);
  const expected = (await (build(db) as unknown as Promise<unknown[]>)) ?? [];
  expect(expected.length).toBeGreaterThan(1);
  expect(await own.all()).toEqual(expected);
});
