import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endorse, generateKeyPair } from '../../trust/index.ts';
import { createPublisher, expectStatus, type Publisher, publish, send } from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';
import { signIn, submit } from '../sign-in.ts';
import { join, report, reportOf } from '../signing-host.ts';

describe.each(runtimes)('managing from the pages on $name', ({ start }) => {
  let registry: TestRegistry;
  let acme: Publisher;
  /** The signed-in owner's requests, and those of users with the roles. */
  let owner: Session;
  const members = new Map<string, Session>();

  interface Session {
    headers: { Cookie: string };
    formToken: string;
    read: (path: string, status?: number) => Promise<string>;
    /** Submits the form of an action as its page does. */
    act: (path: string, fields: Record<string, string>) => Promise<Response>;
  }

  async function open(token: string): Promise<Session> {
    const headers = await signIn(registry, token);
    const read = async (path: string, status = 200) =>
      (await expectStatus(status, registry.fetch(path, { headers, redirect: 'manual' }))).text();
    const formToken = /name="form-token" value="(\w+)"/.exec(await read('/manage'))?.[1] ?? '';
    const act = (path: string, fields: Record<string, string>) =>
      submit(registry, path, { 'form-token': formToken, ...fields }, headers);
    return { headers, formToken, read, act };
  }

  const api = async (path: string) => {
    const response = await expectStatus(200, send(registry, 'GET', path, undefined, acme.token));
    return (await response.json()) as Record<string, never>;
  };
  const create = async (path: string, body: object) =>
    (await expectStatus(201, send(registry, 'POST', path, body, registry.adminToken))).json();

  beforeAll(async () => {
    registry = await start({
      issuers: ['gitlab=https://gitlab.example'],
      webhookNetworks: ['127.0.0.0/8'],
    });
    acme = await createPublisher(registry, 'acme');
    for (const version of ['1.0.0', '1.1.0', '2.0.0']) {
      await expectStatus(201, publish(registry, acme, { name: 'web', version }));
    }
    for (const user of ['reader', 'publisher', 'spare']) await create('/v1/users', { name: user });
    for (const role of ['reader', 'publisher']) {
      const path = `/v1/teams/acme/members/${role}`;
      await expectStatus(200, send(registry, 'PUT', path, { role }, acme.token));
      const made = await create('/v1/tokens', { label: role, user: role, scope: 'admin' });
      members.set(role, await open((made as { token: string }).token));
    }
    owner = await open(acme.token);
  });
  afterAll(() => registry.close());

  const web = '/v1/profiles/acme/web';

  test('who is not signed in is sent to sign in, and back; nothing changes', async () => {
    for (const path of ['/manage', '/manage/t/acme', '/manage/p/acme/web/yank']) {
      const page = await registry.fetch(path, { redirect: 'manual' });
      expect(page.status, path).toBe(303);
      const to = `/sign-in?to=${encodeURIComponent(path)}`;
      expect(page.headers.get('Location')).toBe(to);
      const form = await registry.fetch(to);
      expect(await form.text()).toContain(`name="to" value="${path}"`);
    }
    const fields = { version: '1.0.0', reason: 'x', confirm: 'acme/web@1.0.0', 'form-token': '' };
    const posted = await submit(registry, '/manage/p/acme/web/yank', fields);
    expect(posted.status).toBe(303);
    expect((await api(`${web}/versions/1.0.0`)).yankReason).toBe(null);
  });

  test('no page is stored by a cache', async () => {
    for (const path of ['/manage', '/manage/tokens', '/manage/t/acme', '/manage/p/acme/web']) {
      const page = await registry.fetch(path, { headers: owner.headers });
      expect(page.headers.get('Cache-Control'), path).toBe('private, no-store');
      expect(page.headers.get('ETag'), path).toBe(null);
    }
  });

  /** Each action of an owner: its form, and what the API has afterwards. */
  const actions: [string, Record<string, string>, () => Promise<unknown>, unknown][] = [
    [
      '/manage/p/acme/web/move-channel',
      { channel: 'stable', previous: '', version: '1.0.0' },
      async () => (await api(web)).channels,
      { stable: '1.0.0' },
    ],
    [
      '/manage/p/acme/web/move-channel',
      { channel: 'stable', previous: '1.0.0', version: '1.1.0' },
      async () => (await api(web)).channels,
      { stable: '1.1.0' },
    ],
    [
      '/manage/p/acme/web/yank',
      { version: '2.0.0', reason: 'too wide', confirm: 'acme/web@2.0.0' },
      async () => (await api(`${web}/versions/2.0.0`)).yankReason,
      'too wide',
    ],
    [
      '/manage/p/acme/web/deprecate',
      { reason: 'no longer maintained', replacement: '' },
      async () => (await api(web)).deprecation,
      { reason: 'no longer maintained', replacement: null },
    ],
    ['/manage/p/acme/web/undeprecate', {}, async () => (await api(web)).deprecation, null],
    [
      '/manage/t/acme/set-policy',
      { versionPolicy: 'semver' },
      async () => (await api('/v1/teams/acme')).versionPolicy,
      'semver',
    ],
    [
      '/manage/t/acme/set-member',
      { user: 'spare', role: 'publisher' },
      () => namesOf('/v1/teams/acme/members', 'user'),
      ['publisher', 'reader', 'spare'],
    ],
    [
      '/manage/t/acme/remove-member',
      { user: 'spare' },
      () => namesOf('/v1/teams/acme/members', 'user'),
      ['publisher', 'reader'],
    ],
    [
      '/manage/t/acme/add-publisher',
      { issuer: 'https://gitlab.example', repository: 'acme/web', branch: 'main' },
      () => namesOf('/v1/teams/acme/trusted-publishers', 'repository'),
      ['acme/web'],
    ],
    [
      '/manage/t/acme/remove-publisher',
      { id: '1' },
      () => namesOf('/v1/teams/acme/trusted-publishers', 'repository'),
      [],
    ],
  ];

  const namesOf = async (path: string, field: string) => {
    const { items = [] } = (await api(path)) as { items?: Record<string, string>[] };
    return items.map((one) => one[field]).sort();
  };

  test.each(actions)('an owner’s form %s with %o', async (path, fields, look, expected) => {
    // The form has a field for each value, named as the API names it.
    const form = await owner.read(`${path}?${new URLSearchParams(fields)}`);
    for (const name of Object.keys(fields)) expect(form).toContain(`name="${name}"`);
    const done = await expectStatus(303, owner.act(path, fields));
    const to = done.headers.get('Location') ?? '';
    expect(to).toBe(`${path.replace(/\/[\w-]+$/, '')}?done=${path.split('/').at(-1)}`);
    expect(await owner.read(to)).toContain('role="status"');
    expect(await look()).toEqual(expected);
  });

  test('what is changed from a page is in the log as by the API', async () => {
    const log = await (await registry.fetch('/log?team=acme')).text();
    expect(log).toContain('yanked');
    expect(log).toMatch(/stable/);
  });

  test('a key is registered with its endorsement, and revoked by typing the team’s name', async () => {
    const next = await generateKeyPair();
    const fields = {
      publicKey: next.publicKey.text,
      label: 'next key',
      endorsement: JSON.stringify(await endorse('acme', next.publicKey, acme.key)),
    };
    const { keyId } = next.publicKey;
    await expectStatus(303, owner.act('/manage/t/acme/add-key', fields));
    expect(await owner.read('/manage/t/acme')).toContain('next key');
    const revocation = { keyId, reason: 'lost' };
    for (const confirm of ['', 'acm', 'ACME']) {
      const refused = await owner.act('/manage/t/acme/revoke-key', { ...revocation, confirm });
      expect(refused.status).toBe(400);
      const page = await refused.text();
      expect(page).toContain('Not confirmed');
      expect(page).toContain('value="lost"');
    }
    const keys = async () =>
      ((await api('/v1/teams/acme')) as { keys?: { keyId: string; revokedAt: string | null }[] })
        .keys;
    expect((await keys())?.find((one) => one.keyId === keyId)?.revokedAt).toBe(null);
    const confirmed = { ...revocation, confirm: 'acme' };
    await expectStatus(303, owner.act('/manage/t/acme/revoke-key', confirmed));
    expect((await keys())?.find((one) => one.keyId === keyId)?.revokedAt).not.toBe(null);
    const malformed = { ...fields, endorsement: '{' };
    const refused = await expectStatus(400, owner.act('/manage/t/acme/add-key', malformed));
    expect(await refused.text()).toContain('endorsement: must be JSON.');
  });

  test('a token is shown once, works, and is revoked', async () => {
    const form = await owner.read('/manage/t/acme/create-token');
    const attempt = /name="attempt" value="([\w-]+)"/.exec(form)?.[1] ?? '';
    const fields = { attempt, label: 'shown once', scope: 'read', expires: '2999-01-01' };
    const made = await expectStatus(201, owner.act('/manage/t/acme/create-token', fields));
    const page = await made.text();
    expect(made.headers.get('Cache-Control')).toBe('private, no-store');
    const [secret = ''] = /aar_[\w-]{43}/.exec(page) ?? [];
    const headers = { Authorization: `Bearer ${secret}` };
    const who = await expectStatus(200, registry.fetch('/v1/whoami', { headers }));
    expect(await who.json()).toMatchObject({
      label: 'shown once',
      team: 'acme',
      scope: 'read',
      expiresAt: '2999-01-01T00:00:00.000Z',
    });
    // Reloading the page sends the form again.
    const again = await owner.act('/manage/t/acme/create-token', fields);
    expect(again.status).toBe(409);
    expect(await again.text()).not.toContain('aar_');
    const list = await owner.read('/manage/t/acme');
    expect(list).not.toContain('aar_');
    expect(list.match(/shown once<\/td>/g)).toHaveLength(1);
    const id = /revoke-token\?id=(\d+)">Revoke<span class="unseen-text"> shown once/.exec(
      list,
    )?.[1];
    const revocation = { id: id ?? '', confirm: `token ${id}` };
    await expectStatus(303, owner.act('/manage/t/acme/revoke-token', revocation));
    await expectStatus(401, registry.fetch('/v1/whoami', { headers }));
  });

  test('a webhook’s secret is shown once, and its address is checked as by the API', async () => {
    const add = (url: string) => owner.act('/manage/t/acme/add-webhook', { url });
    const page = await (await expectStatus(201, add('http://127.0.0.1:9/hook'))).text();
    expect(page).toMatch(/whsec_/);
    expect(await owner.read('/manage/t/acme')).not.toMatch(/whsec_/);
    const refused = await add('ftp://example.org');
    expect(refused.status).toBe(422);
    expect(await refused.text()).toMatch(
      /role="alert"><strong>[^<]+<\/strong> The webhook address/,
    );
    await expectStatus(303, owner.act('/manage/t/acme/remove-webhook', { id: '1' }));
    expect(await namesOf('/v1/teams/acme/webhooks', 'url')).toEqual([]);
  });

  test('a channel that moved meanwhile stays; the page says so and keeps what was entered', async () => {
    const fields = { channel: 'stable', previous: '1.0.0', version: '1.0.0' };
    const refused = await owner.act('/manage/p/acme/web/move-channel', fields);
    expect(refused.status).toBe(409);
    const page = await refused.text();
    expect(page).toContain('Channel stable is at 1.1.0');
    expect(page).toContain('<option value="1.0.0" selected="">');
    // A yanked version is not offered.
    expect(page).not.toContain('<option value="2.0.0"');
  });

  test('a form of no page of the session changes nothing', async () => {
    const path = '/manage/t/acme/set-policy';
    const fields = { versionPolicy: 'none' };
    const { headers } = owner;
    const other = members.get('reader')?.formToken ?? '';
    const before = (await api('/v1/teams/acme')).versionPolicy;
    for (const [form, more] of [
      [fields, {}],
      [{ ...fields, 'form-token': '' }, {}],
      [{ ...fields, 'form-token': other }, {}],
      [
        { ...fields, 'form-token': owner.formToken },
        { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
      ],
    ] as [Record<string, string>, Record<string, string>][]) {
      await expectStatus(403, submit(registry, path, form, { ...headers, ...more }));
    }
    const json = { ...headers, 'Content-Type': 'application/json' };
    const body = JSON.stringify({ ...fields, 'form-token': owner.formToken });
    await expectStatus(415, registry.fetch(path, { method: 'POST', headers: json, body }));
    expect((await api('/v1/teams/acme')).versionPolicy).toBe(before);
  });

  test.each([
    ['reader', '/manage/t/acme/set-policy', { versionPolicy: 'none' }],
    ['publisher', '/manage/t/acme/set-policy', { versionPolicy: 'none' }],
    ['reader', '/manage/p/acme/web/deprecate', { reason: 'mine' }],
    ['publisher', '/manage/t/acme/add-webhook', { url: 'http://127.0.0.1:9/' }],
    ['publisher', '/manage/t/acme/create-token', { label: 'mine', scope: 'admin' }],
    ['publisher', '/manage/t/acme/set-member', { user: 'publisher', role: 'owner' }],
  ])('a %s gets the API’s refusal from %s', async (role, path, fields) => {
    const refused = await members.get(role)?.act(path, fields as Record<string, string>);
    expect(refused?.status).toBe(403);
    expect(await refused?.text()).toContain('<strong>Insufficient role or scope.</strong>');
  });

  test('the pages offer what the role allows', async () => {
    const [reader, publisher] = ['reader', 'publisher'].map((role) => members.get(role) as Session);
    const all = ['set-member', 'add-key', 'create-token', 'add-webhook', 'add-publisher'];
    const offered = async (session: Session | undefined) => {
      const page = await session?.read('/manage/t/acme');
      return all.filter((one) => page?.includes(`href="/manage/t/acme/${one}"`));
    };
    expect(await offered(owner)).toEqual(all);
    expect(await offered(reader)).toEqual([]);
    expect(await offered(publisher)).toEqual([]);
    await publisher?.read('/manage/p/acme/web');
    await reader?.read('/manage/p/acme/web', 404);
    expect(await publisher?.read('/p/acme/web')).toContain('href="/manage/p/acme/web"');
    expect(await reader?.read('/p/acme/web')).not.toContain('href="/manage/p/acme/web"');
    expect(await (await registry.fetch('/t/acme')).text()).not.toContain('/manage/');
    await reader?.read('/manage/t/other', 404);
    await owner.read('/manage/t/acme/no-such-form', 404);
    await owner.read('/manage/t/acme/constructor', 404);
  });

  test.each([
    ['.', 'set-member'],
    ['..', 'remove-member'],
    ['../../x', 'remove-member'],
    ['<b>', 'set-member'],
  ])('the user %s names no other path, and is text', async (user, action) => {
    const refused = await owner.act(`/manage/t/acme/${action}`, { user, role: 'owner' });
    expect(refused.status).toBe(400);
    expect(await refused.text()).not.toContain('<b>');
  });

  test('publishers see on how many hosts each version is, as bars and numbers; readers don’t', async () => {
    const page = async (session: Session | undefined) =>
      (await session?.read('/manage/p/acme/web')) ?? '';
    expect(await page(owner)).toContain('No host of the team reports');
    for (const [version, mode] of [
      ['1.0.0', 'enforce'],
      ['1.1.0', 'enforce'],
      ['1.1.0', 'complain'],
    ] as const) {
      const host = await join(registry, acme);
      const profiles = [{ name: 'web', version, mode, drifted: false }];
      await expectStatus(200, report(registry, host, reportOf(1, { profiles })));
    }
    const rows = [
      ...(await page(members.get('publisher'))).matchAll(
        /<th scope="row">(.*?)<\/th><td>(\d+) <span class="soft">(.*?)<\/span>.*?width="([\d.]+)"/g,
      ),
    ].map(([, ...row]) => row);
    expect(rows).toEqual([
      ['1.1.0', '2', '1 in complain mode', '100.0'],
      ['1.0.0', '1', '', '50.0'],
    ]);
    expect(await (await registry.fetch('/p/acme/web')).text()).not.toContain('complain mode');
  });

  test('a form that is too large is refused', async () => {
    const fields = { user: 'x'.repeat(70_000), role: 'owner' };
    await expectStatus(413, owner.act('/manage/t/acme/set-member', fields));
  });

  test('users have tokens of their own; revoking the one of the session signs out', async () => {
    const publisher = members.get('publisher') as Session;
    const fields = { label: 'laptop', scope: 'publish', expires: '', team: 'acme' };
    const made = await expectStatus(201, publisher.act('/manage/tokens/create-token', fields));
    expect(await made.text()).toContain('aar_');
    const list = await publisher.read('/manage/tokens');
    expect(list).toContain('laptop');
    const id = /id=(\d+)">Revoke<span class="unseen-text"> publisher</.exec(list)?.[1] ?? '';
    const revocation = { id, confirm: `token ${id}` };
    await expectStatus(303, publisher.act('/manage/tokens/revoke-token', revocation));
    await publisher.read('/manage/tokens', 303);
  });
});
