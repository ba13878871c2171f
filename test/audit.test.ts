import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { growLog, readLogHead } from '../db/log.ts';
import { type AuditProgress, auditLog } from '../sdk/audit.ts';
import { createClient } from '../sdk/client.ts';
import { encodeBase64, generateKeyPair } from '../trust/index.ts';
import {
  appendLeaf,
  emptyRoot,
  formatEntry,
  generateNoteKey,
  type LogEntry,
  leafHash,
  rootOf,
  signCheckpoint,
} from '../trust/log/index.ts';
import { createLog } from '../worker/log/log.ts';
import { scratch } from './cli/cli.ts';
import { command } from './command.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
  send,
} from './publisher.ts';
import { runtimes, type TestRegistry } from './runtimes.ts';

/** Enough entries for three bundles and a second level of tiles. */
const manyEntries = 600;

const launcher = join(import.meta.dirname, '../bin/aa-registry');

function yankEntry(reason: string): LogEntry {
  const time = '2026-01-01T00:00:00.000Z';
  const path = { team: 'nobody', name: 'nothing', version: '1.0.0' };
  return { kind: 'yank', time, ...path, yanked: true, reason };
}

/** Appends a text to the log, as an attacker with its key and database can. */
async function appendText({ db, logKey }: TestRegistry, text: string): Promise<void> {
  const before = await readLogHead(db);
  const leaf = leafHash(new TextEncoder().encode(text));
  const { frontier, tileHashes } = appendLeaf(before.frontier, leaf);
  const tree = { origin: logKey.name, size: frontier.size, root: rootOf(frontier) };
  const after = { frontier, checkpoint: await signCheckpoint(tree, logKey) };
  await db.batch(growLog(db, { entry: text, tileHashes, before, after }));
}

async function growTo(registry: TestRegistry, size: number, reason: string): Promise<void> {
  const { db, logKey } = registry;
  const log = createLog({ db, key: logKey, now: () => new Date() });
  for (let at = (await readLogHead(db)).frontier.size; at < size; at++) {
    await log.append(
      yankEntry(`${reason} ${at}`),
      () => [],
      async () => false,
    );
  }
}

describe.each(runtimes)('auditing a registry on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;
  let folder: Awaited<ReturnType<typeof scratch>>;
  /** The original tables. */
  const saved = new Map<string, Record<string, unknown>[]>();
  const tables = ['contents', 'versions', 'log_entries', 'log_tiles', 'log_head'];
  let files = 0;

  const sql = (statement: string, ...args: (string | number)[]) =>
    registry.db.$client.execute({ sql: statement, args });

  beforeAll(async () => {
    registry = await start();
    folder = await scratch();
    library = await createPublisher(registry, 'library');
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) {
      const draft = { name: 'web', version, text: profileText('web', `/${version}`) };
      await expectStatus(201, publish(registry, library, draft));
    }
    await expectStatus(201, publish(registry, library, { name: 'db', version: '1.0.0' }));
    const platform = await createPublisher(registry, 'platform');
    await expectStatus(201, publish(registry, platform, { name: 'web', version: '1.0.0' }));
    const { token } = library;
    const web = '/v1/profiles/library/web';
    const move = { version: '1.1.0', previous: null };
    await expectStatus(200, send(registry, 'PUT', `${web}/channels/stable`, move, token));
    const yank = { reason: 'too wide' };
    await expectStatus(200, send(registry, 'POST', `${web}/versions/2.0.0/yank`, yank, token));
    await growTo(registry, manyEntries, 'filler');
    await keep();
  });
  afterAll(async () => {
    await registry.close();
    await folder.clean();
  });
  afterEach(restore);

  async function keep(): Promise<void> {
    for (const table of tables) {
      saved.set(table, (await sql(`SELECT * FROM ${table}`)).rows as Record<string, unknown>[]);
    }
  }

  async function restore(): Promise<void> {
    await registry.db.$client.batch(
      [
        ...tables
          .filter((table) => table.startsWith('log_'))
          .map((table) => `DELETE FROM ${table}`),
        ...[...saved].flatMap(([table, rows]) =>
          rows.map((row) => {
            const columns = Object.keys(row);
            const places = columns.map(() => '?').join(', ');
            const names = columns.map((column) => `"${column}"`).join(', ');
            return {
              sql: `INSERT OR REPLACE INTO ${table} (${names}) VALUES (${places})`,
              args: Object.values(row) as string[],
            };
          }),
        ),
      ],
      'write',
    );
  }

  const stateFile = () => join(folder.path, `state-${++files}`);

  const about = (at: TestRegistry = registry) => [
    '--registry',
    at.url,
    '--log-key',
    at.logKey.verifier,
  ];
  const verify = (...more: string[]) => command(['log', 'verify', ...about(), ...more]);
  const watch = (...more: string[]) => command(['log', 'watch', ...about(), '--once', ...more]);

  async function savedState(): Promise<string> {
    const file = stateFile();
    const outcome = await verify('--state', file);
    expect(outcome, outcome.output).toMatchObject({ code: 0 });
    return file;
  }

  /** Expects that the audit fails for this reason and its stored state is unchanged. */
  async function expectRefused(id: string, ...more: string[]): Promise<void> {
    const state = more[more.indexOf('--state') + 1];
    const before = state && (await readFile(state, 'utf8'));
    const outcome = await verify(...more);
    expect(outcome.output).toContain(`[${id}]`);
    expect(outcome).toMatchObject({ code: 3, lines: [] });
    if (state) expect(await readFile(state, 'utf8')).toBe(before);
  }

  describe('an honest registry', () => {
    test('is verified from its beginning, with the contents of its entries', async () => {
      const outcome = await verify();
      expect(outcome, outcome.output).toMatchObject({ code: 0 });
      expect(outcome.output).toContain(`${manyEntries} entries`);
      expect(outcome.output).toMatch(/2 keys\b.*5 versions\b.*1 channel move\b/);
      expect(outcome.output).toContain('5 profiles and envelopes');
    });

    test('is followed from the checkpoint of the last run', async () => {
      const state = await savedState();
      expect(await readFile(state, 'utf8')).toContain(`\n${manyEntries}\n`);
      const again = await verify('--state', state);
      expect(again.output).toContain('its tree, rebuilt from 0 entries');
      for (const size of [manyEntries + 1, 768, 770]) {
        await growTo(registry, size, 'more');
        const outcome = await verify('--state', state);
        expect(outcome, outcome.output).toMatchObject({ code: 0 });
        expect(await readFile(state, 'utf8')).toContain(`\n${size}\n`);
      }
    });

    test('reads only new entries and reports progress', async () => {
      const state = await savedState();
      const root = (await readFile(state, 'utf8')).split('\n')[2];
      const paths: string[] = [];
      const client = createClient({
        registry: registry.url,
        fetch: (input, init) => {
          paths.push(new URL(String(input)).pathname);
          return fetch(input, init);
        },
      });
      const progress: [number, number][] = [];
      await growTo(registry, manyEntries + 3, 'more');
      const log = policy();
      const bytes = Uint8Array.from(Buffer.from(root ?? '', 'base64'));
      const audit = await auditLog(client, {
        log,
        from: { size: manyEntries, root: bytes },
        onProgress: (...counts) => progress.push(counts),
      });
      expect(audit).toMatchObject({ ok: true, from: manyEntries });
      expect(paths.filter((path) => path.includes('/entries/'))).toEqual([
        `/log/tile/entries/002.p/${(manyEntries + 3) % 256}`,
      ]);
      expect(progress).toEqual([[manyEntries + 3, manyEntries + 3]]);
    });

    test('waits for a busy registry and resumes after an interruption', async () => {
      const client = createClient({ registry: registry.url });
      const log = policy();
      let reached: AuditProgress | undefined;
      const controller = new AbortController();
      const onReached = (progress: AuditProgress) => {
        reached = progress;
        if (progress.done.size >= 100) controller.abort();
      };
      const { signal } = controller;
      await expect(auditLog(client, { log, onReached, signal })).rejects.toThrow();
      expect(reached?.done.size).toBeLessThan(200);

      let refusals = 0;
      const busy = createClient({
        registry: registry.url,
        fetch: async (input, init) => {
          refusals += 1;
          if (refusals > 2) return fetch(input, init);
          return new Response('', { status: 429, headers: { 'Retry-After': '0' } });
        },
      });
      const whole = await auditLog(client, { log });
      const resumed = await auditLog(busy, { log, resume: reached });
      expect(resumed).toMatchObject({ ok: true, from: 0 });
      expect(resumed.ok && resumed.kinds).toEqual(whole.ok && whole.kinds);

      // A different log is not the audited one.
      const target = { size: 50, root: new Uint8Array(32) };
      const done = { size: 0, root: emptyRoot() };
      const forked = { from: 0, done, target, entries: [], kinds: new Map(), blinded: 0 };
      expect(await auditLog(client, { log, resume: forked })).toMatchObject({
        ok: false,
        id: 'log-inconsistent',
      });
    });

    test('follows an empty log', async () => {
      const empty = await start();
      try {
        const outcome = await command(['log', 'verify', ...about(empty)]);
        expect(outcome, outcome.output).toMatchObject({ code: 0 });
      } finally {
        await empty.close();
      }
    });
  });

  const policy = () => ({
    key: registry.logKey,
    witnesses: [],
    witnessThreshold: 0,
    maxAge: 86_400,
  });

  describe('by an attacker with the database', () => {
    test('an entry changed', async () => {
      await sql(
        `UPDATE log_entries SET data = replace(data, 'filler', 'killer') WHERE "index" = 300`,
      );
      await expectRefused('entry-digest');
    });

    test('an entry replaced with malformed text', async () => {
      await sql(`UPDATE log_entries SET data = '{}' WHERE "index" = 300`);
      await expectRefused('entry-digest');
    });

    test('an entry missing', async () => {
      await sql('DELETE FROM log_entries WHERE "index" = 300');
      await expectRefused('entry-missing');
    });

    test('an entry changed together with its hash', async () => {
      const text = formatEntry(yankEntry('another'));
      const hash = Buffer.from(leafHash(new TextEncoder().encode(text))).toString('hex');
      await sql('UPDATE log_entries SET data = ? WHERE "index" = 300', text);
      await sql(
        `UPDATE log_tiles SET hashes = substr(hashes, 1, 2816) || ? || substr(hashes, 2881)
         WHERE level = 0 AND "index" = 1`,
        hash,
      );
      await expectRefused('log-root');
    });

    test.each([
      [0, 0],
      [0, 2],
      [1, 0],
    ])('tile %i/%i changed', async (level, index) => {
      await sql(
        `UPDATE log_tiles SET hashes =
         CASE WHEN hashes LIKE '0%' THEN '1' ELSE '0' END || substr(hashes, 2)
         WHERE level = ? AND "index" = ?`,
        level,
        index,
      );
      await expectRefused('tile-mismatch');
    });

    test('a tile missing', async () => {
      await sql('DELETE FROM log_tiles WHERE level = 1');
      await expectRefused('tile-missing');
    });

    test('a tile changed before the checkpoint of the last run', async () => {
      const state = await savedState();
      await growTo(registry, manyEntries + 2, 'more');
      await sql(
        `UPDATE log_tiles SET hashes =
         CASE WHEN hashes LIKE '0%' THEN '1' ELSE '0' END || substr(hashes, 2)
         WHERE level = 0 AND "index" = 2`,
      );
      await expectRefused('log-inconsistent', '--state', state);
    });

    test("a profile's bytes changed", async () => {
      await sql(`UPDATE contents SET text = text || '# more' WHERE text LIKE '%/srv/web/1.1.0%'`);
      await expectRefused('content-digest');
      const outcome = await verify('--no-contents');
      expect(outcome, outcome.output).toMatchObject({ code: 0 });
    });

    test('a version missing', async () => {
      const gone = `version = '1.1.0'`;
      for (const table of ['search_documents', 'analyses', 'oci_manifests']) {
        await sql(
          `DELETE FROM ${table} WHERE version_id IN (SELECT id FROM versions WHERE ${gone})`,
        );
      }
      await sql(`DELETE FROM versions WHERE ${gone}`);
      await expectRefused('content-missing');
    });

    test("an envelope swapped for another version's", async () => {
      await sql(
        `UPDATE versions SET envelope = (SELECT envelope FROM versions WHERE version = '1.1.0')
         WHERE version = '2.0.0'`,
      );
      await expectRefused('envelope-digest');
    });

    test('the checkpoint of another size', async () => {
      await sql(
        `UPDATE log_head SET checkpoint = replace(checkpoint, char(10) || '600' || char(10), char(10) || '599' || char(10))`,
      );
      await expectRefused('note-bad-signature');
    });
  });

  describe('by an attacker with the database and the log key', () => {
    /** Replaces the log with another of `size` entries. */
    async function rewrite(size: number): Promise<void> {
      await registry.db.$client.batch(
        ['DELETE FROM log_entries', 'DELETE FROM log_tiles', 'DELETE FROM log_head'],
        'write',
      );
      await growTo(registry, size, 'rewritten');
    }

    test('the log rewritten to the same size', async () => {
      const state = await savedState();
      await rewrite(manyEntries);
      await expectRefused('log-forked', '--state', state);
    });

    test('the log rewritten and grown', async () => {
      const state = await savedState();
      await rewrite(manyEntries + 5);
      await expectRefused('log-inconsistent', '--state', state);
    });

    test('the log cut short', async () => {
      const state = await savedState();
      await rewrite(manyEntries - 5);
      await expectRefused('log-rolled-back', '--state', state);
    });

    test('entries that do not match the signed tree', async () => {
      const root = new Uint8Array(32).fill(1);
      const tree = { origin: registry.logKey.name, size: manyEntries, root };
      const signed = await signCheckpoint(tree, registry.logKey);
      await sql('UPDATE log_head SET checkpoint = ?', signed);
      await expectRefused('log-root');
    });

    test.each([
      ['text that is not JSON', 'gibberish'],
      ['an entry with white space', formatEntry(yankEntry('x')).replace(',', ', ')],
      ['an entry of an unknown kind', formatEntry(yankEntry('x')).replace('yank', 'rank')],
      ['a key that can not be', formatEntry(yankEntry('x')).replace('1.0.0', '1.0')],
    ])('%s in the log', async (_, text) => {
      await appendText(registry, text);
      await expectRefused('entry-malformed');
    });

    test('a key under another key’s id', async () => {
      const [one, other] = [await generateKeyPair(), await generateKeyPair()];
      const entry = formatEntry({
        kind: 'key',
        time: '2026-01-01T00:00:00.000Z',
        team: 'library',
        keyId: one.publicKey.keyId,
        publicKey: other.publicKey.text,
        label: 'x',
      });
      await appendText(registry, entry);
      await expectRefused('key-mismatch');
    });

    test('a version logged twice with different bytes', async () => {
      const digest = `sha256:${'0'.repeat(64)}` as const;
      const time = '2026-01-01T00:00:00.000Z';
      const path = { team: 'library', name: 'web', version: '1.0.0' };
      const entry = { kind: 'version', time, ...path, digest, envelope: digest } as const;
      await appendText(registry, formatEntry(entry));
      await expectRefused('content-digest');
    });
  });

  test('a frozen log', async () => {
    const client = createClient({ registry: registry.url });
    const now = new Date(Date.now() + 2 * 86_400_000);
    expect(await auditLog(client, { log: policy(), now })).toMatchObject({
      ok: false,
      id: 'checkpoint-stale',
    });
  });

  test('checkpoints reveal two histories shown to two hosts', async () => {
    const other = await start({ logKey: registry.logKey });
    try {
      await createPublisher(other, 'library');
      const shownHere = await savedState();
      const shownThere = stateFile();
      const there = (...more: string[]) => command(['log', 'verify', ...about(other), ...more]);
      expect(await there('--state', shownThere)).toMatchObject({ code: 0 });
      await expectRefused('log-inconsistent', '--state', shownThere);

      const refusedThere = async (id: string) => {
        const outcome = await there('--state', shownHere);
        expect(outcome.output).toContain(`[${id}]`);
        expect(outcome.code).toBe(3);
      };
      await refusedThere('log-rolled-back');
      await growTo(other, manyEntries, 'other');
      await refusedThere('log-forked');
      await growTo(other, manyEntries + 1, 'other');
      await refusedThere('log-inconsistent');
    } finally {
      await other.close();
    }
  });

  test.each([
    ['is no note', 'note-malformed', () => 'gibberish'],
    ['was changed', 'note-bad-signature', (note: string) => note.replace('\n600\n', '\n599\n')],
    [
      'another log signed',
      'note-unknown-signers',
      (note: string) => note.replaceAll(/^— .* /gm, '— x '),
    ],
  ])('a state that %s is refused', async (_, id, change) => {
    const state = await savedState();
    await writeFile(state, change(await readFile(state, 'utf8')));
    await expectRefused(id, '--state', state);
  });

  describe('log watch', () => {
    const parse = (lines: string[]) => lines.map((line) => JSON.parse(line));

    test('reports each entry of a profile once, and no others', async () => {
      const state = stateFile();
      const args = ['library/web', '--state', state, '--format', 'json'];
      const first = await watch(...args);
      expect(parse(first.lines)).toMatchObject([
        { index: 1, kind: 'version', team: 'library', name: 'web', version: '1.0.0' },
        { index: 2, kind: 'version', version: '1.1.0' },
        { index: 3, kind: 'version', version: '2.0.0' },
        { index: 7, kind: 'channel', name: 'web', channel: 'stable', version: '1.1.0' },
        { index: 8, kind: 'yank', name: 'web', version: '2.0.0' },
      ]);
      expect(await watch(...args)).toMatchObject({ code: 0, lines: [] });
      const again = { ...yankEntry('again'), team: 'library', name: 'web' } as LogEntry;
      await appendText(registry, formatEntry(again));
      await appendText(registry, formatEntry({ ...again, name: 'web-2' } as LogEntry));
      await appendText(registry, formatEntry({ ...again, team: 'platform' } as LogEntry));
      expect(parse((await watch(...args)).lines)).toEqual([{ index: manyEntries, ...again }]);
      expect(await watch(...args)).toMatchObject({ code: 0, lines: [] });
    });

    test('reports a team’s keys, one line each', async () => {
      const { lines } = await watch('platform', 'library/db');
      expect(lines).toEqual([
        expect.stringMatching(/^4 \S+Z library\/db@1\.0\.0 published, sha256:/),
        expect.stringMatching(/^5 \S+Z platform has a new key sha256:[0-9a-f]{64}: platform key$/),
        expect.stringMatching(/^6 \S+Z platform\/web@1\.0\.0 published, sha256:/),
      ]);
    });

    test('reports nothing from an inconsistent log', async () => {
      const state = await savedState();
      await sql('DELETE FROM log_head');
      const outcome = await watch('library', '--state', state);
      expect(outcome.output).toContain('[log-rolled-back]');
      expect(outcome).toMatchObject({ code: 3, lines: [] });
    });

    test('runs until interrupted', async () => {
      const state = await savedState();
      const args = ['log', 'watch', 'nobody', ...about(), '--state', state, '--interval', '1'];
      const child = spawn(launcher, args, {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { PATH: process.env.PATH, HOME: folder.path },
      });
      const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      for (const reason of ['first', 'second']) {
        await appendText(registry, formatEntry(yankEntry(reason)));
        expect((await lines.next()).value).toContain(`yanked: ${reason}`);
      }
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      const head = await readLogHead(registry.db);
      const note = await readFile(state, 'utf8');
      expect(note).toContain(`\n${head.frontier.size}\n${encodeBase64(rootOf(head.frontier))}\n`);
    });
  });
});

describe('the commands', () => {
  const vkey = ['--log-key', 'registry.test/log+00000000+AAAA'];

  test.each([
    [['log'], 'requires a subcommand'],
    [['log', 'verify', 'extra'], 'Unexpected argument'],
    [['log', 'verify', ...vkey], 'not a log’s verifier key'],
    [['log', 'watch'], 'requires TEAM[/NAME]…'],
    [['log', 'watch', 'Library'], 'neither a TEAM nor a TEAM/NAME'],
    [['log', 'watch', 'library/'], 'neither a TEAM nor a TEAM/NAME'],
    [['log', 'watch', 'library/web/1'], 'neither a TEAM nor a TEAM/NAME'],
    [['log', 'watch', 'library', '--interval', '0'], '--interval takes a whole number'],
    [['log', 'watch', 'library', '--interval', '1.5'], '--interval takes a whole number'],
    [['log', 'watch', 'library', '--format', 'xml'], '--format must be one of'],
  ])('%j is a usage error', async (args, message) => {
    const outcome = await command(args);
    expect(outcome.output).toContain(message);
    expect(outcome.code).toBe(2);
  });

  test('an unreachable registry', async () => {
    const { verifier } = await generateNoteKey('registry.test/log');
    const about = ['--registry', 'http://127.0.0.1:1', '--log-key', verifier];
    expect(await command(['log', 'verify', ...about])).toMatchObject({ code: 4, lines: [] });
    const once = await command(['log', 'watch', 'library', '--once', ...about]);
    expect(once).toMatchObject({ code: 4, lines: [] });
  });

  test('without a trust file, a key is required', async () => {
    const outcome = await command(['log', 'verify', '--trust', '/nonexistent/trust.toml']);
    expect(outcome.output).toContain('/nonexistent/trust.toml does not exist');
    expect(outcome.code).toBe(3);
  });
});
