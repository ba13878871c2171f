import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Proof, Published } from '../../contract/index.ts';
import { decodeBase64 } from '../../trust/index.ts';
import {
  cosignatureVerifierOf,
  decodeEntryBundle,
  type Hash,
  leafHash,
  parseEntry,
  verifyCheckpoint,
  verifyConsistency,
  verifyInclusion,
} from '../../trust/log/index.ts';
import { createLog } from '../../worker/log/log.ts';
import { expectConsistentLog } from '../consistent-log.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
  send,
} from '../publisher.ts';
import { node, runtimes, type TestRegistry } from '../runtimes.ts';

/** A checkpoint of the registry's log; throws if it is not signed by its key. */
async function open(note: string, { logKey }: TestRegistry) {
  const identity = { origin: logKey.name, keys: [logKey] };
  const opened = await verifyCheckpoint(note, identity, [await cosignatureVerifierOf(logKey)]);
  if (!opened.ok) throw new Error(opened.reason);
  return opened;
}

const hashes = (texts: string[]) => texts.map((text) => decodeBase64(text) as Hash);

/** What a proof claims of a tree. */
const claimOf = ({ entry, index, inclusion }: Proof, tree: { size: number; root: Hash }) => ({
  leafHash: leafHash(new TextEncoder().encode(entry)),
  ...{ index, size: tree.size, root: tree.root, proof: hashes(inclusion) },
});

describe.each(runtimes)('the log on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
  });
  afterAll(() => registry.close());

  const checkpoint = (note: string) => open(note, registry);

  async function readProof(path: string): Promise<Proof> {
    return (await (await expectStatus(200, registry.fetch(path))).json()) as Proof;
  }

  test('publishing returns an inclusion proof of the version under a fresh checkpoint', async () => {
    const before = Math.floor(Date.now() / 1000);
    const response = publish(registry, library, { name: 'web', version: '1.0.0' });
    const { proof, digest } = (await (await expectStatus(201, response)).json()) as Published;
    expect(parseEntry(new TextEncoder().encode(proof.entry))).toMatchObject({
      kind: 'version',
      team: 'library',
      name: 'web',
      version: '1.0.0',
      digest,
    });
    const { checkpoint: tree, signatures } = await checkpoint(proof.checkpoint);
    // Created for this request, not before it.
    const time = Math.max(...signatures.map((signature) => signature.time ?? 0));
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now() / 1000);
    expect(verifyInclusion(claimOf(proof, tree))).toBe(true);
  });

  test('a later proof shows the same entry and the log’s consistency', async () => {
    const path = '/v1/profiles/library/web/versions/1.0.0/proof';
    const before = await readProof(path);
    const first = (await checkpoint(before.checkpoint)).checkpoint;
    for (let version = 1; version <= 5; version++) {
      const draft = {
        name: 'grow',
        version: `${version}.0.0`,
        text: profileText('grow', `/${version}`),
      };
      await expectStatus(201, publish(registry, library, draft));
    }
    const after = await readProof(`${path}?since=${first.size}`);
    expect(after).toMatchObject({ index: before.index, entry: before.entry });
    const second = (await checkpoint(after.checkpoint)).checkpoint;
    expect(second.size).toBe(first.size + 5);
    const claim = {
      first: first.size,
      firstRoot: first.root,
      second: second.size,
      secondRoot: second.root,
      proof: hashes(after.consistency),
    };
    expect(verifyConsistency(claim)).toBe(true);

    const earlier = await readProof(`/v1/log/entries/${before.index}/proof?size=${first.size}`);
    expect(earlier.inclusion).toEqual(before.inclusion);
  });

  test('channel moves, yanks and revocations have entries', async () => {
    const { token } = library;
    const channel = '/v1/profiles/library/grow/channels/stable';
    const move = (version: string, previous: string | null) =>
      send(registry, 'PUT', channel, { version, previous }, token);
    await expectStatus(200, move('1.0.0', null));
    expect((await move('2.0.0', null)).status).toBe(409);
    await expectStatus(200, move('2.0.0', '1.0.0'));
    expect((await move('3.0.0', '1.0.0')).status).toBe(409);
    expect((await move('9.0.0', '2.0.0')).status).toBe(404);
    const yank = '/v1/profiles/library/grow/versions/5.0.0/yank';
    await expectStatus(200, send(registry, 'POST', yank, { reason: 'broken' }, token));
    await expectStatus(200, send(registry, 'POST', yank, { reason: 'again' }, token));
    const profile = await (await registry.fetch('/v1/profiles/library/grow')).json();
    expect(profile).toMatchObject({ latest: { version: '4.0.0' }, channels: { stable: '2.0.0' } });

    const bundle = await entries();
    expect(bundle.slice(-3)).toMatchObject([
      { kind: 'channel', name: 'grow', channel: 'stable', version: '1.0.0', previous: null },
      { kind: 'channel', name: 'grow', channel: 'stable', version: '2.0.0', previous: '1.0.0' },
      { kind: 'yank', name: 'grow', version: '5.0.0', yanked: true, reason: 'broken' },
    ]);
    expect((await registry.fetch('/v1/profiles/library/grow/versions/5.0.0/profile')).status).toBe(
      200,
    );
  });

  test.each(['latest', 'Stable', '1.0.0', 'a b'])(
    '"%s" is not a channel that can be moved',
    async (channel) => {
      const path = `/v1/profiles/library/grow/channels/${encodeURIComponent(channel)}`;
      const move = { version: '1.0.0', previous: null };
      expect((await send(registry, 'PUT', path, move, library.token)).status).toBe(400);
    },
  );

  async function entries() {
    const note = await (await registry.fetch('/log/checkpoint')).text();
    const { size } = (await checkpoint(note)).checkpoint;
    const response = await expectStatus(200, registry.fetch(`/log/tile/entries/000.p/${size}`));
    const bytes = new Uint8Array(await response.arrayBuffer());
    return decodeEntryBundle(bytes, size)?.map(parseEntry) ?? [];
  }

  test.each([
    'tile/0/001',
    'tile/0/000.p/255',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/0',
    'tile/00/000.p/1',
    'tile/9/000.p/1',
    'tile/entries/001',
    'tile/entries/000',
    'tile/-1/000',
    'tile/0/x000/000',
    'tile/',
  ])('/log/%s is not found', async (path) => {
    expect((await registry.fetch(`/log/${path}`)).status).toBe(404);
  });

  test.each([
    '/v1/log/entries/99999/proof',
    '/v1/log/entries/0/proof?size=0',
    '/v1/log/entries/0/proof?size=99999',
  ])('GET %s is not found', async (path) => {
    expect((await registry.fetch(path)).status).toBe(404);
  });

  test.each([
    '/v1/log/entries/-1/proof',
    '/v1/log/entries/x/proof',
    '/v1/log/entries/0/proof?since=-1',
  ])('GET %s is refused', async (path) => {
    expect((await registry.fetch(path)).status).toBe(400);
  });

  test('a client that knows a larger log gets no consistency proof', async () => {
    expect((await readProof('/v1/log/entries/0/proof?since=99999')).consistency).toEqual([]);
  });
});

describe.each(runtimes)('concurrent publishers on $name', ({ start }) => {
  test('fifty publishers: each version has an entry and each entry a version', async () => {
    const registry = await start();
    try {
      const teams = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
      const publishers: Publisher[] = [];
      for (const team of teams) publishers.push(await createPublisher(registry, team));
      const drafts = Array.from({ length: 50 }, (_, index) => ({
        publisher: publishers[index % teams.length] as Publisher,
        name: `profile-${index % 10}`,
        version: `1.0.${index % 3}`,
        text: profileText(`profile-${index % 10}`, `/${index}`),
      }));
      const responses = await Promise.all(
        drafts.map(({ publisher, ...draft }) => publish(registry, publisher, draft)),
      );
      const statuses = responses.map(({ status }) => status);
      expect(new Set(statuses)).toEqual(new Set([201, 409]));
      const wanted = new Set(
        drafts.map(({ publisher, name, version }) => `${publisher.team}/${name}@${version}`),
      );
      expect(statuses.filter((status) => status === 201)).toHaveLength(wanted.size);
      expect(await expectConsistentLog(registry.db, registry.logKey)).toBe(
        teams.length + wanted.size,
      );
    } finally {
      await registry.close();
    }
  });
});

describe('appends during a transaction', () => {
  test('are committed together', async () => {
    const registry = await node.start();
    try {
      const { db, logKey } = registry;
      const log = createLog({ db, key: logKey, now: () => new Date(), grouped: true });
      const batch = vi.spyOn(db, 'batch');
      const appended = await Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          log.append(
            {
              kind: 'transfer',
              time: new Date().toISOString(),
              team: 'a',
              name: `p-${at}`,
              to: 'b',
            },
            () => [],
            async () => false,
          ),
        ),
      );
      expect(appended.map((one) => one?.index)).toEqual(Array.from({ length: 40 }, (_, at) => at));
      // The first alone, then at most 16 at a time.
      expect(batch).toHaveBeenCalledTimes(4);
      expect((await log.checkpoint()).size).toBe(40);
    } finally {
      await registry.close();
    }
  });

  test('of publications that conflict fail alone', async () => {
    const registry = await node.start();
    try {
      const publisher = await createPublisher(registry, 'acme');
      const drafts = Array.from({ length: 20 }, (_, at) => ({
        name: `profile-${at === 19 ? 0 : at}`,
        version: '1.0.0',
        text: profileText(`profile-${at === 19 ? 0 : at}`, `/${at}`),
      }));
      const responses = await Promise.all(drafts.map((one) => publish(registry, publisher, one)));
      const statuses = responses.map(({ status }) => status).sort();
      expect(statuses).toEqual([...Array.from({ length: 19 }, () => 201), 409]);
      expect(await expectConsistentLog(registry.db, registry.logKey)).toBe(1 + 19);
      for (const response of responses.filter(({ status }) => status === 201)) {
        const { proof } = (await response.json()) as Published;
        const opened = await open(proof.checkpoint, registry);
        expect(verifyInclusion(claimOf(proof, opened.checkpoint))).toBe(true);
      }
    } finally {
      await registry.close();
    }
  });
});
