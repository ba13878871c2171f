import { type SpecData, Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { maxBaseJson } from '../../contract/index.ts';
import { endorse, generateKeyPair, sha256 } from '../../trust/index.ts';
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
import { createJoinToken, join } from '../signing-host.ts';
import {
  type Contract,
  contractOf,
  type Document,
  type Operation,
  operationsOf,
  type Schema,
} from './openapi.ts';

/** A request for an operation: path parameters, query and body. */
interface Call {
  path: Record<string, string>;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: unknown;
}

/** A registry that matches the document's examples. */
interface World {
  registry: TestRegistry;
  library: Publisher;
}

/**
 * The parts of valid requests that the document's examples can't contain, such as ids and signatures of this
 * registry.
 */
const specialCalls: Record<string, (world: World) => Promise<Partial<Call>>> = {
  publishVersion: async ({ library }) => ({
    path: { version: '2.0.0' },
    body: {
      profile: profileText('docker-nginx'),
      envelope: await signDraft(library, { name: 'docker-nginx', version: '2.0.0' }),
    },
  }),
  getReadme: async () => ({ path: { name: 'documented' } }),
  yankVersion: async () => ({ path: { name: 'yanked' } }),
  moveChannel: async () => ({ body: { version: '1.2.0', previous: null } }),
  deprecateProfile: async () => ({ body: { reason: 'use the other', replacement: 'library/web' } }),
  transferProfile: async () => ({ path: { name: 'given' }, body: { to: 'acme' } }),
  createTeam: async () => ({ body: { name: 'new-team' } }),
  registerKey: async ({ library }) => {
    const { publicKey } = await generateKeyPair();
    const endorsement = await endorse('library', publicKey, library.key);
    return { body: { publicKey: publicKey.text, label: 'next', endorsement } };
  },
  revokeKey: async ({ registry }) => {
    const other = await createPublisher(registry, 'revoking');
    return { path: { team: 'revoking', keyId: other.key.publicKey.keyId } };
  },
  getBase: async ({ registry }) => {
    const body = { files: { 'tunables/etc': '@{etc_ro}=/etc/\n' } };
    const made = await send(registry, 'PUT', '/v1/bases/4.0', body, registry.adminToken);
    return { path: { base: ((await made.json()) as { digest: string }).digest } };
  },
  createUser: async () => ({ body: { name: 'bob' } }),
  createToken: async () => ({ body: { label: 'pipeline', team: 'library' } }),
  revokeToken: async ({ registry }) => {
    const body = { label: 'short-lived', team: 'library' };
    const made = await expectStatus(
      201,
      send(registry, 'POST', '/v1/tokens', body, registry.adminToken),
    );
    return { path: { id: String(((await made.json()) as { id: number }).id) } };
  },
  createJoinToken: async () => ({
    body: { label: 'edge hosts', expiresAt: new Date(Date.now() + 60_000).toISOString() },
  }),
  revokeJoinToken: async ({ registry, library }) => {
    const { id } = await createJoinToken(registry, library);
    return { path: { id: String(id) } };
  },
  changeHost: joined,
  retireHost: joined,
  removeWebhook: webhook,
  testWebhook: webhook,
  listDeliveries: webhook,
  removeTrustedPublisher: async ({ registry }) => {
    const body = { issuer: 'https://gitlab.com', repository: 'acme/removed', branch: 'main' };
    const path = '/v1/teams/library/trusted-publishers';
    const made = await expectStatus(201, send(registry, 'POST', path, body, registry.adminToken));
    return { path: { id: String(((await made.json()) as { id: number }).id) } };
  },
};

/** Joins a host to the team. */
async function joined({ registry, library }: World): Promise<Partial<Call>> {
  const { id } = await join(registry, library);
  return { path: { host: String(id) } };
}

/** Adds a webhook without a receiver. */
async function webhook({ registry }: World): Promise<Partial<Call>> {
  const body = { url: 'https://127.0.0.1:9/hook' };
  const path = '/v1/teams/library/webhooks';
  const made = await expectStatus(201, send(registry, 'POST', path, body, registry.adminToken));
  return { path: { webhook: String(((await made.json()) as { id: number }).id) } };
}

/** Operations whose requests hosts sign, tested in test/api/fleet.test.ts. */
const signedByHosts = new Set(['joinTeam', 'sendReport']);

/** Operations that require a CI provider, tested in test/api/trusted-publishing.test.ts, and those. */
const testedElsewhere = new Set(['exchangeOidcToken', ...signedByHosts]);

/** Headers that must be documented if a response has them. */
const contractual = [
  'ETag',
  'Link',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'WWW-Authenticate',
  'X-Request-Id',
];

/** Values that no field and no parameter accepts. */
const long = 'x'.repeat(5000);

describe.each(runtimes)('the contract on $name', ({ name: runtime, start }) => {
  let world: World;
  let document: Document;
  let contract: Contract;
  let operations: Operation[];
  const made: Record<string, Promise<Partial<Call>>> = {};

  beforeAll(async () => {
    const registry = await start({
      issuers: ['gitlab=https://gitlab.com'],
      webhookNetworks: ['127.0.0.0/8'],
    });
    const library = await createPublisher(registry, 'library');
    await createPublisher(registry, 'acme');
    world = { registry, library };
    for (const name of ['docker-nginx', 'web', 'given', 'yanked']) {
      await expectStatus(201, publish(registry, library, { name, version: '1.2.0' }));
    }
    await publishWithReadme(registry, library);
    const { adminToken } = registry;
    await expectStatus(201, send(registry, 'POST', '/v1/users', { name: 'ada' }, adminToken));
    document = (await (await registry.fetch('/openapi.json')).json()) as Document;
    contract = contractOf(document);
    operations = operationsOf(document);
  });
  afterAll(() => world.registry.close());

  test('is a valid OpenAPI 3.1 document', async () => {
    const { valid, errors } = await new Validator().validate(
      structuredClone(document) as object as SpecData,
    );
    expect(valid, JSON.stringify(errors)).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  test('every operation has a unique id, a known tag, a summary and described parameters', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(ids.filter((id) => !/^[a-z][A-Za-z]+$/.test(id ?? ''))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }) => name);
    for (const { operationId, tags: own, summary, path, parameters = [] } of operations) {
      expect(own, operationId).toHaveLength(1);
      expect(tags, operationId).toContain(own[0]);
      expect(summary, operationId).toMatch(/^[A-Z].*[^.]$/);
      const named = parameters.filter(({ in: place }) => place === 'path').map(({ name }) => name);
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      expect(named.sort(), operationId).toEqual(inPath.sort());
    }
  });

  test('every example is valid for its schema', () => {
    const found: string[] = [];
    walk(document, (schema) => {
      if (schema.example === undefined || !schema.type) return;
      const faults = contract.faults(schema, schema.example);
      if (faults.length > 0) found.push(`${JSON.stringify(schema)}: ${faults}`);
    });
    for (const [id, { value }] of Object.entries(document.components.examples)) {
      const faults = contract.faults({ $ref: '#/components/schemas/Problem' }, value);
      if (faults.length > 0) found.push(`${id}: ${faults}`);
    }
    expect(found).toEqual([]);
  });

  test('every operation responds to valid requests as documented', async () => {
    for (const operation of ordered(operations)) {
      if (testedElsewhere.has(operation.operationId)) continue;
      const call = await goodCall(operation);
      const response = await ask(operation, call);
      const context = `${operation.operationId}: ${response.status} ${response.text}`;
      expect(response.status, context).toBeGreaterThanOrEqual(200);
      expect(response.status, context).toBeLessThan(300);
    }
  });

  test('every operation refuses invalid requests as documented', async () => {
    for (const operation of ordered(operations)) {
      if (signedByHosts.has(operation.operationId)) continue;
      const good = await goodCall(operation);
      for (const [what, call] of badCalls(operation, good)) {
        const response = await ask(operation, call, { what });
        const context = `${operation.operationId} with ${what}: ${response.status} ${response.text}`;
        expect(response.status, context).toBeGreaterThanOrEqual(400);
        expect(response.status, context).toBeLessThan(500);
      }
    }
  });

  test('every operation with a body refuses other media types', async () => {
    for (const operation of operations.filter(({ requestBody }) => requestBody)) {
      if (signedByHosts.has(operation.operationId)) continue;
      const { path, body } = await goodCall(operation);
      const text = JSON.stringify(body);
      const encoded = ['gzip', 'br', 'deflate', 'identity, gzip', 'x'];
      for (const encoding of encoded) {
        const headers = { 'Content-Type': 'application/json', 'Content-Encoding': encoding };
        const response = await ask(operation, { path, headers }, { what: encoding, raw: text });
        expect(response.status, `${operation.operationId} in ${encoding}: ${response.text}`).toBe(
          415,
        );
      }
      const bodies: [string, number, string | undefined, string | undefined][] = [
        ['UTF-16', 415, 'application/json; charset=utf-16', text],
        ['Latin-1, quoted', 415, 'application/json;charset="iso-8859-1"', text],
        ['two charsets', 415, 'application/json; charset=utf-8; charset=utf-16le', text],
        ['an empty charset', 415, 'application/json; charset=', text],
        ['no content type', 415, undefined, text],
        ['another content type', 415, 'text/plain', text],
        ['a form', 415, 'application/x-www-form-urlencoded', 'a=b'],
        ['no body', 400, 'application/json', undefined],
        ['half a body', 400, 'application/json', text.slice(0, -1)],
        [
          'a body of too many bytes',
          413,
          'application/json',
          JSON.stringify('x'.repeat(operation.operationId === 'putBase' ? maxBaseJson : 400_000)),
        ],
      ];
      for (const [what, status, type, raw] of bodies) {
        const headers = type === undefined ? {} : { 'Content-Type': type };
        const response = await ask(operation, { path, headers }, { what, raw });
        expect(response.status, `${operation.operationId} with ${what}: ${response.text}`).toBe(
          status,
        );
      }
    }
  });

  test('every operation responds to a missing or invalid token as documented', async () => {
    for (const operation of operations) {
      const { operationId, security = [], path } = operation;
      if (testedElsewhere.has(operationId)) continue;
      const call = await goodCall(operation);
      const needed = security.length > 0 && security.every((one) => Object.keys(one).length > 0);
      for (const authorization of [null, 'Bearer aar_unknown', 'Basic YTpi', 'Bearer']) {
        const response = await ask(operation, call, { authorization, what: `${authorization}` });
        const refused = path.startsWith('/v1/') && (needed || authorization !== null);
        const context = `${operationId} with ${authorization}: ${response.text}`;
        if (refused) expect(response.status, context).toBe(401);
        else expect(response.status, context).not.toBe(401);
      }
    }
  });

  test('every operation that changes something refuses a token with the scope read', async () => {
    const { registry } = world;
    const body = { label: 'reader', team: 'acme', scope: 'read' };
    const made = await expectStatus(
      201,
      send(registry, 'POST', '/v1/tokens', body, registry.adminToken),
    );
    const { token } = (await made.json()) as { token: string };
    for (const operation of operations.filter(({ method }) => method !== 'GET')) {
      if (testedElsewhere.has(operation.operationId)) continue;
      const call = await goodCall(operation);
      const response = await ask(operation, call, {
        authorization: `Bearer ${token}`,
        what: 'reader',
      });
      const context = `${operation.operationId}: ${response.status} ${response.text}`;
      expect([403, 404], context).toContain(response.status);
    }
  });

  /** A valid request from the document's examples. */
  async function goodCall(operation: Operation): Promise<Call> {
    const { operationId, parameters = [], requestBody } = operation;
    made[operationId] ??= specialCalls[operationId]?.(world) ?? Promise.resolve({});
    const own = await made[operationId];
    const path: Record<string, string> = {};
    for (const { name, in: place, schema } of parameters) {
      if (place !== 'path') continue;
      const value = own.path?.[name] ?? exampleOf(schema, contract);
      if (value === undefined) throw unknown(operation, `the parameter ${name}`);
      path[name] = String(value);
    }
    const call: Call = { ...own, path };
    const schema = requestBody?.content['application/json']?.schema;
    if (schema && call.body === undefined) {
      call.body = exampleOf(schema, contract);
      if (call.body === undefined) throw unknown(operation, 'its body');
    }
    const query = parameters.filter(
      ({ in: place, schema }) => place === 'query' && schema.example !== undefined,
    );
    call.query ??= Object.fromEntries(
      query.map(({ name, schema }) => [name, String(schema.example)]),
    );
    return call;
  }

  /** Sends a request; fails unless the response is as documented. */
  async function ask(
    operation: Operation,
    { path, query = {}, headers = {}, body }: Call,
    options: { authorization?: string | null; raw?: string | undefined; what?: string } = {},
  ): Promise<{ status: number; text: string }> {
    const { method, operationId } = operation;
    const filled = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
      encodeURIComponent(path[name] ?? '').replaceAll('%2F', '/'),
    );
    const { authorization = `Bearer ${world.registry.adminToken}`, what = 'a good call' } = options;
    const search = new URLSearchParams(query).toString();
    const sent = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await world.registry.fetch(search ? `${filled}?${search}` : filled, {
      method,
      headers: {
        ...(authorization === null ? {} : { Authorization: authorization }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(sent === undefined
        ? {}
        : { body: options.raw === undefined ? sent : new TextEncoder().encode(sent) }),
    });
    const text = await response.text();
    const faults = faultsOf(operation, response, text);
    expect(faults, `${operationId} with ${what} on ${runtime}: ${response.status} ${text}`).toEqual(
      [],
    );
    return { status: response.status, text };
  }

  /** The differences of a response from the documentation. */
  function faultsOf(operation: Operation, response: Response, text: string): string[] {
    const { status, headers } = response;
    const documented = operation.responses[status];
    if (!documented) return [`${status} is not documented`];
    const faults: string[] = [];
    for (const name of contractual) {
      const value = headers.get(name);
      const { required } = document.components.headers[name] ?? {};
      const isDocumented = documented.headers?.[name] !== undefined;
      if (value !== null && !isDocumented) faults.push(`the header ${name} is not documented`);
      if (value === null && isDocumented && required) faults.push(`the header ${name} is missing`);
    }
    const { content } = documented;
    if (!content) return text === '' ? faults : [...faults, 'there is a body, and none documented'];
    const type = (headers.get('Content-Type') ?? '').split(';')[0] ?? '';
    const media = content[type];
    if (!media) return [...faults, `${type} is not documented`];
    if (!type.endsWith('json')) return faults;
    const value = JSON.parse(text);
    faults.push(...contract.faults(media.schema, value));
    if (status >= 400 && value.status !== status) faults.push('the status in the body is another');
    return faults;
  }

  /** Requests with one invalid part. */
  function* badCalls(operation: Operation, good: Call): Generator<[string, Call]> {
    const { parameters = [], requestBody, operationId } = operation;
    for (const { name, in: place, schema } of parameters) {
      for (const value of badTexts(contract.resolve(schema))) {
        const shown = `${name}=${value.slice(0, 30)}`;
        if (place === 'path') yield [shown, { ...good, path: { ...good.path, [name]: value } }];
        if (place === 'header') {
          yield [shown, { ...good, headers: { ...good.headers, [name]: value } }];
        }
        if (place === 'query') yield [shown, { ...good, query: { ...good.query, [name]: value } }];
      }
    }
    const schema = requestBody?.content['application/json']?.schema;
    if (!schema) return;
    const { properties = {}, required = [], additionalProperties } = contract.resolve(schema);
    const body = good.body as Record<string, unknown>;
    for (const value of [null, [], 'text', 1])
      yield [`the body ${JSON.stringify(value)}`, { ...good, body: value }];
    expect(additionalProperties, `${operationId} takes unknown fields`).toBe(false);
    yield ['an unknown field', { ...good, body: { ...body, unknown: 1 } }];
    for (const name of required) {
      const { [name]: _, ...rest } = body;
      yield [`no ${name}`, { ...good, body: rest }];
    }
    for (const [name, property] of Object.entries(properties)) {
      for (const value of badValues(contract.resolve(property))) {
        const shown = `${name}: ${JSON.stringify(value).slice(0, 30)}`;
        yield [shown, { ...good, body: { ...body, [name]: value } }];
      }
    }
  }

  function badTexts(schema: Schema): string[] {
    const [type] = [schema.type].flat();
    if (type === 'integer') return ['x', '-1', '1.5', '9007199254740993', ''];
    // Free text accepts any value up to its maximum length.
    const free = schema.maxLength !== undefined && !('pattern' in schema);
    return free ? [long] : [long, 'A b', '%00', 'ä'];
  }

  function badValues(schema: Schema): unknown[] {
    const types = [schema.type ?? []].flat();
    const nullable = types.includes('null') || schema.anyOf?.some(({ type }) => type === 'null');
    const values: unknown[] = nullable ? [] : [null];
    if (!types.includes('string')) values.push('text');
    if (!types.includes('integer')) values.push(7);
    if (!types.includes('array')) values.push([]);
    if (!types.includes('object') && !schema.anyOf && !schema.allOf) values.push({});
    if (types.includes('string') && (schema.maxLength ?? long.length) < long.length)
      values.push(long);
    if (schema.enum) values.push('none of them');
    return values;
  }
});

/** Deletions come last. */
function ordered(operations: Operation[]): Operation[] {
  const rank = ({ method, operationId }: Operation) =>
    operationId === 'transferProfile'
      ? 3
      : ['GET', 'PUT', 'POST', 'PATCH'].includes(method)
        ? 1
        : 2;
  return operations.toSorted((one, other) => rank(one) - rank(other));
}

function unknown({ method, path, operationId }: Operation, what: string): Error {
  return new Error(
    `${method} ${path}: no example for ${what}. Give its schema an example, or add an ` +
      `entry for ${operationId} to specialCalls.`,
  );
}

/** A valid value of a schema from its examples; `undefined` if it has too few. */
function exampleOf(given: Schema, contract: Contract): unknown {
  const schema = contract.resolve(given);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const [inner] = schema.allOf ?? schema.anyOf ?? [];
  if (inner) return exampleOf(inner, contract);
  const [type] = [schema.type].flat();
  if (type === 'boolean') return true;
  if (type === 'object') {
    const { properties = {}, required = [] } = schema;
    const fields = Object.entries(properties).filter(([name]) => required.includes(name));
    const values = fields.map(([name, property]) => [name, exampleOf(property, contract)]);
    return values.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(values);
  }
  return undefined;
}

function walk(value: unknown, visit: (schema: Schema) => void): void {
  if (typeof value !== 'object' || value === null) return;
  visit(value as Schema);
  for (const inner of Object.values(value)) walk(inner, visit);
}

async function publishWithReadme(registry: TestRegistry, library: Publisher): Promise<void> {
  const readme = '# Documented\n';
  const digest = await sha256(new TextEncoder().encode(readme));
  const draft = { name: 'documented', version: '1.2.0', manifest: { ...manifest, readme: digest } };
  const envelope = await signDraft(library, draft);
  const body = { profile: profileText('documented'), envelope, readme };
  const path = '/v1/profiles/library/documented/versions/1.2.0';
  await expectStatus(201, send(registry, 'PUT', path, body, library.token));
}
