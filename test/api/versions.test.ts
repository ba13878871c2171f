import { count } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { contents, profiles, versions } from '../../db/schema.ts';
import { generateKeyPair, sha256 } from '../../trust/index.ts';
import {
  createPublisher,
  type Draft,
  expectStatus,
  manifest,
  type Publisher,
  profileText,
  publish,
  send,
  signDraft,
} from '../publisher.ts';
import { profileBytes, runtimes, type TestRegistry } from '../runtimes.ts';

const path = '/v1/profiles/library/web/versions/1.0.0';
const privateKey = `-----BEGIN ${'PRIVATE KEY'}-----`;

describe.each(runtimes)('versions on $name', ({ start }) => {
  let registry: TestRegistry;
  let library: Publisher;
  let other: Publisher;

  beforeAll(async () => {
    registry = await start();
    library = await createPublisher(registry, 'library');
    other = await createPublisher(registry, 'other');
    await expectStatus(201, publish(registry, library, { name: 'web', version: '1.0.0' }));
  });
  afterAll(() => registry.close());

  async function rows(): Promise<number[]> {
    const { db } = registry;
    return Promise.all(
      [profiles, contents, versions].map(async (table) => {
        const [row] = await db.select({ count: count() }).from(table);
        return row?.count ?? -1;
      }),
    );
  }

  test('a published version is returned as signed', async () => {
    const text = profileText('web');
    const digest = await sha256(new TextEncoder().encode(text));
    const version = await (await expectStatus(200, registry.fetch(path))).json();
    expect(version).toMatchObject({
      team: 'library',
      name: 'web',
      version: '1.0.0',
      digest,
      size: text.length,
      signers: [library.key.publicKey.keyId],
      manifest: { description: 'Confines a test', images: ['nginx'] },
      diagnostics: [],
    });
  });

  test('the bytes are immutable, with the digest as their strong ETag', async () => {
    const text = profileText('web');
    const digest = await sha256(new TextEncoder().encode(text));
    const response = await expectStatus(200, registry.fetch(`${path}/profile`));
    expect(response.headers.get('ETag')).toBe(`"${digest}"`);
    expect(response.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff');
    expect(await response.text()).toBe(text);

    const byDigest = await expectStatus(
      200,
      registry.fetch(`/v1/profiles/library/web/versions/${digest}/profile`),
    );
    expect(await byDigest.text()).toBe(text);

    for (const known of [`"${digest}"`, `"other", "${digest}"`, '*']) {
      const again = await registry.fetch(`${path}/profile`, {
        headers: { 'If-None-Match': known },
      });
      expect(again.status, known).toBe(304);
      expect(await again.text()).toBe('');
      expect(again.headers.get('ETag')).toBe(`"${digest}"`);
    }
    const changed = await registry.fetch(`${path}/profile`, {
      headers: { 'If-None-Match': '"x"' },
    });
    expect(changed.status).toBe(200);
    await changed.text();
  });

  test('HEAD responds like GET, without the body', async () => {
    const response = await registry.fetch(`${path}/profile`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('ETag')).toMatch(/^"sha256:[0-9a-f]{64}"$/);
    expect(await response.text()).toBe('');
  });

  test('the envelope is returned as published', async () => {
    const response = await expectStatus(200, registry.fetch(`${path}/envelope`));
    expect(response.headers.get('Content-Type')).toBe('application/vnd.dsse.envelope.v1+json');
    const envelope = await signDraft(library, { name: 'web', version: '1.0.0' });
    expect(await response.json()).toEqual(envelope);
  });

  test('versions are listed highest first, and latest prefers releases', async () => {
    const draft = (version: string): Draft => ({
      name: 'ordered',
      version,
      text: profileText('ordered', `/${version}`),
    });
    for (const version of ['1.2.0', '2.0.0-rc.1', '1.10.0', '2.0.0-rc.10', '2.0.0-rc.2']) {
      await expectStatus(201, publish(registry, library, draft(version)));
    }
    const list = await (await registry.fetch('/v1/profiles/library/ordered/versions')).json();
    expect((list as { items: { version: string }[] }).items.map(({ version }) => version)).toEqual([
      '2.0.0-rc.10',
      '2.0.0-rc.2',
      '2.0.0-rc.1',
      '1.10.0',
      '1.2.0',
    ]);
    const profile = await (await registry.fetch('/v1/profiles/library/ordered')).json();
    expect(profile).toMatchObject({ latest: { version: '1.10.0' } });
  });

  test('publishing the same bytes again changes nothing', async () => {
    const before = await rows();
    await expectStatus(200, publish(registry, library, { name: 'web', version: '1.0.0' }));
    expect(await rows()).toEqual(before);
  });

  test('other bytes for the same version are refused', async () => {
    const before = await rows();
    const text = profileText('web', '/changed');
    const response = await publish(registry, library, { name: 'web', version: '1.0.0', text });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ type: 'urn:aa-registry:problem:version-exists' });
    expect(await (await registry.fetch(`${path}/profile`)).text()).toBe(profileText('web'));
    expect(await rows()).toEqual(before);
  });

  test('of concurrent publishers of a version one succeeds, and nothing is partial', async () => {
    const before = await rows();
    const texts = Array.from({ length: 12 }, (_, index) => profileText('race', `/${index}`));
    const responses = await Promise.all(
      texts.map((text) => publish(registry, library, { name: 'race', version: '1.0.0', text })),
    );
    const statuses = responses.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, ...Array(11).fill(409)]);
    expect(await rows()).toEqual(before.map((value) => value + 1));
    await Promise.all(responses.map((response) => response.text()));
  });

  const refused: [string, number, string, (draft: Draft) => Promise<Response>][] = [
    ['no token', 401, 'token-missing', (d) => raw(d, { token: null })],
    [
      'a token with another scheme than Bearer',
      401,
      'token-missing',
      (d) => raw(d, { authorization: 'Basic eDp5' }),
    ],
    ['an unknown token', 401, 'token-unknown', (d) => raw(d, { token: 'aar_wrong' })],
    ["another team's token", 403, 'token-other-team', (d) => raw(d, { token: other.token })],
    ['broken JSON', 400, 'body-malformed', (d) => raw(d, { body: '{"profile": ' })],
    ['JSON nested too deep', 400, 'body-malformed', (d) => raw(d, { body: '['.repeat(9000) })],
    ['an empty body', 400, 'body-malformed', (d) => raw(d, { body: ' ' })],
    ['JSON that is not a publication', 400, 'request-invalid', (d) => raw(d, { body: '[1]' })],
    ['a field too many', 400, 'request-invalid', async (d) => json(d, { more: 1 })],
    ['a body that is not JSON', 415, 'body-type', (d) => raw(d, { type: 'text/plain' })],
    ['a body that is not UTF-8', 400, 'body-malformed', (d) => raw(d, { body: notUtf8 })],
    ['half a surrogate pair', 400, 'body-malformed', (d) => json(d, { profile: '\ud800' })],
    ['a NUL byte', 422, 'profile-invalid', (d) => text(d, `${profileText(d.name)}# \0\n`)],
    ['a profile over the limit', 413, 'profile-too-large', (d) => text(d, big(profileBytes + 1))],
    [
      'a body over the limit',
      413,
      'body-too-large',
      (d) => raw(d, { body: big(4 * profileBytes + 2 ** 18) }),
    ],
    ['a profile with an error', 422, 'profile-invalid', (d) => text(d, `profile ${d.name} {`)],
    [
      "an include of a host's own profile",
      422,
      'profile-invalid',
      (d) => text(d, `include <usr.bin.man>\n${profileText(d.name)}`),
    ],
    [
      'a name that means something else',
      422,
      'profile-invalid',
      () => publish(registry, library, { name: 'unconfined', version: '1.0.0' }),
    ],
    [
      'a private key in the profile',
      422,
      'profile-invalid',
      (d) => text(d, `${profileText(d.name)}# ${privateKey}\n`),
    ],
    [
      'a token in the manifest',
      422,
      'profile-invalid',
      (d) => {
        const ownManifest = {
          ...manifest,
          links: { homepage: `https://example.org/?t=aar_${'aB3_'.repeat(11)}` },
        };
        return publish(registry, library, { ...d, manifest: ownManifest });
      },
    ],
    [
      "a password in a manifest's link",
      422,
      'profile-invalid',
      (d) => {
        const links = { source: 'https:\\\\ann:hunter2@git.example.org/x' };
        return publish(registry, library, { ...d, manifest: { ...manifest, links } });
      },
    ],
    [
      'a private key in the README',
      422,
      'profile-invalid',
      async (d) => {
        const readme = `# About\n\n${privateKey}\n`;
        const digest = await sha256(new TextEncoder().encode(readme));
        const envelope = await signDraft(library, {
          ...d,
          manifest: { ...manifest, readme: digest },
        });
        return json(d, { envelope, readme });
      },
    ],
    [
      'another abi than its manifest names',
      422,
      'profile-invalid',
      (d) => text(d, profileText(d.name).replace('abi/3.0', 'abi/4.0')),
    ],
    ['a profile of another name', 422, 'profile-invalid', (d) => text(d, profileText('sshd'))],
    [
      'an unknown key',
      422,
      'envelope-refused',
      async (d) =>
        json(d, { envelope: await signDraft({ ...library, key: await generateKeyPair() }, d) }),
    ],
    [
      "another team's key",
      422,
      'envelope-refused',
      async (d) => json(d, { envelope: await signDraft({ ...other, team: 'library' }, d) }),
    ],
    [
      'an envelope over other bytes',
      422,
      'envelope-refused',
      async (d) =>
        json(d, { envelope: await signDraft(library, { ...d, text: profileText(d.name, '/x') }) }),
    ],
    [
      'an envelope for another name',
      422,
      'envelope-refused',
      async (d) =>
        json(d, {
          envelope: await signDraft(library, {
            ...d,
            name: 'elsewhere',
            text: profileText(d.name),
          }),
        }),
    ],
    [
      'an envelope for another version',
      422,
      'envelope-refused',
      async (d) => json(d, { envelope: await signDraft(library, { ...d, version: '9.9.9' }) }),
    ],
    [
      'an envelope for another team',
      422,
      'envelope-refused',
      async (d) => json(d, { envelope: await signDraft({ ...library, team: 'other' }, d) }),
    ],
    [
      'an envelope of another type',
      422,
      'envelope-refused',
      async (d) =>
        json(d, { envelope: { ...(await signDraft(library, d)), payloadType: 'text/plain' } }),
    ],
    [
      'an envelope without signatures',
      400,
      'request-invalid',
      async (d) => json(d, { envelope: { ...(await signDraft(library, d)), signatures: [] } }),
    ],
  ];
  const notUtf8 = Uint8Array.of(0x22, 0xc3, 0x28, 0x22);
  const big = (length: number) => `${profileText('refused')}#${'x'.repeat(length)}`;

  async function raw(
    { name, version }: Draft,
    options: {
      token?: string | null;
      authorization?: string;
      body?: string | Uint8Array<ArrayBuffer>;
      type?: string;
    },
  ): Promise<Response> {
    const { token = library.token, authorization = `Bearer ${token}` } = options;
    return registry.fetch(`/v1/profiles/library/${name}/versions/${version}`, {
      method: 'PUT',
      headers: {
        'Content-Type': options.type ?? 'application/json',
        ...(token === null ? {} : { Authorization: authorization }),
      },
      body: options.body ?? '{}',
    });
  }

  async function json(draft: Draft, changes: object): Promise<Response> {
    const whole = { profile: profileText(draft.name), envelope: await signDraft(library, draft) };
    const target = `/v1/profiles/library/${draft.name}/versions/${draft.version}`;
    return send(registry, 'PUT', target, { ...whole, ...changes }, library.token);
  }

  function text(draft: Draft, profile: string): Promise<Response> {
    return publish(registry, library, { ...draft, text: profile });
  }

  test('the diagnostic of a private key has its line but not the key', async () => {
    const response = await text(
      { name: 'keyed', version: '1.0.0' },
      `${profileText('keyed')}# ${privateKey}\n`,
    );
    const body = await response.text();
    const line = profileText('keyed').split('\n').length;
    expect(JSON.parse(body).diagnostics).toMatchObject([{ id: 'secret', line }]);
    expect(body).not.toContain(privateKey);
  });

  test('team names that container runtimes use are reserved', async () => {
    for (const name of ['runtime', 'localhost', 'unconfined']) {
      const response = await send(registry, 'POST', '/v1/teams', { name }, registry.adminToken);
      expect(response.status).toBe(400);
      await response.text();
    }
  });

  test.each(refused)(
    '%s is refused with %i and nothing is stored',
    async (_, status, id, attempt) => {
      const before = await rows();
      const name = `refused-${id}`;
      const response = await attempt({ name, version: '1.0.0' });
      const problem = (await response.json()) as { type: string; status: number; detail: string };
      expect(problem).toMatchObject({ type: `urn:aa-registry:problem:${id}`, status });
      expect(response.status).toBe(status);
      expect(response.headers.get('Content-Type')).toBe('application/problem+json');
      expect(problem.detail).not.toBe('');
      expect(await rows()).toEqual(before);
      expect((await registry.fetch(`/v1/profiles/library/${name}`)).status).toBe(404);
    },
  );

  test.each([
    '1.0',
    'v1.0.0',
    '01.0.0',
    '1.0.0+build',
    'latest',
    '1.0.0-',
    '1.0.0-01',
    `1.0.0-${'a'.repeat(200)}`,
  ])('%s is not a version', async (version) => {
    const response = await publish(registry, library, { name: 'web', version });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: 'urn:aa-registry:problem:request-invalid',
    });
  });

  test('the response has every diagnostic of an invalid profile, with lines and columns', async () => {
    const bad = 'profile bad {\n  /etc/passwd rz,\n  capability nonsense,\n}\n';
    const response = await publish(registry, library, { name: 'bad', version: '1.0.0', text: bad });
    expect(response.status).toBe(422);
    const { diagnostics } = (await response.json()) as {
      diagnostics: { severity: string; line: number; column: number; message: string }[];
    };
    const errors = diagnostics.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ line }) => line)).toEqual([2, 3]);
    for (const { column, message } of errors) {
      expect(column).toBeGreaterThan(2);
      expect(message).not.toBe('');
    }
  });

  test.each([
    '/v1/profiles/library/web/versions/9.9.9',
    '/v1/profiles/library/web/versions/9.9.9/profile',
    '/v1/profiles/library/web/versions/9.9.9/envelope',
    `/v1/profiles/library/web/versions/sha256:${'0'.repeat(64)}`,
    '/v1/profiles/library/nothing/versions',
    '/v1/profiles/nobody/web/versions/1.0.0',
    '/v1/nothing',
  ])('GET %s is not found', async (missing) => {
    const response = await registry.fetch(missing);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ type: 'urn:aa-registry:problem:not-found' });
  });

  test('an endless body is refused while it arrives', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 16_384;
        if (sent > 64 * 1024 * 1024) controller.close();
        else controller.enqueue(new Uint8Array(16_384).fill(0x20));
      },
    });
    const pending = registry.fetch('/v1/profiles/library/endless/versions/1.0.0', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${library.token}` },
      body: endless,
      duplex: 'half',
    } as RequestInit);
    // Over a socket, the connection may be closed before the sender has read the response.
    const status = await pending.then((response) => response.status).catch(() => 'cut off');
    expect(['cut off', 413]).toContain(status);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });
});
