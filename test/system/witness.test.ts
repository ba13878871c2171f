import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { readNoteKey } from '../../sdk/note-key-file.ts';
import { type RunningWitness, startWitness } from '../../sdk/witness-server.ts';
import {
  appendLeaf,
  cosign,
  cosignerOf,
  cosignText,
  emptyFrontier,
  type Frontier,
  formatAddCheckpoint,
  formatSignatures,
  generateNoteKey,
  type Hash,
  leafHash,
  type NoteKey,
  type NoteSignature,
  openNote,
  parseNote,
  parseNoteVerifier,
  proveConsistency,
  rootOf,
  signCheckpoint,
  verifyCheckpoint,
} from '../../trust/log/index.ts';
import {
  addCosignatures,
  createWitnesses,
  parseWitness,
  type SignedTree,
  type Witness,
  type WitnessAddress,
} from '../../worker/log/witness.ts';
import { scratch } from '../cli/cli.ts';
import { command } from '../command.ts';
import { expectStatus } from '../publisher.ts';

const launcher = join(import.meta.dirname, '../../bin/aa-registry');

/** A log of fewer than 256 leaves with all its trees. */
interface SmallLog {
  checkpoint: (size: number, key: NoteKey) => Promise<string>;
  prove: (first: number, second: number) => Promise<Hash[]>;
}

/** Creates a log of these texts. */
async function smallLog(...texts: string[]): Promise<SmallLog> {
  const frontiers: Frontier[] = [emptyFrontier];
  const leaves: Hash[] = [];
  for (const text of texts) {
    const leaf = leafHash(new TextEncoder().encode(text));
    leaves.push(leaf);
    const { frontier } = appendLeaf(frontiers.at(-1) as Frontier, leaf);
    frontiers.push(frontier);
  }
  return {
    checkpoint: async (size, key) => {
      const root = rootOf(frontiers[size] as Frontier);
      return signCheckpoint({ origin: key.name, size, root }, key);
    },
    prove: (first, second) =>
      proveConsistency(first, second, async ({ width }) => Buffer.concat(leaves.slice(0, width))),
  };
}

const letters = [...'abcdefgh'];
const forked = [...'abcdefXYZ'];

let folder: Awaited<ReturnType<typeof scratch>>;
beforeAll(async () => {
  folder = await scratch();
});
afterAll(() => folder.clean());

describe('a witness', () => {
  let logKey: NoteKey;
  let key: NoteKey;
  let log: SmallLog;
  let fork: SmallLog;
  let state: string;
  let states = 0;
  let witness: RunningWitness;

  beforeAll(async () => {
    logKey = await generateNoteKey('registry.test/log');
    key = await generateNoteKey('witness.test', 'cosignature');
    log = await smallLog(...letters);
    fork = await smallLog(...forked);
  });
  beforeEach(async () => {
    state = join(folder.path, `state-${++states}`);
    witness = await startOne();
  });
  afterEach(() => witness.close());

  const startOne = () =>
    startWitness({
      key,
      logs: [{ origin: logKey.name, keys: [logKey] }],
      state,
      host: '127.0.0.1',
      port: 0,
    });

  const post = (body: string | Uint8Array<ArrayBuffer>, at = witness) =>
    fetch(`${at.url}/add-checkpoint`, { method: 'POST', body });

  /** Requests a cosignature of the tree of `size`, with a proof from `oldSize`. */
  async function requestCosignature(
    oldSize: number,
    size: number,
    from = log,
    at = witness,
  ): Promise<Response> {
    const proof = oldSize < size ? await from.prove(oldSize, size) : [];
    const checkpoint = await from.checkpoint(size, logKey);
    return post(formatAddCheckpoint({ oldSize, proof, checkpoint }), at);
  }

  async function expectCosigned(oldSize: number, size: number): Promise<void> {
    const before = Math.floor(Date.now() / 1000);
    const response = await expectStatus(200, requestCosignature(oldSize, size));
    const note = (await log.checkpoint(size, logKey)) + (await response.text());
    const identity = { origin: logKey.name, keys: [logKey] };
    const verified = await verifyCheckpoint(note, identity, [key]);
    const signatures = verified.ok ? verified.signatures : [];
    const { time = 0 } = signatures.find(({ verifier }) => verifier === key) ?? {};
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now() / 1000);
  }

  async function expectConflict(size: number, pending: Promise<Response>): Promise<void> {
    const response = await expectStatus(409, pending);
    expect(response.headers.get('Content-Type')).toBe('text/x.tlog.size');
    expect(await response.text()).toBe(`${size}\n`);
  }

  test('cosigns a growing log, and the same tree again', async () => {
    await expectCosigned(0, 3);
    await expectCosigned(3, 3);
    await expectCosigned(3, 7);
    await expectCosigned(7, 8);
  });

  test('responds with the size that it has cosigned', async () => {
    await expectCosigned(0, 5);
    await expectConflict(5, requestCosignature(0, 6));
    await expectConflict(5, requestCosignature(4, 6));
  });

  test('refuses a fork', async () => {
    await expectCosigned(0, 7);
    await expectConflict(7, requestCosignature(7, 7, fork));
    await expectStatus(422, requestCosignature(7, 8, fork));
    await expectCosigned(7, 8);
  });

  test('refuses a rollback', async () => {
    await expectCosigned(0, 5);
    await expectConflict(5, requestCosignature(3, 4));
    await expectStatus(400, requestCosignature(5, 4));
  });

  test('refuses unknown logs', async () => {
    const stranger = await generateNoteKey('stranger.test/log');
    const add = async (signer: NoteKey) =>
      formatAddCheckpoint({
        oldSize: 0,
        proof: [],
        checkpoint: await log.checkpoint(3, signer),
      });
    await expectStatus(404, post(await add(stranger)));
    await expectStatus(403, post(await add(await generateNoteKey(logKey.name))));
  });

  test.each([
    ['nothing', 400, ''],
    ['no request', 400, 'gibberish\n\n'],
    ['a size with a sign', 400, 'old +1\n\nx\n'],
    ['bytes that are not UTF-8', 400, Uint8Array.of(0xff, 0xfe)],
    ['too much', 413, 'x'.repeat(65 * 1024)],
  ])('refuses %s with %i', async (_, status, body) => {
    await expectStatus(status, post(body));
    await expectCosigned(0, 1);
  });

  test('refuses other requests', async () => {
    expect((await fetch(`${witness.url}/add-checkpoint`)).status).toBe(405);
    expect((await fetch(`${witness.url}/`, { method: 'POST' })).status).toBe(404);
  });

  test('keeps its state over a restart', async () => {
    await expectCosigned(0, 7);
    await witness.close();
    witness = await startOne();
    await expectConflict(7, requestCosignature(0, 8, fork));
    await expectStatus(422, requestCosignature(7, 8, fork));
    await expectCosigned(7, 8);
  });

  test('cosigns one of two concurrent forks, also with a shared state', async () => {
    await expectCosigned(0, 6);
    const second = await startOne();
    try {
      const forks = await Promise.all(
        [...'0123456789'].map((letter) => smallLog(...letters.slice(0, 6), letter)),
      );
      const responses = await Promise.all(
        forks.map((one, at) => requestCosignature(6, 7, one, at % 2 === 0 ? witness : second)),
      );
      const statuses = responses.map(({ status }) => status).toSorted();
      expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 409)]);
    } finally {
      await second.close();
    }
  });

  test('stores one file, a standard checkpoint', async () => {
    for (const [oldSize, size] of [
      [0, 2],
      [2, 5],
      [5, 8],
    ] as const) {
      await expectCosigned(oldSize, size);
    }
    const logFolder = join(state, 'registry.test%2Flog.log');
    expect(await readdir(logFolder)).toEqual(['3']);
    const note = await readFile(join(logFolder, '3'), 'utf8');
    expect((await openNote(note, [logKey, key])).ok && parseNote(note)?.text).toBe(
      parseNote(await log.checkpoint(8, logKey))?.text,
    );
  });

  test('stores the checkpoint without the signatures of others', async () => {
    const others = await Promise.all(
      Array.from({ length: 99 }, (_, at) => generateNoteKey(`other-${at}`)),
    );
    let checkpoint = await log.checkpoint(3, logKey);
    for (const other of others)
      checkpoint = await cosign(checkpoint, await cosignerOf(other), new Date());
    await expectStatus(200, post(formatAddCheckpoint({ oldSize: 0, proof: [], checkpoint })));
    await expectConflict(3, requestCosignature(0, 4));
  });

  test('verifies a repeated signature once', async () => {
    await expectCosigned(0, 3);
    await expectCosigned(3, 3);
    const signed = await log.checkpoint(3, logKey);
    const line = signed.slice(signed.indexOf('\n\n') + 2);
    const verify = vi.spyOn(crypto.subtle, 'verify');
    try {
      const repeated = signed + line.repeat(99);
      const body = formatAddCheckpoint({ oldSize: 3, proof: [], checkpoint: repeated });
      for (let round = 0; round < 5; round++) await expectStatus(200, post(body));
      expect(verify).toHaveBeenCalledTimes(5);
      verify.mockClear();
      // Different signatures by the same key are invalid.
      const others = Array.from({ length: 99 }, (_, at) => ({
        name: logKey.name,
        id: logKey.id,
        signature: new Uint8Array(64).fill(at),
      }));
      const checkpoint = signed + formatSignatures(others);
      await expectStatus(403, post(formatAddCheckpoint({ oldSize: 3, proof: [], checkpoint })));
      expect(verify).toHaveBeenCalledTimes(1);
    } finally {
      verify.mockRestore();
    }
    // The log can still grow.
    const grown = await log.checkpoint(5, logKey);
    const checkpoint = grown + grown.slice(grown.indexOf('\n\n') + 2).repeat(99);
    const proof = await log.prove(3, 5);
    await expectStatus(200, post(formatAddCheckpoint({ oldSize: 3, proof, checkpoint })));
    await expectConflict(5, requestCosignature(3, 6));
  });

  test('removes temporary files of killed processes only', async () => {
    await expectCosigned(0, 3);
    await witness.close();
    const logFolder = join(state, 'registry.test%2Flog.log');
    // Older than the time after which a file without a process id is removed: a slow machine only makes it older.
    const old = new Date(Date.now() - 3_600_000);
    const dead = spawn('true');
    await once(dead, 'close');
    const left = [`.2.${dead.pid}.1.tmp`, `.2.${process.pid}.9.tmp`, `.2.${randomUUID()}.tmp`];
    const others = ['.2.1.1.tmp', `.3.${randomUUID()}.tmp`];
    for (const name of [...left, ...others]) await writeFile(join(logFolder, name), 'half');
    await utimes(join(logFolder, left[2] ?? ''), old, old);
    // One that is new however long this test takes.
    const later = new Date(Date.now() + 3_600_000);
    await utimes(join(logFolder, others[1] ?? ''), later, later);
    witness = await startOne();
    expect((await readdir(logFolder)).toSorted()).toEqual([...others, '1'].toSorted());
    await expectCosigned(3, 5);
  });

  test('does not start with the state of another witness', async () => {
    await expectCosigned(0, 3);
    const file = join(state, 'registry.test%2Flog.log', '1');
    await writeFile(file, (await readFile(file, 'utf8')).replace('\n3\n', '\n2\n'));
    await expect(startOne()).rejects.toThrow(file);
    expect((await requestCosignature(3, 4)).status).toBe(500);
  });
});

describe('aa-registry log witness', () => {
  let logKey: NoteKey;
  let child: ChildProcess | undefined;
  let files = 0;

  beforeAll(async () => {
    logKey = await generateNoteKey('registry.test/log');
  });
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  async function makeKey(...more: string[]): Promise<string> {
    const file = join(folder.path, `key-${++files}`);
    const made = await command(['log', 'key', 'witness.test', '-o', file, ...more]);
    expect(made, made.output).toMatchObject({ code: 0 });
    return file;
  }

  /** Starts a witness with the CLI and waits until it listens. */
  async function start(...args: string[]): Promise<{ process: ChildProcess; url: string }> {
    const process_ = spawn(launcher, ['log', 'witness', '--port', '0', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env.PATH },
    });
    child = process_;
    for await (const line of createInterface({ input: process_.stdout })) {
      const url = /listening on (\S+)/.exec(line)?.[1];
      if (url !== undefined) return { process: process_, url };
    }
    throw new Error('the witness did not start');
  }

  test('keeps its state over kill -9 and ends on SIGTERM', async () => {
    const args = [
      '--key',
      await makeKey('--cosigner'),
      '--log-key',
      logKey.verifier,
      '--state',
      join(folder.path, 'killed'),
    ];
    const log = await smallLog(...letters);
    const requestCosignature = async (url: string, oldSize: number, size: number) => {
      const [proof, checkpoint] = await Promise.all([
        log.prove(oldSize, size),
        log.checkpoint(size, logKey),
      ]);
      const body = formatAddCheckpoint({ oldSize, proof, checkpoint });
      return (await fetch(`${url}/add-checkpoint`, { method: 'POST', body })).status;
    };
    const first = await start(...args);
    expect(await requestCosignature(first.url, 0, 5)).toBe(200);
    first.process.kill('SIGKILL');
    await once(first.process, 'close');

    const second = await start(...args);
    expect(await requestCosignature(second.url, 0, 6)).toBe(409);
    expect(await requestCosignature(second.url, 5, 6)).toBe(200);
    second.process.kill('SIGTERM');
    expect(await once(second.process, 'close')).toEqual([0, null]);
  });

  test('creates a key once, readable by its owner, for one purpose', async () => {
    for (const [type, ...more] of [['ed25519'], ['cosignature', '--cosigner']] as const) {
      const file = await makeKey(...more);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      const again = await command(['log', 'key', 'other.test', '-o', file, ...more]);
      expect(again).toMatchObject({ code: 1, lines: [] });
      const key = await readNoteKey(file);
      expect(key).toMatchObject({ name: 'witness.test', type });
    }
    const file = join(folder.path, 'printed.key');
    const { lines } = await command(['log', 'key', 'witness.test/w', '-o', file]);
    const verifier = await parseNoteVerifier(lines[0] ?? '');
    expect(verifier?.verifier).toBe((await readNoteKey(file)).verifier);
  });

  test.each([
    [['log', 'key']],
    [['log', 'key', 'a b']],
    [['log', 'key', 'a+b']],
    [['log', 'key', '']],
  ])('%j is a usage error', async (args) => {
    expect(await command(args)).toMatchObject({ code: 2, lines: [] });
  });

  test('reports why it can’t start', async () => {
    const witnessKey = await makeKey('--cosigner');
    const vkey = ['--log-key', logKey.verifier];
    const open = await makeKey('--cosigner');
    await chmod(open, 0o644);
    const state = ['--state', join(folder.path, 'unused')];
    const refused: [args: string[], code: number, message: string][] = [
      [[], 2, '--key FILE'],
      [['--key', witnessKey], 2, 'at least one --log-key'],
      [['--key', witnessKey, '--log-key', 'x'], 2, 'not a log’s verifier key'],
      [['--key', witnessKey, ...vkey, '--port', '70000'], 2, '--port takes'],
      [['--key', '/nonexistent', ...vkey], 1, 'No key at'],
      [['--key', open, ...vkey], 1, 'chmod 600'],
      [['--key', await makeKey(), ...vkey], 1, "a log's key"],
      [['--key', witnessKey, ...vkey, ...state, '--host', 'not an address'], 1, 'not an address'],
    ];
    for (const [args, code, message] of refused) {
      const outcome = await command(['log', 'witness', ...args]);
      expect(outcome.output).toContain(message);
      expect(outcome).toMatchObject({ code, lines: [] });
    }
  });
});

describe('a registry and one of its witnesses', () => {
  let server: Server;
  let url: string;
  let behave: (response: ServerResponse, request: number) => void;
  let requests: string[];
  let logKey: NoteKey;
  let key: NoteKey;
  let other: NoteKey;
  let log: SmallLog;
  let trees: SignedTree[];
  let time: number;

  beforeAll(async () => {
    logKey = await generateNoteKey('registry.test/log');
    key = await generateNoteKey('witness.test', 'cosignature');
    other = await generateNoteKey('other.test', 'cosignature');
    log = await smallLog(...letters);
    trees = await Promise.all(
      [...letters.keys(), letters.length].map(async (size) => ({
        size,
        signed: await log.checkpoint(size, logKey),
      })),
    );
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      request.resume();
      request.on('end', () => behave(response, requests.length));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  beforeEach(() => {
    requests = [];
    time = Date.now();
    vi.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  const tree = (size: number) => trees[size] as SignedTree;
  const now = () => new Date(time);

  function create(address: Partial<WitnessAddress> = {}): Witness {
    const [witness] = createWitnesses([{ url: `${url}/w/`, key, ...address }], now);
    return witness as Witness;
  }

  /** Requests a cosignature of the tree of seven entries of a log of `whole` entries. */
  const requestCosignature = (witness: Witness, whole = 7) =>
    witness.cosign(tree(7), { read: async () => tree(whole), proveConsistency: log.prove });

  const conflict = (response: ServerResponse, size: number | string) =>
    response.writeHead(409, { 'Content-Type': 'text/x.tlog.size' }).end(`${size}\n`);

  async function line(signer = key, at = time, size = 7): Promise<NoteSignature> {
    return cosignText(parseNote(tree(size).signed)?.text ?? '', signer, new Date(at));
  }

  const respondWith = (...signatures: NoteSignature[]) => {
    behave = (response) => response.end(formatSignatures(signatures));
  };

  test.each<[string, (response: ServerResponse, request: number) => void]>([
    ['fails', (response) => response.writeHead(500).end('broken')],
    ['redirects', (response) => response.writeHead(307, { Location: '/elsewhere' }).end()],
    ['responds with another text', (response) => response.end('hello\n')],
    ['responds with an empty body', (response) => response.end()],
    [
      'responds with a thousand signatures',
      (response) => response.end('— x AAAAAAA=\n'.repeat(1000)),
    ],
    ['has cosigned a different log', (response) => conflict(response, 0)],
    ['names no size', (response) => conflict(response, 'many')],
    ['names sizes that fall', (response, request) => conflict(response, 7 - request)],
    ['names sizes that rise', (response, request) => conflict(response, request)],
    ['names a huge size', (response) => conflict(response, Number.MAX_SAFE_INTEGER)],
    ['names a size of ten thousand digits', (response) => conflict(response, '9'.repeat(10_000))],
    ['ends the connection', (response) => response.destroy()],
    ['sends without end', flood],
    ['never responds', () => {}],
    ['never ends its response', (response) => response.write('— ')],
    ['sends single bytes slowly', trickle],
  ])('that %s is logged once and not retried for a while', async (_, how) => {
    behave = how;
    const witness = create();
    expect(witness.isDue(tree(7), [])).toBe(true);
    expect(await requestCosignature(witness)).toBeUndefined();
    expect(witness.isDue(tree(7), [])).toBe(false);
    expect(requests.length).toBeLessThanOrEqual(8);
    expect(new Set(requests)).toEqual(new Set(['POST /w/add-checkpoint']));
    expect(console.error).toHaveBeenCalledTimes(1);
    time += 5000;
    expect(witness.isDue(tree(7), [])).toBe(true);
  });

  function flood(response: ServerResponse): void {
    const write = () => {
      while (!response.destroyed && response.write('x'.repeat(1000)));
    };
    response.on('drain', write);
    write();
  }

  function trickle(response: ServerResponse): void {
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
  }

  test('that keeps failing is retried at increasing intervals and logged once', async () => {
    behave = (response) => response.writeHead(500).end();
    const witness = create();
    for (const seconds of [5, 10, 20, 40, 80, 160, 300, 300]) {
      await requestCosignature(witness);
      time += seconds * 1000 - 1;
      expect(witness.isDue(tree(7), [])).toBe(false);
      time += 1;
      expect(witness.isDue(tree(7), [])).toBe(true);
    }
    expect(console.error).toHaveBeenCalledTimes(1);
  });

  test('that has cosigned a later tree is ahead, if the log has it', async () => {
    behave = (response) => conflict(response, 8);
    const witness = create();
    expect(await requestCosignature(witness, 8)).toBe('ahead');
    expect(witness.isDue(tree(7), [])).toBe(true);
    // A witness with a larger size than the log knows another log.
    requests = [];
    expect(await requestCosignature(create(), 7)).toBeUndefined();
    expect(requests).toHaveLength(1);
  });

  test('that responds with its size gets a proof from that size', async () => {
    const good = await line();
    behave = (response, request) =>
      request === 1 ? conflict(response, 5) : response.end(formatSignatures([good]));
    expect(await requestCosignature(create())).toEqual([good]);
    expect(requests).toHaveLength(2);
  });

  test('gets another request a minute after its cosignature', async () => {
    respondWith(await line());
    const witness = create();
    const cosigned = await requestCosignature(witness);
    if (!Array.isArray(cosigned)) throw new TypeError('not cosigned');
    expect(witness.isDue(tree(7), [])).toBe(false);
    expect(witness.isDue(tree(8), [])).toBe(true);
    // Another process finds it in the database.
    const elsewhere = create();
    expect(elsewhere.isDue(tree(7), cosigned)).toBe(false);
    expect(elsewhere.isDue(tree(7), [await line(other)])).toBe(true);
    time += 61_000;
    for (const each of [witness, elsewhere]) {
      expect(each.isDue(tree(7), cosigned)).toBe(true);
    }
  });

  describe('with a known key', () => {
    const minute = 60_000;

    test.each<[string, () => Promise<NoteSignature[]>]>([
      ['under the name of another', async () => [await line(other)]],
      ['badly', async () => [{ ...(await line()), signature: new Uint8Array(72) }]],
      ['as another', async () => [{ ...(await line(other)), name: key.name, id: key.id }]],
      ['another tree', async () => [await line(key, time, 6)]],
      ['for the time six minutes ahead', async () => [await line(key, time + 6 * minute)]],
      ['for a time long past', async () => [await line(key, time - 61 * minute)]],
      ['without a time', async () => [{ ...(await line()), signature: new Uint8Array(64) }]],
      ['nine times', () => Promise.all(Array.from({ length: 9 }, () => line()))],
    ])('that signs %s does not count', async (_, lines) => {
      respondWith(...(await lines()));
      expect(await requestCosignature(create())).toBeUndefined();
      expect(console.error).toHaveBeenCalledTimes(1);
    });

    test('is served with its latest valid cosignature only', async () => {
      const good = await line();
      respondWith(
        await line(other),
        await line(key, time - minute),
        { ...good, signature: new Uint8Array(72).fill(1) },
        good,
        await line(key, time + 6 * minute),
        ...(parseNote(tree(7).signed)?.signatures ?? []),
      );
      expect(await requestCosignature(create())).toEqual([good]);
    });
  });

  test('without a known key is served with timely cosignatures, but not under a known key', async () => {
    const second = await generateNoteKey('second.test', 'cosignature');
    const addresses = [
      { url, key: undefined },
      { url: `${url}/other`, key: other },
    ];
    const [witness] = createWitnesses(addresses, now);
    expect(console.error).toHaveBeenCalledTimes(1);
    expect(console.error).toHaveBeenCalledWith(expect.stringContaining('KEY=URL'));
    const good = await line(second);
    respondWith(await line(other), good, await line(second, time + 400_000));
    expect(await requestCosignature(witness as Witness)).toEqual([good]);
  });

  test('can’t replace a signature of the log', async () => {
    const note = await cosign(tree(1).signed, await cosignerOf(logKey), new Date());
    const [own, timestamp] = parseNote(note)?.signatures ?? [];
    if (!own || !timestamp) throw new Error('the checkpoint is not signed');
    const garbage = new Uint8Array(64);
    const added = [own, timestamp].map((one) => ({ ...one, signature: garbage }));
    expect(addCosignatures(note, added)).toBe(note);
  });

  test('is configured by its key and its URL', async () => {
    for (const address of ['http://witness.test', 'https://witness.test:8788/path/']) {
      const named = await parseWitness(`${key.verifier}=${address}`);
      expect(named).toMatchObject({ url: address, key: { verifier: key.verifier } });
      expect(await parseWitness(address)).toEqual({ url: address, key: undefined });
    }
    const wrong = ['ftp://witness.test', 'witness.test', '', 'http://', `${key.verifier}=`];
    const otherType = await generateNoteKey('witness.test');
    for (const text of [...wrong, `${otherType.verifier}=http://witness.test`, `x+y=http://w`]) {
      expect(await parseWitness(text), text).toBeUndefined();
    }
  });

  test('is configured once', () => {
    for (const second of [
      { url, key: other },
      { url: `${url}/2`, key },
    ]) {
      expect(() => createWitnesses([{ url, key }, second], now)).toThrow('listed twice');
    }
  });
});
