import type { OpenAPIHono } from '@hono/zod-openapi';
import { type ProblemId, problemNamespace, problems } from '../../contract/index.ts';
import type { Env } from '../ports.ts';
import { problemResponses } from './router.ts';

/** The OpenAPI document. */
export type Document = ReturnType<OpenAPIHono<Env>['getOpenAPI31Document']>;
type PathItem = NonNullable<Document['paths']>[string];
export type Operation = NonNullable<PathItem['get']>;
type Parameter = Exclude<NonNullable<Operation['parameters']>[number], { $ref: string }>;
type Response = Extract<NonNullable<Operation['responses']>[string], { description: string }>;

/** The methods of operations, in display order. */
export const methods = ['get', 'put', 'post', 'patch', 'delete'] as const;

const tags: [name: string, description: string][] = [
  ['Profiles', 'Profiles, their channels, and the versions that references resolve to.'],
  ['Versions', 'Immutable versions, each signed by its team and recorded in the log.'],
  ['Teams', 'Owners of profiles, with their publisher keys and members.'],
  ['Users', 'People, who are members of teams; for administrators.'],
  ['Tokens', 'API tokens, which authenticate requests.'],
  ['Hosts', 'Hosts that joined a team, what they report, and what is known from that.'],
  ['Webhooks', 'HTTP notifications of changes to a team’s profiles.'],
  ['Trusted publishing', 'Publishing from CI jobs with OpenID Connect tokens.'],
  [
    'Base policies',
    'The abstractions, tunables and abi files of AppArmor releases, which profiles include.',
  ],
  ['Log', 'The transparency log, which makes every published version public and permanent.'],
  ['Service', 'Health checks, for the operator.'],
];

const description = `A registry for AppArmor profiles: versioned, signed, linted.

Reading public profiles requires no token. Everything else requires an API token: \`Authorization: Bearer aar_…\`.
Resources you may not see return 404.

Errors are problem details (RFC 9457) with a stable \`type\`. Bodies are JSON in UTF-8; unknown fields are refused. Lists
return a cursor for the next page, also in a \`Link\` header.`;

const text = { type: 'string' } as const;

/** Response headers, by name. */
const headers = {
  'X-Request-Id': {
    description:
      'The id of the request, from the client or generated; the registry’s log has it too.',
    required: true,
    schema: text,
  },
  'RateLimit-Policy': {
    description:
      'The rate limit, if any: requests (q) allowed in a window of seconds (w) ' +
      '(draft-ietf-httpapi-ratelimit-headers)',
    schema: text,
    example: '"address";q=3000;w=60',
  },
  RateLimit: {
    description: 'Requests left (r) and seconds until the limit resets (t)',
    schema: text,
    example: '"address";r=2999;t=1',
  },
  'Retry-After': {
    description: 'Seconds to wait before the next attempt',
    required: true,
    schema: { type: 'integer' },
  },
  'WWW-Authenticate': {
    description: 'How to authenticate (RFC 6750)',
    required: true,
    schema: text,
    example: 'Bearer realm="aa-registry"',
  },
  ETag: {
    description: 'The entity tag of the response, for If-None-Match',
    required: true,
    schema: text,
  },
  Link: {
    description: 'The URL of the next page, if any, with rel="next" (RFC 8288)',
    schema: text,
  },
} as const;
type Header = keyof typeof headers;

const ref = (name: Header) => ({ $ref: `#/components/headers/${name}` });

/** Adds headers to the documentation of a response. */
function addHeaders(response: Response, names: Header[]): void {
  response.headers = {
    ...Object.fromEntries(names.map((name) => [name, ref(name)])),
    ...response.headers,
  };
}

/** Generates the OpenAPI document from the routes. */
export function describeApi(app: OpenAPIHono<Env>): Document {
  const registry = app.openAPIRegistry;
  registry.registerComponent('securitySchemes', 'token', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token, aar_…',
  });
  registry.registerComponent('securitySchemes', 'host', {
    type: 'apiKey',
    in: 'header',
    name: 'AA-Host-Signature',
    description:
      'Base64 of the host’s Ed25519 signature of the DSSE pre-authentication encoding of the type ' +
      'application/vnd.aa-registry.host-request and the payload "METHOD PATH\\nTIME\\n" and the exact body, where TIME is ' +
      'the header AA-Host-Time in ISO 8601',
  });
  for (const [name, header] of Object.entries(headers)) {
    registry.registerComponent('headers', name, header);
  }
  for (const id of Object.keys(problems) as ProblemId[]) {
    registry.registerComponent('examples', id, exampleOf(id));
  }
  const document = app.getOpenAPI31Document({
    openapi: '3.1.0',
    info: {
      title: 'aa-registry',
      version: '1',
      description,
      license: { name: 'Apache-2.0' },
    },
    tags: tags.map(([name, description]) => ({ name, description })),
    // Relative to the document itself.
    servers: [{ url: '/' }],
  });
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    for (const method of methods) {
      const operation = item[method];
      if (operation) complete(operation, path, method);
    }
  }
  repairPatterns(document);
  shareCommonParts(document);
  return document;
}

function exampleOf(id: ProblemId) {
  const { status, title, meaning } = problems[id];
  return {
    summary: title,
    description: meaning,
    value: { type: problemNamespace + id, title, status, detail: meaning },
  };
}

/** Adds the responses and headers that operations of the same kind share. */
function complete(operation: Operation, path: string, method: string): void {
  const own = operation.responses ?? {};
  const always: Parameters<typeof problemResponses> = [429, 500];
  if (operation.parameters) always.push('request-invalid');
  if (operation.requestBody) always.push(400, 413, 415);
  if (method !== 'get') always.push('storage-full');
  if (path.startsWith('/v1/')) {
    always.push(401);
    operation.security ??= [{}, { token: [] }];
  }
  addRequestHeaders(operation, JSON.stringify(own));
  // Health checks are not rate limited.
  const isProbe = path === '/healthz' || path === '/readyz';
  // conditional.ts gives every read an ETag.
  if (method === 'get' && !isProbe) own['304'] ??= { description: 'Not modified' };
  operation.responses = (isProbe ? own : { ...problemResponses(...always), ...own }) as typeof own;
  for (const [status, response] of Object.entries(operation.responses) as [string, Response][]) {
    narrow(response, Number(status));
    addHeaders(response, headersOf(status, operation, isProbe));
  }
}

/** Documents request headers of operations whose problems imply them. */
function addRequestHeaders(operation: Operation, documented: string): void {
  for (const [problem, name, description, example] of requestHeaders) {
    if (!documented.includes(`examples/${problem}"`)) continue;
    operation.parameters ??= [];
    operation.parameters.push({
      name,
      in: 'header',
      required: false,
      description,
      schema: { type: 'string', maxLength: 1000 },
      example,
    });
  }
}

const requestHeaders = [
  [
    'idempotency-key-reused',
    'Idempotency-Key',
    'A unique value per request: within a day, repeating the request with it has no further effect ' +
      '(draft-ietf-httpapi-idempotency-key-header)',
    '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
  ],
  [
    'precondition-failed',
    'If-Match',
    'The ETag of the profile or list of members when it was read; the request fails if it has changed since',
    '"0123456789abcdef0123456789abcdef"',
  ],
] as const;

/** Narrows a problem's schema to the types that the route documents. */
function narrow({ content }: Response, status: number): void {
  const problem = content?.['application/problem+json'];
  if (!problem?.schema) return;
  const types = Object.keys(problem.examples ?? {}).map((id) => problemNamespace + id);
  problem.schema = {
    allOf: [
      { $ref: '#/components/schemas/Problem' },
      {
        type: 'object',
        properties: {
          type: { type: 'string', enum: types },
          status: { type: 'integer', enum: [status] },
        },
      },
    ],
  };
}

function headersOf(status: string, { responses, parameters }: Operation, isProbe: boolean) {
  const names: Header[] = ['X-Request-Id'];
  if (!isProbe) names.push('RateLimit-Policy', 'RateLimit');
  if (status === '429') names.push('Retry-After');
  if (status === '401') names.push('WWW-Authenticate');
  if (responses && '304' in responses && (status === '200' || status === '304')) {
    names.push('ETag');
  }
  const paged = parameters?.some((one) => 'name' in one && one.name === 'cursor');
  if (paged && (status === '200' || status === '304')) names.push('Link');
  return names;
}

/** Removes the flag that the generator leaves on patterns; JSON Schema's are Unicode anyway. */
function repairPatterns(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if ('pattern' in value && typeof value.pattern === 'string') {
    value.pattern = value.pattern.replace(/\/u$/, '');
  }
  for (const inner of Object.values(value)) repairPatterns(inner);
}

/**
 * Moves "not modified", problem responses and parameters, which many operations share, into the components and refers to them.
 */
function shareCommonParts(document: Document): void {
  const responses = createShared<Response>('responses');
  const parameters = createShared<Parameter>('parameters');
  for (const item of Object.values(document.paths ?? {})) {
    for (const method of methods) {
      const operation = item[method];
      if (!operation) continue;
      const { responses: own = {} } = operation;
      for (const [status, response] of Object.entries(own) as [string, Response][]) {
        const ids = Object.keys(response.content?.['application/problem+json']?.examples ?? {});
        if (status === '304') own[status] = responses.share(response, 'not-modified');
        else if (ids.length > 0) own[status] = responses.share(response, ids.join('.'));
      }
      operation.parameters &&= operation.parameters.map((one) =>
        'name' in one ? parameters.share(one, one.name) : one,
      );
    }
  }
  document.components = {
    ...document.components,
    responses: responses.all,
    parameters: parameters.all,
  };
}

/** Deduplicates parts of one kind under unique names. */
function createShared<Part>(kind: string) {
  const all: Record<string, Part> = {};
  const names = new Map<string, string>();
  return {
    all,
    /** Returns a reference to a part named `base`, numbered if necessary. */
    share(part: Part, base: string): { $ref: string } {
      const key = JSON.stringify(part);
      let name = names.get(key);
      if (name === undefined) {
        name = base;
        for (let count = 2; name in all; count += 1) name = `${base}.${count}`;
        all[name] = part;
        names.set(key, name);
      }
      return { $ref: `#/components/${kind}/${name}` };
    },
  };
}
