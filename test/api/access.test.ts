import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../worker/app.ts';
import type { Deps } from '../../worker/ports.ts';
import {
  createPublisher,
  expectStatus,
  type Publisher,
  profileText,
  publish,
  send,
  signDraft,
} from '../publisher.ts';
import { runtimes, type TestRegistry } from '../runtimes.ts';

/** The callers, by their role in team acme, which owns the profiles. */
const callers = [
  'anonymous',
  'stranger',
  'reader',
  'publisher',
  'owner',
  'owner, scope read',
  'owner, scope publish',
  'token of another team',
  'token of the team, scope read',
  'token of the team, scope publish',
  'token of the team, scope admin',
  'token of the public profile',
  'token of the private profile',
  'administrator',
  'administrator, scope read',
] as const;
type Caller = (typeof callers)[number];

/** What a route requires. */
type Need = 'public' | 'token' | 'reader' | 'publisher' | 'owner' | 'admin';

/** The requested profile: public, private or absent. */
type Subject = 'public' | 'private' | 'absent';

interface Route {
  /** The service's route, `METHOD /path/{parameter}`. */
  route: string;
  need: Need;
  /** The path of the request for a subject, and its body. */
  path: (subject: string) => string;
  body?: (subject: string) => Promise<unknown>;
  /** The status for authorized callers. */
  status: number;
  /** The route may create the profile, so unauthorized callers do not learn whether it exists. */
  creates?: boolean;
}

const digest = `sha256:${'0'.repeat(64)}`;
const base = { files: { 'abstractions/base': '/etc/ld.so.cache mr,\n' } };
let acme: Publisher;

/** Routes of a profile, relative to it unless they start with a slash. */
const profileRoutes: Route[] = [
  {
    route: 'GET /resolve',
    need: 'public',
    status: 200,
    path: (name) => `/v1/resolve?ref=acme/${name}@1.0.0`,
  },
  { route: 'GET /profiles/{team}/{name}', need: 'public', status: 200, path: (name) => name },
  {
    route: 'GET /profiles/{team}/{name}/versions',
    need: 'public',
    status: 200,
    path: (name) => `${name}/versions`,
  },
  {
    route: 'GET /profiles/{team}/{name}/dependents',
    need: 'public',
    status: 200,
    path: (name) => `${name}/dependents`,
  },
  ...['', '/profile', '/envelope', '/proof'].map(
    (part): Route => ({
      route: `GET /profiles/{team}/{name}/versions/{version}${part}`,
      need: 'public',
      status: 200,
      path: (name) => `${name}/versions/1.0.0${part}`,
    }),
  ),
  {
    route: 'GET /profiles/{team}/{name}/versions/{version}/summary',
    need: 'public',
    status: 200,
    path: (name) => `${name}/versions/1.0.0/summary`,
  },
  {
    route: 'GET /profiles/{team}/{name}/versions/{version}/diff',
    need: 'public',
    status: 200,
    path: (name) => `${name}/versions/1.0.0/diff?to=docker-default`,
  },
  {
    route: 'GET /profiles/{team}/{name}/versions/{version}/readme',
    need: 'public',
    status: 404,
    path: (name) => `${name}/versions/1.0.0/readme`,
  },
  {
    route: 'GET /profiles/{team}/{name}/versions/{version}/events',
    need: 'publisher',
    status: 200,
    path: (name) => `${name}/versions/1.0.0/events`,
  },
  {
    route: 'PUT /profiles/{team}/{name}/versions/{version}',
    need: 'publisher',
    status: 200,
    creates: true,
    path: (name) => `${name}/versions/1.0.0`,
    body: async (name) => publication(name),
  },
  {
    route: 'POST /profiles/{team}/{name}/versions/{version}/yank',
    need: 'publisher',
    status: 200,
    path: (name) => `${name}/versions/1.0.0/yank`,
    body: async () => ({ reason: 'a test' }),
  },
  {
    route: 'PUT /profiles/{team}/{name}/channels/{channel}',
    need: 'publisher',
    status: 200,
    path: (name) => `${name}/channels/stable`,
    body: async () => ({ version: '1.0.0', previous: '1.0.0' }),
  },
  {
    route: 'PUT /profiles/{team}/{name}/deprecation',
    need: 'publisher',
    status: 200,
    path: (name) => `${name}/deprecation`,
    body: async () => ({ reason: 'a test' }),
  },
  {
    route: 'DELETE /profiles/{team}/{name}/deprecation',
    need: 'publisher',
    status: 204,
    path: (name) => `${name}/deprecation`,
  },
  {
    route: 'PUT /profiles/{team}/{name}/visibility',
    need: 'owner',
    status: 200,
    path: (name) => `${name}/visibility`,
    body: async (name) => ({ visibility: name === 'hidden' ? 'private' : 'public' }),
  },
  {
    route: 'POST /profiles/{team}/{name}/transfer',
    need: 'owner',
    // To its own team: refused for everyone, after all other checks.
    status: 422,
    path: (name) => `${name}/transfer`,
    body: async () => ({ to: 'acme' }),
  },
];

/** Routes of a team or of no team. */
const otherRoutes: Route[] = [
  { route: 'GET /profiles', need: 'public', status: 200, path: () => '/v1/profiles' },
  { route: 'GET /log/key', need: 'public', status: 200, path: () => '/v1/log/key' },
  {
    route: 'GET /log/entries/{index}/proof',
    need: 'public',
    status: 200,
    path: () => '/v1/log/entries/0/proof',
  },
  { route: 'GET /oidc', need: 'public', status: 200, path: () => '/v1/oidc' },
  { route: 'GET /teams/{team}', need: 'public', status: 200, path: () => '/v1/teams/acme' },
  {
    route: 'PATCH /teams/{team}',
    need: 'owner',
    status: 200,
    path: () => '/v1/teams/acme',
    body: async () => ({ versionPolicy: 'none' }),
  },
  { route: 'GET /whoami', need: 'token', status: 200, path: () => '/v1/whoami' },
  {
    route: 'GET /teams/{team}/quota',
    need: 'reader',
    status: 200,
    path: () => '/v1/teams/acme/quota',
  },
  {
    route: 'PATCH /teams/{team}/quota',
    need: 'admin',
    status: 200,
    path: () => '/v1/teams/acme/quota',
    body: async () => ({}),
  },
  {
    route: 'GET /teams/{team}/webhooks',
    need: 'owner',
    status: 200,
    path: () => '/v1/teams/acme/webhooks',
  },
  {
    route: 'POST /teams/{team}/webhooks',
    need: 'owner',
    // A private address, which is refused.
    status: 422,
    path: () => '/v1/teams/acme/webhooks',
    body: async () => ({ url: 'https://10.0.0.1/' }),
  },
  {
    route: 'DELETE /teams/{team}/webhooks/{webhook}',
    need: 'owner',
    status: 404,
    path: () => '/v1/teams/acme/webhooks/999',
  },
  {
    route: 'POST /teams/{team}/webhooks/{webhook}/test',
    need: 'owner',
    status: 404,
    path: () => '/v1/teams/acme/webhooks/999/test',
  },
  {
    route: 'GET /teams/{team}/webhooks/{webhook}/deliveries',
    need: 'owner',
    status: 404,
    path: () => '/v1/teams/acme/webhooks/999/deliveries',
  },
  {
    route: 'GET /teams/{team}/join-tokens',
    need: 'owner',
    status: 200,
    path: () => '/v1/teams/acme/join-tokens',
  },
  {
    route: 'POST /teams/{team}/join-tokens',
    need: 'owner',
    // After its end.
    status: 400,
    path: () => '/v1/teams/acme/join-tokens',
    body: async () => ({ label: 'a test', expiresAt: '2026-01-01T00:00:00.000Z' }),
  },
  {
    route: 'DELETE /teams/{team}/join-tokens/{id}',
    need: 'owner',
    status: 404,
    path: () => '/v1/teams/acme/join-tokens/999',
  },
  {
    route: 'GET /teams/{team}/hosts',
    need: 'publisher',
    status: 200,
    path: () => '/v1/teams/acme/hosts',
  },
  {
    route: 'GET /teams/{team}/fleet',
    need: 'publisher',
    status: 200,
    path: () => '/v1/teams/acme/fleet',
  },
  {
    route: 'PATCH /teams/{team}/hosts/{host}',
    need: 'owner',
    status: 404,
    path: () => '/v1/teams/acme/hosts/999',
    body: async () => ({ name: 'x' }),
  },
  {
    route: 'DELETE /teams/{team}/hosts/{host}',
    need: 'owner',
    status: 404,
    path: () => '/v1/teams/acme/hosts/999',
  },
  {
    route: 'GET /teams/{team}/members',
    need: 'reader',
    status: 200,
    path: () => '/v1/teams/acme/members',
  },
  {
    route: 'PUT /teams/{team}/members/{user}',
    need: 'owner',
    status: 200,
    path: () => '/v1/teams/acme/members/rita',
    body: async () => ({ role: 'reader' }),
  },
  {
    route: 'DELETE /teams/{team}/members/{user}',
    need: 'owner',
    status: 204,
    path: () => '/v1/teams/acme/members/none',
  },
  {
    route: 'GET /teams/{team}/trusted-publishers',
    need: 'reader',
    status: 200,
    path: () => '/v1/teams/acme/trusted-publishers',
  },
  {
    route: 'POST /teams/{team}/trusted-publishers',
    need: 'owner',
    // A provider that this registry does not accept.
    status: 422,
    path: () => '/v1/teams/acme/trusted-publishers',
    body: async () => ({ issuer: 'https://anonymous.test', repository: 'a/b', branch: 'main' }),
  },
  {
    route: 'DELETE /teams/{team}/trusted-publishers/{id}',
    need: 'owner',
    status: 404,
    path: () => '/v1/teams/acme/trusted-publishers/999',
  },
  {
    route: 'POST /teams/{team}/keys',
    need: 'owner',
    status: 200,
    path: () => '/v1/teams/acme/keys',
    body: async () => ({ publicKey: acme.key.publicKey.text, label: 'again' }),
  },
  {
    route: 'POST /teams/{team}/keys/{keyId}/revocation',
    need: 'owner',
    status: 404,
    path: () => `/v1/teams/acme/keys/${digest}/revocation`,
    body: async () => ({ reason: 'a test' }),
  },
  {
    route: 'POST /teams',
    need: 'admin',
    status: 409,
    path: () => '/v1/teams',
    body: async () => ({ name: 'acme' }),
  },
  {
    route: 'POST /users',
    need: 'admin',
    status: 409,
    path: () => '/v1/users',
    body: async () => ({ name: 'rita' }),
  },
  { route: 'GET /bases', need: 'public', status: 200, path: () => '/v1/bases' },
  {
    route: 'PUT /bases/{base}',
    need: 'admin',
    status: 200,
    path: () => '/v1/bases/3.0',
    body: async () => base,
  },
  {
    route: 'GET /bases/{base}',
    need: 'public',
    status: 404,
    path: () => `/v1/bases/${digest}`,
  },
  { route: 'GET /users', need: 'admin', status: 200, path: () => '/v1/users' },
  {
    route: 'PUT /users/{user}',
    need: 'admin',
    status: 200,
    path: () => '/v1/users/rita',
    body: async () => ({ admin: false }),
  },
  {
    route: 'DELETE /tokens/{id}',
    need: 'token',
    status: 404,
    path: () => '/v1/tokens/999999',
  },
];

/** Routes with their own tests: tokens.test.ts, trusted-publishing.test.ts and fleet.test.ts in test/api. */
const testedElsewhere = [
  ...['POST /tokens', 'GET /tokens', 'POST /oidc/token'],
  ...['POST /hosts', 'POST /hosts/{host}/reports'],
];

async function publication(name: string) {
  const draft = { name, version: '1.0.0' };
  return { profile: profileText(name), envelope: await signDraft(acme, draft) };
}

/** The role of a caller for a profile, or in the team without one. */
function roleOf(caller: Caller, subject: Subject | undefined): Need | undefined {
  switch (caller) {
    case 'anonymous':
    case 'stranger':
    case 'token of another team':
      return undefined;
    case 'reader':
    case 'owner, scope read':
    case 'token of the team, scope read':
    case 'administrator, scope read':
      return 'reader';
    case 'publisher':
    case 'owner, scope publish':
    case 'token of the team, scope publish':
      return 'publisher';
    case 'owner':
    case 'token of the team, scope admin':
      return 'owner';
    case 'token of the public profile':
      return subject === 'public' ? 'publisher' : undefined;
    case 'token of the private profile':
      return subject === 'private' ? 'publisher' : undefined;
    case 'administrator':
      return 'admin';
  }
}

const rank: Need[] = ['public', 'reader', 'publisher', 'owner', 'admin'];

function expected(route: Route, caller: Caller, subject: Subject | undefined): number {
  const role = roleOf(caller, subject);
  const { need } = route;
  if (need === 'public') {
    const visible = subject === undefined || subject === 'public' || role !== undefined;
    return visible && subject !== 'absent' ? route.status : 404;
  }
  if (caller === 'anonymous') return 401;
  if (need === 'token') return route.status;
  const enough = role !== undefined && rank.indexOf(role) >= rank.indexOf(need);
  if (enough) return subject === 'absent' && !route.creates ? 404 : route.status;
  if (subject === undefined || route.creates) return 403;
  return subject === 'public' || (subject === 'private' && role !== undefined) ? 403 : 404;
}

describe.each(runtimes)('authorization on $name', ({ start }) => {
  let registry: TestRegistry;
  const tokens = new Map<Caller, string | undefined>([['anonymous', undefined]]);

  beforeAll(async () => {
    registry = await start();
    acme = await createPublisher(registry, 'acme');
    const other = await createPublisher(registry, 'other');
    const admin = registry.adminToken;
    const post = async (path: string, body: unknown) =>
      (await expectStatus(201, send(registry, 'POST', path, body, admin))).json();
    for (const [name, role] of [
      ['sam', undefined],
      ['rita', 'reader'],
      ['paul', 'publisher'],
      ['olga', 'owner'],
    ] as const) {
      await post('/v1/users', { name });
      if (role === undefined) continue;
      const path = `/v1/teams/acme/members/${name}`;
      await expectStatus(200, send(registry, 'PUT', path, { role }, admin));
    }
    const make = async (caller: Caller, token: object) => {
      const made = (await post('/v1/tokens', { label: 'test', ...token })) as { token: string };
      tokens.set(caller, made.token);
    };
    await expectStatus(201, send(registry, 'PUT', '/v1/bases/3.0', base, admin));
    await make('stranger', { user: 'sam', scope: 'admin' });
    await make('reader', { user: 'rita', scope: 'admin' });
    await make('publisher', { user: 'paul', scope: 'admin' });
    await make('owner', { user: 'olga', scope: 'admin' });
    await make('owner, scope read', { user: 'olga', scope: 'read' });
    await make('owner, scope publish', { user: 'olga', scope: 'publish' });
    await make('token of the team, scope read', { team: 'acme', scope: 'read' });
    await make('token of the team, scope publish', { team: 'acme', scope: 'publish' });
    await make('token of the public profile', { team: 'acme', profile: 'shown' });
    await make('token of the private profile', { team: 'acme', profile: 'hidden' });
    await make('administrator, scope read', { scope: 'read' });
    tokens.set('token of the team, scope admin', acme.token);
    tokens.set('token of another team', other.token);
    tokens.set('administrator', admin);

    await expectStatus(201, publish(registry, acme, { name: 'shown', version: '1.0.0' }));
    const hidden = { ...(await publication('hidden')), visibility: 'private' };
    const path = '/v1/profiles/acme/hidden/versions/1.0.0';
    await expectStatus(201, send(registry, 'PUT', path, hidden, acme.token));
    for (const name of ['shown', 'hidden']) {
      const channel = `/v1/profiles/acme/${name}/channels/stable`;
      const move = { version: '1.0.0', previous: null };
      await expectStatus(200, send(registry, 'PUT', channel, move, acme.token));
    }
  });
  afterAll(() => registry.close());

  async function ask(route: Route, caller: Caller, path: string, name: string): Promise<number> {
    const method = route.route.split(' ')[0] ?? '';
    const token = tokens.get(caller);
    const body = route.body && JSON.stringify(await route.body(name));
    const response = await registry.fetch(path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      },
      ...(body === undefined ? {} : { body }),
    });
    await response.arrayBuffer();
    return response.status;
  }

  const names: Record<Subject, string> = { public: 'shown', private: 'hidden', absent: 'missing' };

  test.each(profileRoutes)('$route', async (route) => {
    const table: string[] = [];
    const wanted: string[] = [];
    for (const [subject, name] of Object.entries(names) as [Subject, string][]) {
      for (const caller of callers) {
        // Creating the absent profile would affect later requests.
        if (route.creates && subject === 'absent' && expected(route, caller, subject) === 200)
          continue;
        const below = route.path(name);
        const path = below.startsWith('/') ? below : `/v1/profiles/acme/${below}`;
        table.push(`${caller}, ${subject}: ${await ask(route, caller, path, name)}`);
        wanted.push(`${caller}, ${subject}: ${expected(route, caller, subject)}`);
      }
    }
    expect(table).toEqual(wanted);
  });

  test.each(otherRoutes)('$route', async (route) => {
    const table: string[] = [];
    for (const caller of callers) {
      table.push(`${caller}: ${await ask(route, caller, route.path(''), '')}`);
    }
    expect(table).toEqual(
      callers.map((caller) => `${caller}: ${expected(route, caller, undefined)}`),
    );
  });

  test('a private profile appears in no list, page or log entry', async () => {
    const look = async (path: string, caller: Caller) => {
      const token = tokens.get(caller);
      const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
      return (await registry.fetch(path, { headers })).text();
    };
    for (const caller of callers) {
      const found = await look('/v1/profiles?limit=100', caller);
      const sees = roleOf(caller, 'private') !== undefined;
      expect([caller, found.includes('"hidden"')]).toEqual([caller, sees]);
      expect([caller, found.includes('"shown"')]).toEqual([caller, true]);
    }
    for (const path of ['/', '/?q=hidden', '/p/acme/hidden', '/p/acme/hidden/1.0.0']) {
      const page = await look(path, 'anonymous');
      expect(page).not.toContain('href="/p/acme/hidden"');
      expect(page).not.toContain('Confines a test</p>'.repeat(2));
    }
    expect((await registry.fetch('/p/acme/hidden')).status).toBe(404);
    const missing = await look('/p/acme/missing', 'anonymous');
    expect(await look('/p/acme/hidden', 'anonymous')).toBe(missing.replaceAll('missing', 'hidden'));
    const width = (await look('/log/checkpoint', 'anonymous')).split('\n')[1];
    const entries = await look(`/log/tile/entries/000.p/${width}`, 'anonymous');
    expect(entries).toContain('"shown"');
    expect(entries).not.toContain('hidden');
  });
});

test('the table covers every route of the API', () => {
  const served = createApp({} as Deps)
    .routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/v1/'))
    .map(({ method, path }) => `${method} ${path.slice(3).replaceAll(/:(\w+)/g, '{$1}')}`);
  const listed = [...profileRoutes, ...otherRoutes].map(({ route }) => route);
  expect([...new Set([...listed, ...testedElsewhere])].sort()).toEqual([...new Set(served)].sort());
});
