import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Problem, Profile, Proof, Version } from '../../contract/index.ts';
import { checkDatabase } from '../../db/check/index.ts';
import { createClient } from '../../sdk/client.ts';
import { fetchVerified, type HostView } from '../../sdk/resolve/index.ts';
import {
  type Digest,
  importPublicKey,
  parseReference,
  type Reference,
  sha256,
} from '../../trust/index.ts';
import { blindChannel, parseNoteVerifier } from '../../trust/log/index.ts';
import {
  createPublisher,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
  signDraft,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { signIn } from '../sign-in.ts';
import { startTamperingProxy } from '../tampering-proxy.ts';

describe.each(runtimes)('the life of a profile on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;
  let edge: Publisher;

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
    edge = await createPublisher(registry, 'edge');
  });
  afterAll(() => registry.close());

  const put = (path: string, body: unknown, token = acme.token) =>
    send(registry, 'PUT', `/v1/profiles/acme/${path}`, body, token);

  async function get<Body>(path: string, token?: string): Promise<Body> {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    return (await expectStatus(200, registry.fetch(path, { headers }))).json() as Promise<Body>;
  }

  async function publishPrivate(name: string, version = '1.0.0'): Promise<Response> {
    const envelope = await signDraft(acme, { name, version });
    const body = { profile: profileText(name), envelope, visibility: 'private' };
    return put(`${name}/versions/${version}`, body);
  }

  /** A host of team acme that uses the registry at `url`. */
  async function hostView(): Promise<HostView> {
    const key = await importPublicKey(acme.key.publicKey.text);
    const log = await parseNoteVerifier(registry.logKey.verifier);
    if (!key || !log) throw new Error('no key');
    return {
      trust: {
        registry: registry.url,
        teams: new Map([['acme', { keys: [key], threshold: 1 }]]),
        log: { key: log, witnesses: [], witnessThreshold: 0, maxAge: 3600 },
      },
      seen: undefined,
    };
  }

  function reference(text: string): Reference {
    const parsed = parseReference(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.reference;
  }

  describe('a private profile', () => {
    test('is verified by a host with a token, under its blinded name', async () => {
      await expectStatus(201, publishPrivate('secret'));
      const client = createClient({ registry: registry.url, token: acme.token });
      const verified = await fetchVerified(client, reference('acme/secret'), await hostView());
      expect(verified).toMatchObject({ ok: true, profile: { name: 'secret', version: '1.0.0' } });
      const stranger = createClient({ registry: registry.url });
      await expect(
        fetchVerified(stranger, reference('acme/secret'), await hostView()),
      ).rejects.toMatchObject({ status: 404 });
    });

    test.each<[string, (proof: Proof, other: Proof) => Proof]>([
      ['without its blind', ({ blind: _, ...proof }) => proof],
      ['with another’s blind', (proof, other) => ({ ...proof, blind: other.blind })],
      ['with another’s entry', (_, other) => other],
    ])('is not found %s', async (_, change) => {
      await (await publishPrivate('secret')).text();
      await (await publishPrivate('another')).text();
      const path = '/v1/profiles/acme/another/versions/1.0.0/proof';
      const other = await get<Proof>(path, acme.token);
      const proxy = await startTamperingProxy(registry.url);
      try {
        proxy.tamper = (url, body) =>
          url.includes('/secret/') && url.includes('/proof')
            ? JSON.stringify(change(JSON.parse(body.toString()) as Proof, other))
            : body;
        const client = createClient({ registry: proxy.url, token: acme.token });
        const verified = await fetchVerified(client, reference('acme/secret'), await hostView());
        expect(verified).toMatchObject({ ok: false, id: 'entry-other' });
      } finally {
        await proxy.close();
      }
    });

    test('has its channels and yanks in the log without their names and reasons', async () => {
      await expectStatus(201, publishPrivate('hush'));
      await expectStatus(200, put('hush/channels/stable', { version: '1.0.0', previous: null }));
      const yank = '/v1/profiles/acme/hush/versions/1.0.0/yank';
      await expectStatus(
        200,
        send(registry, 'POST', yank, { reason: 'leaks the plan' }, acme.token),
      );
      const [, size = ''] = (await (await registry.fetch('/log/checkpoint')).text()).split('\n');
      const log = await (await registry.fetch(`/log/tile/entries/000.p/${size}`)).text();
      expect(log).not.toContain('hush');
      expect(log).not.toContain('leaks the plan');
      const kinds = log.match(
        /"kind":"(channel|yank)","time":"[^"]+","team":"acme","name":"sha256:/g,
      );
      expect(kinds?.length).toBeGreaterThanOrEqual(2);
    });

    test('can become public and private again; every version still verifies', async () => {
      await expectStatus(201, publishPrivate('swing'));
      const client = createClient({ registry: registry.url });
      await expectStatus(200, put('swing/visibility', { visibility: 'public' }));
      for (const version of ['1.0.0', '1.1.0']) {
        if (version !== '1.0.0') {
          await expectStatus(201, publish(registry, acme, { name: 'swing', version }));
        }
        const requested = reference(`acme/swing@${version}`);
        expect(await fetchVerified(client, requested, await hostView())).toMatchObject({
          ok: true,
        });
      }
      await expectStatus(200, put('swing/visibility', { visibility: 'private' }));
      await expectStatus(404, registry.fetch('/v1/profiles/acme/swing'));
      await expectStatus(404, registry.fetch('/v1/profiles/acme/swing/versions/1.0.0/profile'));
      await expectStatus(404, registry.fetch('/v1/resolve?ref=acme/swing'));
      const own = createClient({ registry: registry.url, token: acme.token });
      const requested = reference('acme/swing@1.1.0');
      expect(await fetchVerified(own, requested, await hostView())).toMatchObject({ ok: true });
    });

    test('keeps its visibility when a version is published', async () => {
      await expectStatus(201, publishPrivate('fixed'));
      const version = '1.0.1';
      const envelope = await signDraft(acme, { name: 'fixed', version });
      const body = { profile: profileText('fixed'), envelope, visibility: 'public' };
      await expectStatus(409, put(`fixed/versions/${version}`, body));
      await expectStatus(201, publish(registry, acme, { name: 'fixed', version }));
      await expectStatus(404, registry.fetch('/v1/profiles/acme/fixed'));
      await expectStatus(201, publish(registry, acme, { name: 'open', version: '1.0.0' }));
      await expectStatus(409, publishPrivate('open', '1.0.1'));
    });

    test('has one blind if created by concurrent requests, and every log entry uses it', async () => {
      const versions = Array.from({ length: 8 }, (_, index) => `1.${index}.0`);
      const made = await Promise.all(versions.map((one) => publishPrivate('race', one)));
      expect(made.map(({ status }) => status)).toEqual(versions.map(() => 201));
      const client = createClient({ registry: registry.url, token: acme.token });
      for (const version of versions) {
        const requested = reference(`acme/race@${version}`);
        expect(await fetchVerified(client, requested, await hostView())).toMatchObject({
          ok: true,
        });
      }
    });
  });

  test('the name of a private replacement is shown only to those who may see it', async () => {
    await expectStatus(201, publish(registry, acme, { name: 'shown', version: '1.0.0' }));
    await expectStatus(201, publishPrivate('clandestine'));
    const deprecation = { reason: 'there is a better one', replacement: 'acme/clandestine' };
    await expectStatus(200, put('shown/deprecation', deprecation));
    const places = [
      '/v1/profiles/acme/shown',
      '/v1/resolve?ref=acme/shown',
      '/v1/resolve?ref=acme/shown@1.0.0&ref=acme/shown',
      '/v1/profiles/acme/shown/versions',
      '/v1/profiles/acme/shown/versions/1.0.0',
      '/v1/profiles?q=shown',
      '/p/acme/shown',
      '/p/acme/shown/1.0.0',
      '/?q=shown',
    ];
    const read = async (path: string, token?: string) => {
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      const response = await expectStatus(200, registry.fetch(path, { headers }));
      return { text: await response.text(), headers: response.headers };
    };
    for (const path of places) {
      // An authorized request first: others must not get its response from a cache.
      await read(path, acme.token);
      for (const token of [undefined, edge.token]) {
        const { text, headers } = await read(path, token);
        expect(text, path).not.toContain('clandestine');
        expect(headers.get('Vary'), path).toContain('Authorization');
      }
    }
    for (const path of places.slice(0, 3)) {
      expect((await read(path, acme.token)).text, path).toContain(
        '"replacement":"acme/clandestine"',
      );
      expect((await read(path)).text, path).toContain('"replacement":null');
      const known = (await read(path, acme.token)).headers.get('ETag') ?? '';
      const response = await registry.fetch(path, { headers: { 'If-None-Match': known } });
      expect(response.status, path).toBe(200);
    }
    const cookie = await signIn(registry, acme.token);
    const page = await (await registry.fetch('/p/acme/shown', { headers: cookie })).text();
    expect(page).toContain('acme/clandestine');

    await expectStatus(200, put('clandestine/visibility', { visibility: 'public' }));
    for (const path of [...places.slice(0, 3), '/p/acme/shown']) {
      expect((await read(path)).text, path).toContain('acme/clandestine');
    }
    await expectStatus(200, put('clandestine/visibility', { visibility: 'private' }));
    for (const path of places) expect((await read(path)).text, path).not.toContain('clandestine');
  });

  test('the log has blinded names for the channels of a private profile', async () => {
    await expectStatus(201, publishPrivate('veiled'));
    await expectStatus(201, publishPrivate('veiled', '1.1.0'));
    const move = (version: string, previous: string | null) =>
      put('veiled/channels/customer-x-pilot', { version, previous });
    await expectStatus(200, move('1.0.0', null));
    await expectStatus(200, move('1.1.0', '1.0.0'));
    const { rows } = await registry.db.$client.execute(
      `SELECT data FROM log_entries WHERE data LIKE '{"kind":"channel"%' ORDER BY "index" DESC LIMIT 2`,
    );
    const logged = rows.map(({ data }) => JSON.parse(String(data)));
    const { rows: stored } = await registry.db.$client.execute(
      "SELECT blind FROM profiles WHERE name = 'veiled'",
    );
    const blind = String(stored[0]?.blind);
    const channel = await blindChannel('acme', 'veiled', 'customer-x-pilot', blind);
    expect(logged.map((entry) => entry.channel)).toEqual([channel, channel]);
    const all = await registry.db.$client.execute('SELECT data FROM log_entries');
    expect(JSON.stringify(all.rows)).not.toContain('pilot');
    // Readers of the log still work, and so does the channel when the profile is public.
    const problems: string[] = [];
    const report = (id: string, detail: string) => problems.push(`${id}: ${detail}`);
    await checkDatabase(registry.db, { key: registry.logKey, report });
    await expectStatus(200, put('veiled/visibility', { visibility: 'public' }));
    await checkDatabase(registry.db, { key: registry.logKey, report });
    await expectStatus(200, move('1.0.0', '1.1.0'));
    await checkDatabase(registry.db, { key: registry.logKey, report });
    expect(problems).toEqual([]);
    await registry.db.$client.execute("UPDATE channels SET name = 'other' WHERE name LIKE 'cust%'");
    await checkDatabase(registry.db, { key: registry.logKey, report });
    expect(problems.join('\n')).toMatch(/entry-absent: channel other of acme\/veiled/);
    await registry.db.$client.execute("DELETE FROM channels WHERE name = 'other'");
  });

  test('a deprecation is shown and can be removed', async () => {
    await expectStatus(201, publish(registry, acme, { name: 'old', version: '1.0.0' }));
    await expectStatus(201, publish(registry, acme, { name: 'new', version: '1.0.0' }));
    const deprecation = { reason: 'There is a better one.', replacement: 'acme/new' };
    await expectStatus(200, put('old/deprecation', deprecation));
    expect((await get<Profile>('/v1/profiles/acme/old')).deprecation).toEqual(deprecation);
    const wrong = [
      { reason: 'x', replacement: 'acme/missing' },
      { reason: 'x', replacement: 'acme/old' },
    ];
    for (const body of wrong) await expectStatus(422, put('old/deprecation', body));
    for (const body of [{}, { reason: '' }, { reason: 'x', replacement: 'no path' }]) {
      await expectStatus(400, put('old/deprecation', body));
    }
    const path = '/v1/profiles/acme/old/deprecation';
    await expectStatus(204, send(registry, 'DELETE', path, undefined, acme.token));
    expect((await get<Profile>('/v1/profiles/acme/old')).deprecation).toBeNull();
  });

  test('a replacement that the publisher may not see is reported as unknown', async () => {
    const envelope = await signDraft(edge, { name: 'hidden', version: '1.0.0' });
    const hidden = { profile: profileText('hidden'), envelope, visibility: 'private' };
    const path = '/v1/profiles/edge/hidden/versions/1.0.0';
    await expectStatus(201, send(registry, 'PUT', path, hidden, edge.token));
    await (await publish(registry, acme, { name: 'old', version: '1.0.0' })).text();
    const ask = async (replacement: string) => {
      const response = await put('old/deprecation', { reason: 'x', replacement });
      return [response.status, (await response.text()).replaceAll(replacement, '…')];
    };
    expect(await ask('edge/hidden')).toEqual(await ask('edge/absent'));
  });

  test('a transfer closes the profile permanently and requires an owner of both teams', async () => {
    await expectStatus(201, publish(registry, acme, { name: 'moving', version: '1.0.0' }));
    const path = '/v1/profiles/acme/moving/transfer';
    const move = (to: string, token: string) => send(registry, 'POST', path, { to }, token);
    await expectStatus(403, move('edge', acme.token));
    await expectStatus(403, move('edge', edge.token));
    await expectStatus(422, move('nobody', registry.adminToken));

    const post = (url: string, body: unknown) =>
      expectStatus(201, send(registry, 'POST', url, body, registry.adminToken));
    await post('/v1/users', { name: 'olga' });
    for (const team of ['acme', 'edge']) {
      const member = `/v1/teams/${team}/members/olga`;
      await expectStatus(
        200,
        send(registry, 'PUT', member, { role: 'owner' }, registry.adminToken),
      );
    }
    const made = await post('/v1/tokens', { label: 'both', user: 'olga', scope: 'admin' });
    const { token } = (await made.json()) as { token: string };
    const narrow = await post('/v1/tokens', {
      label: 'one',
      user: 'olga',
      team: 'acme',
      scope: 'admin',
    });
    await expectStatus(403, move('edge', ((await narrow.json()) as { token: string }).token));
    await expectStatus(200, move('edge', token));
    await expectStatus(200, move('edge', token));
    await post('/v1/teams', { name: 'third' });
    await expectStatus(409, move('third', registry.adminToken));

    const profile = await get<Profile>('/v1/profiles/acme/moving');
    expect(profile).toMatchObject({ movedTo: 'edge', deprecation: { replacement: 'edge/moving' } });
    const refused = await expectStatus(
      409,
      publish(registry, acme, { name: 'moving', version: '1.0.1' }),
    );
    expect(await refused.text()).toContain('edge/moving');
    await expectStatus(200, publish(registry, acme, { name: 'moving', version: '1.0.0' }));
    await expectStatus(201, publish(registry, edge, { name: 'moving', version: '2.0.0' }));
    const undo = '/v1/profiles/acme/moving/deprecation';
    await expectStatus(409, send(registry, 'DELETE', undo, undefined, acme.token));

    const client = createClient({ registry: registry.url });
    const verified = await fetchVerified(client, reference('acme/moving@1.0.0'), await hostView());
    expect(verified).toMatchObject({ ok: true });
  });

  describe('a README', () => {
    const readme = '# About\n\nIt confines **things**.\n';
    const publishReadme = async (name: string, digest: Digest | undefined, sent?: string) => {
      const signedManifest = { ...manifest, ...(digest === undefined ? {} : { readme: digest }) };
      const envelope = await signDraft(acme, { name, version: '1.0.0', manifest: signedManifest });
      const body = { profile: profileText(name), envelope, readme: sent };
      return put(`${name}/versions/1.0.0`, body);
    };
    const digestOf = (text: string) => sha256(new TextEncoder().encode(text));

    test('is served with the version whose signed manifest has its digest', async () => {
      const digest = await digestOf(readme);
      await expectStatus(201, publishReadme('told', digest, readme));
      const path = '/v1/profiles/acme/told/versions/1.0.0';
      expect((await get<Version>(path)).manifest.readme).toBe(digest);
      const response = await expectStatus(200, registry.fetch(`${path}/readme`));
      expect(response.headers.get('Content-Type')).toMatch(/^text\/markdown/);
      expect(await response.text()).toBe(readme);
      const headers = { 'If-None-Match': response.headers.get('ETag') ?? '' };
      await expectStatus(304, registry.fetch(`${path}/readme`, { headers }));
    });

    test('that exceeds the limit of a page is refused', async () => {
      const long = 'x'.repeat(64 * 1024 + 1);
      const digest = await digestOf(long);
      const response = await expectStatus(422, publishReadme('long', digest, long));
      const { type, diagnostics = [] } = (await response.json()) as Problem;
      expect(type).toMatch(/profile-invalid$/);
      expect(diagnostics.map(({ id }) => id)).toEqual(['readme-limit']);
      await expectStatus(201, publishReadme('long', await digestOf(long.slice(1)), long.slice(1)));
    });

    test('that the publisher did not sign is refused', async () => {
      const digest = await digestOf(readme);
      await expectStatus(422, publishReadme('untold', digest, `${readme}x`));
      await expectStatus(422, publishReadme('untold', undefined, readme));
      await expectStatus(422, publishReadme('untold', digest));
      await expectStatus(404, registry.fetch('/v1/profiles/acme/untold'));
    });
  });

  test('tags and links come from the signed manifest; invalid ones are refused', async () => {
    const signedManifest = {
      ...manifest,
      tags: ['web', 'nginx'],
      links: { source: 'https://git.example.org/acme/web' },
    };
    const draft = { name: 'tagged', version: '1.0.0' };
    await expectStatus(201, publish(registry, acme, { ...draft, manifest: signedManifest }));
    expect((await get<Profile>('/v1/profiles/acme/tagged')).manifest).toMatchObject(signedManifest);
    const odd = [
      { tags: ['Two Words'] },
      { tags: Array.from({ length: 11 }, (_, index) => `t${index}`) },
      { links: { source: 'javascript:alert(1)' } },
      { links: { source: 'http://git.example.org' } },
      { links: { elsewhere: 'https://git.example.org' } },
    ];
    for (const part of odd) {
      const strange = { ...manifest, ...part } as typeof manifest;
      const version = '1.0.1';
      await expectStatus(
        422,
        publish(registry, acme, { name: 'tagged', version, manifest: strange }),
      );
    }
  });
});
