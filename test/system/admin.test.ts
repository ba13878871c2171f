import {
  chmod,
  copyFile,
  cp,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { generateNoteKey } from '../../trust/log/index.ts';
import {
  launcher,
  type RunOptions,
  aaRegistry as run,
  type ServedRegistry,
  scratch,
  serve,
} from '../cli/cli.ts';
import { makeReleased, releasedSchemas } from '../db/schemas.ts';
import { startHrana } from '../hrana.ts';
import { createPublisher, expectStatus, type Publisher, publish } from '../publisher.ts';
import type { TestRegistry } from '../runtimes.ts';

const schemas = await releasedSchemas();

/** In processes of their own: locks and open databases are per process. */
const aaRegistry = (args: string[], options: RunOptions = {}) =>
  run(args, { ...options, ownProcess: true });

describe('aa-registry admin', () => {
  let folder: Awaited<ReturnType<typeof scratch>>;
  let data: string;
  let running: ServedRegistry | undefined;
  let publisher: Publisher;
  let adminToken: string;

  const at = (name: string) => join(folder.path, name);
  const over = (registry: ServedRegistry) =>
    ({
      fetch: (path, init) => fetch(new URL(path, registry.url), init),
      adminToken,
    }) as TestRegistry;
  const put = async (registry: ServedRegistry, name: string) =>
    expectStatus(201, publish(over(registry), publisher, { name, version: '1.0.0' }));

  beforeAll(async () => {
    folder = await scratch();
    data = at('data');
    const first = await serve(data);
    adminToken = first.adminToken ?? '';
    publisher = await createPublisher(over(first), 'library');
    await put(first, 'one');
    await first.stop();
  });
  afterEach(async () => {
    await running?.kill();
    running = undefined;
  });
  afterAll(() => folder.clean());

  test('check reports no differences while the registry runs', async () => {
    running = await serve(data);
    const outcome = await aaRegistry(['admin', 'check', '--data', data]);
    expect(outcome.stdout).toBe('No differences: 2 log entries match the database.\n');
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
  });

  test('check reports differences and exits with 1', async () => {
    const other = at('differs');
    await mkdir(other);
    await copyFile(join(data, 'registry.db'), join(other, 'registry.db'));
    await copyFile(join(data, 'log.key'), join(other, 'log.key'));
    const db = new DatabaseSync(join(other, 'registry.db'));
    db.exec("UPDATE versions SET yank_reason = 'x'; UPDATE contents SET text = 'x'");
    db.close();
    const outcome = await aaRegistry(['admin', 'check', '--data', other]);
    expect(outcome.code).toBe(1);
    expect(outcome.stdout).toContain('entry-absent: the yank of library/one@1.0.0\n');
    expect(outcome.stdout).toMatch(/^content-differs: the text stored as sha256:/m);
    expect(outcome.stderr).toMatch(/^\d differences\.\n$/);

    const { signer } = await generateNoteKey('other/log');
    await rm(join(other, 'log.key'));
    await writeFile(join(other, 'log.key'), signer, { mode: 0o600 });
    const forged = await aaRegistry(['admin', 'check', '--data', other]);
    expect(forged.stdout).toContain('checkpoint-invalid: ');
  });

  test('check verifies a remote database', async () => {
    const hrana = await startHrana(join(data, 'registry.db'));
    try {
      const unsigned = await aaRegistry(['admin', 'check', '--database', hrana.url]);
      expect(unsigned.stdout).toContain('No differences: 2 log entries');
      expect(unsigned.stderr).toContain('signature was not checked');
      const { verifier: wrong } = await generateNoteKey('other/log');
      const args = ['admin', 'check', '--database', hrana.url, '--log-key', wrong];
      const outcome = await aaRegistry(args);
      expect(outcome.code).toBe(1);
      expect(outcome.stdout).toContain('checkpoint-invalid: ');
    } finally {
      await hrana.close();
    }
  });

  test('a backup made during publications is restored in another folder and works', async () => {
    running = await serve(data);
    const registry = running;
    let ended = false;
    const publishing = (async () => {
      for (let count = 0; !ended; count++) await put(registry, `busy-${count}`);
    })();
    const file = at('backup.db');
    const made = await aaRegistry(['admin', 'backup', file, '--data', data, '--with-log-key']);
    ended = true;
    await publishing;
    await running.stop();
    expect(made.code, made.stderr).toBe(0);
    expect(made.stdout).toMatch(/^Wrote .*backup\.db: \d+ bytes, \d+ entries in the log\.\n$/);
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const restored = at('restored');
    const outcome = await aaRegistry(['admin', 'restore', file, '--data', restored]);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(await readFile(join(restored, 'log.key'), 'utf8')).toBe(
      await readFile(join(data, 'log.key'), 'utf8'),
    );
    expect((await stat(join(restored, 'registry.db'))).mode & 0o777).toBe(0o600);
    expect((await readdir(restored)).sort()).toEqual(['log.key', 'registry.db', 'registry.lock']);
    const checked = await aaRegistry(['admin', 'check', '--data', restored]);
    expect(checked.stdout).toContain('No differences');
    running = await serve(restored);
    await put(running, 'after');
    expect((await aaRegistry(['admin', 'check', '--data', restored])).code).toBe(0);
  });

  test('URL syntax in a path is part of its name, and written files are private', async () => {
    const odd = at('a%41 b?c#d');
    await mkdir(odd, { mode: 0o755 });
    const file = join(odd, 'b%41?x=1#.db');
    // Only the files' permissions protect them.
    const inTheOpen = ['-c', 'umask 0; exec "$0" "$@"', launcher];
    const admin = (...args: string[]) =>
      aaRegistry([...inTheOpen, 'admin', ...args], { program: '/bin/sh' });
    const made = await admin('backup', file, '--data', data, '--with-log-key');
    expect(made.code, made.stderr).toBe(0);
    expect(await readdir(odd)).toEqual(['b%41?x=1#.db']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    const restored = join(odd, 'data%2F');
    await mkdir(restored, { mode: 0o755 });
    await chmod(file, 0o644);
    const outcome = await admin('restore', file, '--data', restored);
    expect(outcome.code, outcome.stderr).toBe(0);
    await chmod(join(restored, 'registry.db'), 0o644);
    running = await serve(restored);
    const files = await readdir(restored);
    expect(files).toContain('registry.db-wal');
    for (const name of files) {
      expect((await stat(join(restored, name))).mode & 0o777, name).toBe(0o600);
    }
    expect((await admin('check', '--data', restored)).stdout).toContain('No differences');
    expect(await readdir(odd)).toEqual(['b%41?x=1#.db', 'data%2F']);
  });

  test('a failed backup leaves no files', async () => {
    const into = at('failing');
    await mkdir(into);
    const busy = join(into, 'b%41.db');
    await mkdir(busy);
    const outcome = await aaRegistry([
      'admin',
      'backup',
      busy,
      '--data',
      data,
      '--with-log-key',
      '--force',
    ]);
    expect(outcome.code).toBe(1);
    expect(await readdir(into)).toEqual(['b%41.db']);
  });

  test('a backup does not replace a file without --force', async () => {
    const file = at('existing.db');
    await writeFile(file, 'precious');
    const refused = await aaRegistry(['admin', 'backup', file, '--data', data]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('use --force to replace it');
    expect(await readFile(file, 'utf8')).toBe('precious');
    const forced = await aaRegistry(['admin', 'backup', file, '--data', data, '--force']);
    expect(forced.code, forced.stderr).toBe(0);
    expect(forced.stderr).toContain('The log key is not included');
    expect((await readdir(folder.path)).filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  describe('restore', () => {
    let file: string;
    let keyless: string;

    beforeAll(async () => {
      file = at('whole.db');
      keyless = at('keyless.db');
      await aaRegistry(['admin', 'backup', file, '--data', data, '--with-log-key']);
      await aaRegistry(['admin', 'backup', keyless, '--data', data]);
    });

    const restore = (...args: string[]) => aaRegistry(['admin', 'restore', ...args]);
    /** With the write-ahead log of a killed registry. */
    const copyOf = async (name: string) => {
      await cp(data, at(name), { recursive: true });
      return at(name);
    };

    test('does not replace data without --yes, and keeps the old data', async () => {
      const target = await copyOf('target');
      running = await serve(target);
      await put(running, 'later');
      await running.stop();
      const before = await readFile(join(target, 'registry.db'));
      const refused = await restore(file, '--data', target);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('use --yes to replace it');
      expect(await readFile(join(target, 'registry.db'))).toEqual(before);
      const done = await restore(file, '--data', target, '--yes');
      expect(done.code, done.stderr).toBe(0);
      expect(done.stderr).toMatch(/The previous data was moved to .*registry\.db\.replaced-/);
      expect(done.stderr).toContain('1 more entries, which are lost');
      expect((await aaRegistry(['admin', 'check', '--data', target])).code).toBe(0);
    });

    test('is refused while any registry serves the folder', async () => {
      const target = await copyOf('served');
      running = await serve(target);
      const refused = await restore(file, '--data', target, '--yes');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('is in use by a registry');
      await put(running, 'undisturbed');
      await running.kill();
      expect((await restore(file, '--data', target, '--yes')).code).toBe(0);
    });

    test('two registries may serve one folder', async () => {
      const target = await copyOf('twice');
      running = await serve(target);
      const second = await serve(target);
      expect(await second.stop()).toBe(0);
      expect((await restore(file, '--data', target, '--yes')).stderr).toContain('is in use');
    });

    test('of a backup without the log’s key requires it in the folder', async () => {
      const target = at('without-key');
      const refused = await restore(keyless, '--data', target);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('restore that file first');
      await copyFile(join(data, 'log.key'), join(target, 'log.key'));
      expect((await restore(keyless, '--data', target)).code).toBe(0);
    });

    test('is refused with another log’s key', async () => {
      const target = at('other-key');
      await mkdir(target);
      const { signer } = await generateNoteKey('other/log');
      await rm(join(target, 'log.key'), { force: true });
      await writeFile(join(target, 'log.key'), signer, { mode: 0o600 });
      const refused = await restore(keyless, '--data', target);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('was not signed with the key other/log');
      expect((await restore(file, '--data', target)).stderr).toContain('is the key of another log');
      expect(await readdir(target)).not.toContain('registry.db');
      expect((await restore(file, '--data', target, '--yes')).code).toBe(0);
    });

    const adminRights = "INSERT INTO users VALUES ('mallory', 1, '2026-01-01T00:00:00.000Z')";

    test.each([
      [
        'a trigger',
        `CREATE TRIGGER hidden AFTER INSERT ON versions BEGIN ${adminRights}; END`,
        'trigger hidden on versions',
      ],
      [
        'a trigger that undoes',
        'CREATE TRIGGER hidden AFTER UPDATE ON tokens BEGIN UPDATE tokens SET revoked_at = NULL; END',
        'trigger hidden on tokens',
      ],
      [
        'a trigger on rows that the restore deletes',
        `CREATE TRIGGER hidden AFTER DELETE ON backup_files BEGIN ${adminRights}; END`,
        'trigger hidden on backup_files',
      ],
      [
        'a trigger on the list of migrations',
        `CREATE TRIGGER hidden AFTER INSERT ON migrations BEGIN ${adminRights}; END`,
        'trigger hidden on migrations',
      ],
      ['a view', 'CREATE VIEW more AS SELECT * FROM tokens', 'view more'],
      [
        'a view in the place of a table',
        `ALTER TABLE users RENAME TO hidden; CREATE VIEW users AS
          SELECT name, 1 AS admin, created_at FROM hidden`,
        'table tokens differs from its migration',
      ],
      ['a table more', 'CREATE TABLE more (a)', 'table more'],
      ['an index more', 'CREATE INDEX more ON tokens (label)', 'index more on tokens'],
      [
        'an index that is not unique any more',
        'DROP INDEX tokens_hash_unique; CREATE INDEX tokens_hash_unique ON tokens (hash)',
        'index tokens_hash_unique on tokens',
      ],
      ['an index less', 'DROP INDEX tokens_team', 'index tokens_team on tokens is missing'],
      [
        'a column that is computed',
        'ALTER TABLE users ADD COLUMN more AS (1)',
        'table users differs from its migration',
      ],
      [
        'another default',
        `PRAGMA writable_schema = ON; UPDATE sqlite_schema
          SET sql = replace(sql, '\`admin\` integer NOT NULL', '\`admin\` integer DEFAULT 1 NOT NULL')
          WHERE name = 'users'; PRAGMA writable_schema = RESET`,
        'table users differs from its migration',
      ],
      ...['\u00a0', '\u2028', '\ufeff'].map((space) => [
        `white space that SQLite does not treat as such (${space.codePointAt(0)?.toString(16)})`,
        `PRAGMA writable_schema = ON; UPDATE sqlite_schema
          SET sql = replace(sql, 'integer NOT NULL', 'integer${space}NOT NULL')
          WHERE name = 'log_head'; PRAGMA writable_schema = RESET`,
        'table log_head differs from its migration',
      ]),
      [
        'a definition with a NUL',
        `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || char(0) || ', more'
          WHERE name = 'log_head'; PRAGMA writable_schema = RESET`,
        'a definition in it contains a NUL',
      ],
      ['a virtual table', 'CREATE VIRTUAL TABLE more USING fts5(a)', 'table more'],
      ['another user version', 'PRAGMA user_version = 7', 'its user_version is 7, not 0'],
      [
        'a migration that is not known',
        "INSERT INTO migrations VALUES ('9999_more', '2026-01-01')",
        'migrations that this program does not know: 9999_more',
      ],
      [
        'a migration left out',
        "DELETE FROM migrations WHERE name LIKE '0003%'",
        'migrations 0003_trusted_publishing were skipped',
      ],
      ['no list of migrations', 'DROP TABLE migrations', 'no list of migrations'],
      [
        'a list of migrations that says less',
        "DELETE FROM migrations WHERE name >= '0007'",
        'differs from its migration',
      ],
    ])('refuses %s before anything is changed, and check reports it', async (_, sql, reason) => {
      const broken = at('tampered.db');
      await rm(broken, { force: true });
      await copyFile(file, broken);
      const tamper = (path: string) => {
        const db = new DatabaseSync(path, { enableForeignKeyConstraints: false, defensive: false });
        db.exec(sql);
        db.close();
      };
      tamper(broken);
      const target = at('untouched');
      await mkdir(target, { recursive: true });
      await copyFile(join(data, 'registry.db'), join(target, 'registry.db'));
      await copyFile(join(data, 'log.key'), join(target, 'log.key'));
      const before = await readFile(join(target, 'registry.db'));
      const refused = await restore(broken, '--data', target, '--yes');
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('does not have the schema of a registry');
      expect(refused.stderr).toContain(reason);
      expect(await readFile(join(target, 'registry.db'))).toEqual(before);
      expect((await readdir(target)).sort()).toEqual(['log.key', 'registry.db', 'registry.lock']);
      if (/backup_files/.test(sql)) return;
      tamper(join(target, 'registry.db'));
      const checked = await aaRegistry(['admin', 'check', '--data', target]);
      expect(checked.code).toBe(1);
      expect(checked.stdout).toMatch(/^schema-differs: /m);
      expect(checked.stdout).toContain(reason);
    });

    test('refuses an index that does not match its table', async () => {
      const broken = at('index.db');
      await copyFile(file, broken);
      const db = new DatabaseSync(broken, { defensive: false });
      // The table is changed without its index.
      db.exec(`PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET type = 'table', sql = 'CREATE TABLE tokens_hash_unique (hash, id, PRIMARY KEY (hash, id)) WITHOUT ROWID', tbl_name = name
          WHERE name = 'tokens_hash_unique'; PRAGMA writable_schema = RESET`);
      db.close();
      const again = new DatabaseSync(broken, { defensive: false });
      again.exec(`UPDATE tokens_hash_unique SET hash = 'f00d' WHERE id = 1;
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET type = 'index', tbl_name = 'tokens',
          sql = 'CREATE UNIQUE INDEX \`tokens_hash_unique\` ON \`tokens\` (\`hash\`)'
          WHERE name = 'tokens_hash_unique'; PRAGMA writable_schema = RESET`);
      again.close();
      const refused = await restore(broken, '--data', at('never-index'));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('is not a backup of a registry, or is damaged');
    });

    test('restores a database with statistics tables', async () => {
      const analyzed = at('analyzed.db');
      await copyFile(file, analyzed);
      const db = new DatabaseSync(analyzed);
      db.exec('ANALYZE');
      db.close();
      const done = await restore(analyzed, '--data', at('analyzed'));
      expect(done.code, done.stderr).toBe(0);
    });

    test.each(schemas)('restores a backup of schema %s', async (schema) => {
      const old = at(`${schema}.db`);
      const target = at(schema);
      const verifier = await makeReleased(schema, old);
      const db = new DatabaseSync(old);
      db.exec('CREATE TABLE backup_files (name TEXT PRIMARY KEY NOT NULL, text TEXT NOT NULL)');
      db.close();
      await mkdir(target);
      await copyFile(join(data, 'log.key'), join(target, 'log.key'));
      const refused = await restore(old, '--data', target);
      // Its schema is valid, but it belongs to another log.
      expect(refused.stderr).toContain('was not signed with the key');
      expect(verifier).not.toBe('');
    });

    test('lists the administrators in the backup', async () => {
      const more = at('more.db');
      await copyFile(file, more);
      const db = new DatabaseSync(more);
      db.exec(`INSERT INTO users VALUES ('mallory', 1, '2026-01-01T00:00:00.000Z');
        INSERT INTO tokens (hash, label, user, created_at) VALUES ('f00d', 'mine', 'mallory', '2026-01-01T00:00:00.000Z');
        INSERT INTO tokens (hash, label, user, created_at, scope) VALUES ('f00e', 'reads', 'mallory', '2026-01-01T00:00:00.000Z', 'read')`);
      db.close();
      const done = await restore(more, '--data', at('more'));
      expect(done.code, done.stderr).toBe(0);
      expect(done.stderr).toContain('Administrators: "mallory". Valid administrator tokens');
      expect(done.stderr).toMatch(/^ {2}\d+ {2}"administrator", created "20/m);
      expect(done.stderr).toMatch(/^ {2}\d+ {2}"mine" of "mallory", created "2026-01-01/m);
      // Read-only commands still work.
      expect(done.stderr).toMatch(/^ {2}\d+ {2}"reads" of "mallory"/m);
      expect(done.stderr).not.toContain('library token');
    });

    test.each([
      [
        'a scope that goes on after a NUL',
        'tokens',
        "UPDATE tokens SET scope = 'admin' || char(0) || 'x'",
      ],
      ['an unknown scope', 'tokens', "UPDATE tokens SET scope = 'constructor'"],
      ['an administrator by a text', 'users', "INSERT INTO users VALUES ('eve', '0x1', '2026')"],
      [
        'an administrator by another number',
        'users',
        "INSERT INTO users VALUES ('eve', 2, '2026')",
      ],
      ['a name with a NUL', 'users', "INSERT INTO users VALUES (char(0) || 'eve', 1, '2026')"],
      ['a name of bytes', 'users', "INSERT INTO users VALUES (x'657665', 1, '2026')"],
      ['an id beyond exact numbers', 'tokens', 'UPDATE tokens SET id = id + (1 << 60)'],
      ['a size beyond exact numbers', 'log_head', 'UPDATE log_head SET size = 1 << 60'],
      ['the last id', 'sequence', 'UPDATE sqlite_sequence SET seq = 0x7fffffffffffffff'],
      ['a text for an id', 'sequence', "UPDATE sqlite_sequence SET seq = 'a'"],
      ['two next ids', 'sequence', 'INSERT INTO sqlite_sequence SELECT * FROM sqlite_sequence'],
      ['a migration with a NUL', 'migrations', 'UPDATE migrations SET name = name || char(0)'],
    ])('refuses values that no registry writes: %s', async (_, table, statement) => {
      const meddled = at('values.db');
      await rm(meddled, { force: true });
      await copyFile(file, meddled);
      const db = new DatabaseSync(meddled);
      db.exec(statement);
      db.close();
      const refused = await restore(meddled, '--data', at('values'));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(table === 'migrations' ? /migrations/ : 'malformed values');
      expect(await readdir(at('values'))).not.toContain('registry.db');
    });

    test.each([
      ['a file that is not a database', async (path: string) => writeFile(path, 'nonsense')],
      [
        'a database that is not a backup',
        async (path: string) => copyFile(join(data, 'registry.db'), path),
      ],
      [
        'a backup that is cut short',
        async (path: string) => writeFile(path, (await readFile(file)).subarray(0, 20_000)),
      ],
    ])('refuses %s', async (_, make) => {
      const broken = at('broken.db');
      await rm(broken, { force: true });
      await make(broken);
      const target = at('never');
      const refused = await restore(broken, '--data', target);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('is not a backup of a registry, or is damaged');
      expect(await readdir(target)).not.toContain('registry.db');
    });
  });

  test.each([
    [['admin'], 2, 'requires a subcommand'],
    [['admin', 'backup'], 2, 'requires FILE'],
    [['admin', 'backup', '/nonexistent/x', '--data', 'DATA'], 1, '/nonexistent/x does not exist'],
    [['admin', 'backup', 'x.db', '--data', '/nonexistent'], 1, 'The database /nonexistent'],
    [['admin', 'check', '--data', '/nonexistent'], 1, 'The database /nonexistent'],
    [['admin', 'check', '--data', 'x', '--database', 'y'], 2, 'mutually exclusive'],
    [['admin', 'check', '--data', 'DATA', '--log-key', 'x'], 1, 'is not a verifier key'],
    [['admin', 'check', '--database', 'http://127.0.0.1:1'], 1, ''],
    [['admin', 'restore', '/nonexistent', '--data', 'x'], 1, 'The backup /nonexistent'],
  ])('%j exits with %i', async (args, code, message) => {
    const outcome = await aaRegistry(args.map((arg) => (arg === 'DATA' ? data : arg)));
    expect(outcome.stderr).toContain(message);
    expect(outcome.stderr).not.toContain('    at ');
    expect(outcome.code).toBe(code);
  });
});
