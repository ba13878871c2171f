import { eq } from 'drizzle-orm';
import { maxSatisfying } from 'semver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem, Resolution, Resolutions } from '../../contract/index.ts';
import { profiles } from '../../db/schema.ts';
import { createClient } from '../../sdk/client.ts';
import { parseReference } from '../../trust/index.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
  send,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

const versions = ['1.0.0', '1.1.0', '1.2.0', '1.2.1-rc.1', '1.2.1-rc.2', '2.0.0', '2.1.0-beta.1'];
const yanked = '1.2.0';

describe.each(runtimes)('resolve on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;
  let acme: Publisher;

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
    acme = await createPublisher(registry, 'acme');
    for (const version of versions) {
      await expectStatus(201, publish(registry, library, draft('web', version)));
    }
    await expectStatus(201, publish(registry, acme, draft('web', '0.1.0')));
    await expectStatus(201, publish(registry, acme, draft('secret', '1.0.0')));
    await registry.db
      .update(profiles)
      .set({ visibility: 'private' })
      .where(eq(profiles.name, 'secret'));
    const path = '/v1/profiles/library/web';
    const { token } = library;
    const reason = 'breaks log rotation';
    await expectStatus(
      200,
      send(registry, 'POST', `${path}/versions/${yanked}/yank`, { reason }, token),
    );
    const move = { version: '1.1.0', previous: null };
    await expectStatus(
      200,
      send(registry, 'PUT', `${path}/channels/candidate`, move, library.token),
    );
  });
  afterAll(() => registry.close());

  function draft(name: string, version: string) {
    return { name, version, text: profileText(name, version) };
  }

  function ask(refs: string[], init?: RequestInit): Promise<Response> {
    const query = new URLSearchParams(refs.map((ref) => ['ref', ref]));
    return registry.fetch(`/v1/resolve?${query}`, init);
  }

  async function resolve(ref: string, init?: RequestInit): Promise<Resolution> {
    const { items } = (await (await expectStatus(200, ask([ref], init))).json()) as Resolutions;
    expect(items).toHaveLength(1);
    return items[0] as Resolution;
  }

  test.each([
    ['web', '2.0.0', 'latest'],
    ['library/web', '2.0.0', 'latest'],
    ['web:latest', '2.0.0', 'latest'],
    ['web:candidate', '1.1.0', 'candidate'],
    ['web@1.0.0', '1.0.0', null],
    ['web@2.1.0-beta.1', '2.1.0-beta.1', null],
    ['web@^1', '1.1.0', null],
    ['web@1.x || 2.x', '2.0.0', null],
    ['web@*', '2.0.0', null],
    ['web@<2', '1.1.0', null],
    ['web@>=1.2.1-rc.1 <2', '1.2.1-rc.2', null],
    ['web@^2.1.0-alpha', '2.1.0-beta.1', null],
    ['web@1.0 - 1.1', '1.1.0', null],
    ['acme/web', '0.1.0', 'latest'],
  ])('%s is %s', async (ref, version, channel) => {
    const found = await resolve(ref);
    const [team = ''] = ref.includes('/') ? ref.split('/') : ['library'];
    expect(found).toMatchObject({ ref, team, name: 'web', version, channel, yankReason: null });
    const stored = await registry.fetch(`/v1/profiles/${team}/web/versions/${version}`);
    expect(found.digest).toBe(((await stored.json()) as { digest: string }).digest);
    const byDigest = await resolve(`${team}/web@${found.digest}`);
    expect(byDigest).toMatchObject({ version, digest: found.digest, channel: null });
  });

  test.each(['^1', '>=1.2', '~1.2', '1.2.1-rc.1 - 1.9', '<1.1 || >=2', '*', '=1.2.0', '>2.0.0'])(
    '%s resolves to the version that semver selects from those not yanked',
    async (range) => {
      const expected = maxSatisfying(
        versions.filter((version) => version !== yanked),
        range,
      );
      const response = await ask([`web@${range}`]);
      if (expected === null) expect(response.status).toBe(404);
      else {
        expect(((await response.json()) as Resolutions).items).toMatchObject([
          { version: expected },
        ]);
      }
    },
  );

  test('a yanked version has its reason, by number and by channel', async () => {
    expect(await resolve(`web@${yanked}`)).toMatchObject({ yankReason: 'breaks log rotation' });
  });

  test.each([
    ['nothing', 'not-found'],
    ['nobody/web', 'not-found'],
    ['web@9.9.9', 'not-found'],
    [`web@sha256:${'0'.repeat(64)}`, 'not-found'],
    ['web:nightly', 'channel-unknown'],
    ['web@^9', 'range-unsatisfied'],
    ['web@1.2.0 || 9', 'range-unsatisfied'],
  ])('%s is not resolved: %s, alone and among others', async (ref, id) => {
    const alone = await expectStatus(404, ask([ref]));
    const problem = (await alone.json()) as Problem;
    expect(problem.type).toBe(`urn:aa-registry:problem:${id}`);
    const response = await expectStatus(200, ask(['web', ref]));
    expect(((await response.json()) as Resolutions).items).toMatchObject([
      { version: '2.0.0' },
      { ref, problem },
    ]);
  });

  test.each([
    ['', 400],
    ['ref=', 400],
    ['ref=web@', 400],
    ['ref=web@%5E1%00', 400],
    [`ref=${'a'.repeat(301)}`, 400],
    ['ref=web&ref=../x', 400],
    [Array(101).fill('ref=web').join('&'), 400],
    [Array(100).fill('ref=web').join('&'), 200],
  ])('%j returns %i', async (query, status) => {
    await expectStatus(status, registry.fetch(`/v1/resolve?${query}`));
  });

  test('a private profile resolves for its team only, regardless of earlier requests', async () => {
    const headers = { Authorization: `Bearer ${acme.token}` };
    for (let round = 0; round < 2; round++) {
      const ours = await ask(['acme/secret'], { headers });
      expect(ours.status).toBe(200);
      expect(ours.headers.get('Cache-Control')).toMatch(/^private\b/);
      expect(ours.headers.get('Vary')).toContain('Authorization');
      const hidden = (await (await expectStatus(404, ask(['acme/secret']))).json()) as Problem;
      const absent = (await (await expectStatus(404, ask(['acme/absent']))).json()) as Problem;
      expect(hidden).toEqual(JSON.parse(JSON.stringify(absent).replaceAll('absent', 'secret')));
      const other = { Authorization: `Bearer ${library.token}` };
      await expectStatus(404, ask(['acme/secret'], { headers: other }));
      await expectStatus(200, ask(['web', 'acme/secret']));
    }
  });

  test('one ETag covers all references and changes with any of them', async () => {
    const refs = ['web@~1.1', 'acme/web', 'nothing'];
    const first = await expectStatus(200, ask(refs));
    const etag = first.headers.get('ETag') ?? '';
    expect(first.headers.get('Cache-Control')).toBe('public, max-age=10');
    const again = (tag: string) => ask(refs, { headers: { 'If-None-Match': tag } });
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const unchanged = await expectStatus(304, again(tag));
      expect(unchanged.headers.get('ETag')).toBe(etag);
      expect(await unchanged.text()).toBe('');
    }
    await expectStatus(200, again('"other"'));
    await expectStatus(201, publish(registry, library, draft('web', '1.1.1')));
    const after = await expectStatus(200, again(etag));
    expect(((await after.json()) as Resolutions).items[0]).toMatchObject({ version: '1.1.1' });
  });

  test('the next response has the latest change', async () => {
    const { token } = acme;
    const path = '/v1/profiles/acme/web';
    for (let patch = 2; patch < 8; patch++) {
      const version = `0.1.${patch}`;
      await expectStatus(201, publish(registry, acme, draft('web', version)));
      expect(await resolve('acme/web')).toMatchObject({ version });
    }
    const move = { version: '0.1.3', previous: null };
    await expectStatus(200, send(registry, 'PUT', `${path}/channels/stable`, move, token));
    expect(await resolve('acme/web')).toMatchObject({ version: '0.1.3', channel: 'stable' });
    const reason = 'wrong';
    await expectStatus(
      200,
      send(registry, 'POST', `${path}/versions/0.1.3/yank`, { reason }, token),
    );
    expect(await resolve('acme/web')).toMatchObject({ version: '0.1.3', yankReason: reason });
    expect(await resolve('acme/web@0.1.x')).toMatchObject({ version: '0.1.7', yankReason: null });
  });

  test('the client resolves many references in one request, conditionally if repeated', async () => {
    const client = createClient({ registry: registry.url });
    const references = ['web@^1.0', 'acme/web:latest', 'nothing'].map((text) => {
      const parsed = parseReference(text);
      if (!parsed.ok) throw new Error(parsed.reason);
      return parsed.reference;
    });
    const first = await client.resolve(references);
    expect(first?.items.map((item) => 'problem' in item)).toEqual([false, false, true]);
    expect(await client.resolve(references, first?.etag)).toBeUndefined();
    expect(await client.resolve(references, '"older"')).toEqual(first);
  });
});
