import { copyFile, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkDatabase, type DifferenceId } from '../../db/check/index.ts';
import { openFile } from '../../db/node.ts';
import { type NoteVerifier, parseNoteVerifier } from '../../trust/log/index.ts';
import { scratch } from '../cli/cli.ts';
import { runs } from '../property-runs.ts';
import { makeCurrent, releasedSchemas } from './schemas.ts';

describe('admin check reports', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let original: string;
  let key: NoteVerifier | undefined;

  beforeAll(async () => {
    folder = await scratch();
    original = join(folder.path, 'original.db');
    const latest = (await releasedSchemas()).at(-1) ?? '';
    key = await parseNoteVerifier(await makeCurrent(latest, original));
    const db = new DatabaseSync(original);
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
  });
  afterAll(() => folder.clean());

  let count = 0;
  /** The differences that admin check reports after `tamper` has changed a copy of the database. */
  async function findings(tamper: (db: DatabaseSync) => void): Promise<[DifferenceId, string][]> {
    const path = join(folder.path, `${count++}.db`);
    await copyFile(original, path);
    const copy = new DatabaseSync(path, { enableForeignKeyConstraints: false });
    tamper(copy);
    copy.close();
    const db = await openFile(path);
    const found: [DifferenceId, string][] = [];
    await checkDatabase(db, { key, report: (id, detail) => found.push([id, detail]) });
    db.$client.close();
    return found;
  }
  const run = (sql: string) => findings((db) => db.exec(sql));

  test('nothing for an undamaged database', async () => {
    expect(await findings(() => {})).toEqual([]);
  });

  test.each<[string, DifferenceId, string]>([
    [
      "UPDATE contents SET text = text || '#' WHERE text LIKE '%/srv/database/%'",
      'content-differs',
      'text stored as',
    ],
    ['DELETE FROM contents', 'content-missing', 'the profile of library/web@1.0.0'],
    [
      "UPDATE versions SET version = '9.9.9' WHERE version = '1.1.0'",
      'row-differs',
      'library/web@9.9.9 (entry 4)',
    ],
    [
      "UPDATE oci_manifests SET text = text || ' ' WHERE role = 'artifact'",
      'derived-differs',
      'the OCI manifests of library/web@1.0.0',
    ],
    [
      "UPDATE oci_manifests SET layer = digest WHERE role = 'envelope'",
      'derived-differs',
      'the OCI manifests of platform/web@1.0.0',
    ],
    [
      "DELETE FROM oci_manifests WHERE role = 'envelope'",
      'derived-differs',
      'the OCI manifests of library/database@0.1.0',
    ],
    [
      "UPDATE oci_manifests SET layer_text = '{}' WHERE role = 'proof'",
      'derived-differs',
      'the OCI manifests of library/web@1.1.0',
    ],
    ["DELETE FROM versions WHERE version = '1.1.0'", 'row-missing', 'library/web@1.1.0 (entry 4)'],
    [
      "UPDATE versions SET envelope = (SELECT envelope FROM versions WHERE version = '1.1.0') WHERE version = '2.0.0'",
      'envelope-invalid',
      'library/web@2.0.0: it was signed as version 1.1.0',
    ],
    [
      "UPDATE versions SET envelope = '{}' WHERE version = '2.0.0'",
      'envelope-invalid',
      'library/web@2.0.0',
    ],
    [
      "UPDATE versions SET yank_reason = NULL WHERE version = '2.0.0'",
      'row-differs',
      'whether library/web@2.0.0 is yanked',
    ],
    [
      "UPDATE versions SET yank_reason = 'x' WHERE version = '1.0.0'",
      'entry-absent',
      'the yank of library/web@1.0.0',
    ],
    [
      "UPDATE versions SET manifest = replace(manifest, 'Confines', 'Frees') WHERE version = '1.0.0'",
      'row-differs',
      'manifest of library/web@1.0.0',
    ],
    [
      "UPDATE channels SET version = '1.0.0'",
      'row-differs',
      'channel stable of library/web names 1.0.0',
    ],
    ['DELETE FROM channels', 'row-missing', 'channel stable of library/web'],
    [
      "INSERT INTO channels SELECT profile_id, 'mine', version, moved_at, log_index FROM channels",
      'entry-absent',
      'channel mine of library/web',
    ],
    [
      'UPDATE keys SET revoked_at = NULL, revocation_log_index = NULL',
      'row-differs',
      'the revocation of key',
    ],
    [
      "UPDATE keys SET revoked_at = created_at, revocation_log_index = 1 WHERE team = 'platform'",
      'entry-absent',
      'the revocation of key',
    ],
    ["DELETE FROM keys WHERE team = 'platform'", 'envelope-invalid', 'platform/web@1.0.0'],
    [
      "UPDATE keys SET public_key = (SELECT public_key FROM keys WHERE team = 'platform')",
      'key-invalid',
      'has another id',
    ],
    [
      "UPDATE profiles SET moved_to = 'platform' WHERE name = 'database'",
      'entry-absent',
      'transfer of library/database',
    ],
    [
      "UPDATE profiles SET latest = '2.0.0' WHERE name = 'web'",
      'derived-differs',
      'latest version of library/web',
    ],
    [
      "UPDATE quotas SET bytes = bytes - 1 WHERE team = 'library'",
      'derived-differs',
      'the usage of team library',
    ],
    [
      "DELETE FROM teams WHERE name = 'platform'",
      'reference-broken',
      'refers to a missing row of teams',
    ],
    ['DELETE FROM log_entries WHERE "index" = 12', 'head-differs', 'does not match its 12 entries'],
    ['DELETE FROM log_entries WHERE "index" = 3', 'entry-missing', 'entry 3 of the log is missing'],
    ['UPDATE log_entries SET data = \'{}\' WHERE "index" = 3', 'entry-malformed', 'entry 3'],
    [
      "UPDATE log_entries SET data = replace(data, 'breaks', 'breakz')",
      'tile-differs',
      'tile 0/0 does not match the hashes',
    ],
    ['DELETE FROM log_tiles', 'tile-differs', 'tile 0/0 is missing'],
    [
      "INSERT INTO log_tiles VALUES (1, 0, 'ab')",
      'tile-differs',
      'tile 1/0 is beyond the end of the log',
    ],
    ['DELETE FROM log_head', 'checkpoint-invalid', 'the checkpoint is malformed'],
    ['UPDATE log_head SET size = 5', 'head-differs', 'head'],
    [
      "UPDATE log_head SET checkpoint = replace(checkpoint, char(10) || '13' || char(10), char(10) || '12' || char(10))",
      'checkpoint-invalid',
      'the checkpoint does not match',
    ],
    [
      "UPDATE log_head SET checkpoint = substr(checkpoint, 1, length(checkpoint) - 10) || 'AAAAAAAA=' || char(10)",
      'checkpoint-invalid',
      'the checkpoint: ',
    ],
  ])('%s', async (sql, id, detail) => {
    const found = await run(sql);
    expect(found.map(([one, words]) => `${one}: ${words}`)).toContainEqual(
      expect.stringMatching(new RegExp(`^${id}: .*${detail.replaceAll(/[.()/]/g, '\\$&')}`)),
    );
  });

  test('a changed entry with matching tree, head and tiles but without a valid signature', async () => {
    // Without the log's key, an attacker can't create a matching checkpoint.
    const found = await run(
      `UPDATE log_entries SET data = replace(data, '"stable"', '"edge"');
       UPDATE channels SET name = 'edge';`,
    );
    expect(found.map(([id]) => id)).toContain('checkpoint-invalid');
  });

  test('integers beyond 2^53, which the client can’t read', async () => {
    const found = await run('UPDATE log_entries SET "index" = "index" + (1 << 60)');
    expect(found.map(([id]) => id)).toEqual(['value-malformed', 'database-damaged']);
  });

  test('damage that SQLite detects', async () => {
    const path = join(folder.path, 'damaged.db');
    await copyFile(original, path);
    const schema = new DatabaseSync(path, { readOnly: true });
    const { page } = schema
      .prepare("SELECT rootpage AS page FROM sqlite_schema WHERE name = 'versions_digest'")
      .get() as { page: number };
    schema.close();
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(4096, 0xff), 0, 4096, (page - 1) * 4096);
    await file.close();
    const db = await openFile(path);
    const found: DifferenceId[] = [];
    await checkDatabase(db, { key, report: (id) => found.push(id) });
    db.$client.close();
    expect(found).toContain('database-damaged');
  });

  /** Columns that are neither logged nor derived. */
  const unprovable = new Set([
    'profiles.created_at',
    'profiles.visibility',
    'profiles.blind',
    'profiles.deprecation',
    'profiles.replacement',
    'profiles.revision',
    // The progress of the search index, which repairs itself.
    'profiles.index_version',
    'log_head.id',
    // Only the order of ids matters: the last may be any larger one.
    'versions.id',
  ]);
  /** One in four of the rows and values, all with AA_TEST_RUNS=4. */
  const isTried = (at: number) => at % Math.max(1, Math.round(16 / runs(4))) === 0;
  const provable = [
    'versions',
    'contents',
    'keys',
    'channels',
    'profiles',
    'log_entries',
    'log_tiles',
    'log_head',
  ];

  test.each(provable)(
    'every missing row of %s',
    async (table) => {
      const db = new DatabaseSync(original, { readOnly: true });
      const rows = db.prepare(`SELECT rowid AS row FROM ${table}`).all() as { row: number }[];
      db.close();
      expect(rows.length).toBeGreaterThan(0);
      for (const { row } of rows.filter((_, at) => isTried(at))) {
        const found = await run(`DELETE FROM ${table} WHERE rowid = ${row}`);
        expect(found.length, `row ${row}`).toBeGreaterThan(0);
      }
    },
    120_000,
  );

  test.each(provable)(
    'every changed value of %s',
    async (table) => {
      const db = new DatabaseSync(original, { readOnly: true });
      const rows = db.prepare(`SELECT rowid AS "the row", * FROM ${table}`).all() as Record<
        string,
        unknown
      >[];
      db.close();
      const unseen: string[] = [];
      for (const [at, { 'the row': row, ...values }] of rows.entries()) {
        for (const [place, [column, value]] of Object.entries(values).entries()) {
          if (!isTried(at + place) || unprovable.has(`${table}.${column}`)) continue;
          const other =
            value === null
              ? /index/.test(column)
                ? '7'
                : "'2026-01-01T00:00:00.000Z'"
              : typeof value === 'number'
                ? `"${column}" + 1000`
                : `substr("${column}", 1, length("${column}") - 2) || CASE WHEN "${column}" LIKE '%00' THEN '11' ELSE '00' END`;
          const found = await findings((copy) => {
            copy.exec('PRAGMA ignore_check_constraints = ON');
            copy.exec(`UPDATE ${table} SET "${column}" = ${other} WHERE rowid = ${row}`);
          });
          if (found.length === 0) unseen.push(`${table}.${column} of row ${row}`);
        }
      }
      expect(unseen).toEqual([]);
    },
    240_000,
  );
});
