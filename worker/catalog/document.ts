import { type Document, methods } from '../openapi/document.ts';

/** The part of a JSON schema that the page shows. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  format?: string;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  maxItems?: number;
  default?: unknown;
  example?: unknown;
}

export interface Parameter {
  name: string;
  in: string;
  required: boolean;
  description: string | undefined;
  schema: Schema;
}

export interface ResponseInfo {
  status: string;
  description: string;
  /** The media type and the schema of its body. */
  type: string | undefined;
  schema: Schema | undefined;
  /** The ids of its possible problems. */
  problems: string[];
}

export interface Operation {
  id: string;
  tag: string;
  method: string;
  path: string;
  summary: string;
  description: string | undefined;
  token: 'required' | 'optional' | 'never';
  parameters: Parameter[];
  body: Schema | undefined;
  responses: ResponseInfo[];
}

export interface Problem {
  id: string;
  type: string;
  status: number;
  title: string;
  meaning: string;
}

/** An OpenAPI document in the structure of the page. */
export interface Reference {
  info: { description?: string | undefined };
  tags: { name: string; description: string }[];
  operations: Operation[];
  schemas: Record<string, Schema>;
  problems: Problem[];
}

interface RawOperation {
  operationId?: string;
  tags?: string[];
  summary?: string;
  description?: string;
  security?: Record<string, unknown>[];
  parameters?: (RawParameter | { $ref: string })[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses?: Record<string, RawResponse | { $ref: string }>;
}

type RawParameter = Omit<Parameter, 'required'> & { required?: boolean };

interface RawResponse {
  description: string;
  content?: Record<string, { schema?: Schema; examples?: Record<string, unknown> }>;
}

interface RawExample {
  summary: string;
  description: string;
  value: { type: string; status: number };
}

const problemType = 'application/problem+json';

export function readDocument(document: Document): Reference {
  const { info, tags = [], components, paths = {} } = document;
  const examples = Object.entries((components?.examples ?? {}) as Record<string, RawExample>);
  const find = finder(components ?? {});
  return {
    info,
    tags: tags.map(({ name, description = '' }) => ({ name, description })),
    operations: Object.entries(paths).flatMap(([path, item]) =>
      methods.flatMap((method) => {
        const raw = item[method] as RawOperation | undefined;
        return raw ? [readOperation(method, path, raw, find)] : [];
      }),
    ),
    schemas: (components?.schemas ?? {}) as Record<string, Schema>,
    problems: examples.map(([id, { summary: title, description: meaning, value }]) => ({
      id,
      title,
      meaning,
      ...value,
    })),
  };
}

function readOperation(
  method: string,
  path: string,
  raw: RawOperation,
  find: ReturnType<typeof finder>,
): Operation {
  const { operationId = '', tags = [], summary = '', description, security = [] } = raw;
  return {
    id: operationId,
    tag: tags[0] ?? '',
    method,
    path,
    summary,
    description,
    token:
      security.length === 0
        ? 'never'
        : security.some((scheme) => Object.keys(scheme).length === 0)
          ? 'optional'
          : 'required',
    parameters: (raw.parameters ?? []).map((parameter) => ({
      required: false,
      ...find<RawParameter>(parameter),
    })),
    body: raw.requestBody?.content['application/json']?.schema,
    responses: Object.entries(raw.responses ?? {}).map(([status, response]) => {
      const { description, content } = find<RawResponse>(response);
      const [type, media] = Object.entries(content ?? {})[0] ?? [];
      const problems = type === problemType ? Object.keys(media?.examples ?? {}) : [];
      return { status, description, type, schema: media?.schema, problems };
    }),
  };
}

/** Creates a function that resolves a reference to a component and returns anything else unchanged. */
function finder(components: object) {
  return <Part extends object>(part: Part | { $ref: string }): Part => {
    if (!('$ref' in part)) return part;
    const [kind = '', name = ''] = part.$ref.replace('#/components/', '').split('/');
    return (components as Record<string, Record<string, Part>>)[kind]?.[name] as Part;
  };
}

/** The operations by tag, in the order of the tags. */
export function operationsByTag({ tags, operations }: Reference) {
  return tags
    .map((tag) => ({ ...tag, operations: operations.filter((one) => one.tag === tag.name) }))
    .filter((group) => group.operations.length > 0);
}

const refPrefix = '#/components/schemas/';

/** The name in a `$ref`; `undefined` for other text. */
export function refName(text: string): string | undefined {
  return text.startsWith(refPrefix) ? text.slice(refPrefix.length) : undefined;
}

/** A short description of a type, as a list of texts and `$ref`s. */
export function typeOf(schema: Schema): string[] {
  if (schema.$ref !== undefined) return [schema.$ref];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.flatMap((one, at) => [...(at > 0 ? [' or '] : []), ...typeOf(one)]);
  if (schema.allOf) {
    return schema.allOf
      .filter((one) => one.$ref ?? one.type ?? one.anyOf)
      .flatMap(typeOf)
      .slice(0, 1);
  }
  if (schema.enum) return [schema.enum.map((value) => JSON.stringify(value)).join(' or ')];
  const types = [schema.type ?? 'anything'].flat();
  const nullable = types.includes('null') ? ' or null' : '';
  const [type = 'anything'] = types.filter((one) => one !== 'null');
  if (type === 'array') return ['array of ', ...typeOf(schema.items ?? {}), nullable];
  if (type === 'object' && typeof schema.additionalProperties === 'object') {
    return ['object of ', ...typeOf(schema.additionalProperties), nullable];
  }
  return [[type, ...limitsOf(schema)].join(', ') + nullable];
}

function limitsOf({ format, maxLength, minimum, maximum, default: preset }: Schema): string[] {
  const limits = [];
  if (format !== undefined) limits.push(format);
  if (maxLength !== undefined) limits.push(`at most ${maxLength} characters`);
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) {
    limits.push(`${minimum ?? 0} to ${maximum}`);
  }
  if (preset !== undefined && preset !== null) limits.push(`default ${JSON.stringify(preset)}`);
  return limits;
}

function resolve(schema: Schema, { schemas }: Reference): Schema {
  const name = schema.$ref === undefined ? undefined : refName(schema.$ref);
  return name === undefined ? schema : (schemas[name] ?? schema);
}

/** The fields of an object. */
export function propertiesOf(schema: Schema, reference: Reference) {
  const { properties = {}, required = [] } = resolve(schema, reference);
  return Object.entries(properties).map(([name, property]) => ({
    name,
    required: required.includes(name),
    schema: property,
  }));
}

/** An example value of a schema, made from the examples in it, without optional fields. */
export function exampleOf(given: Schema, reference: Reference): unknown {
  const schema = resolve(given, reference);
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const choice = schema.allOf?.[0] ?? schema.anyOf?.[0] ?? schema.oneOf?.[0];
  if (choice) return exampleOf(choice, reference);
  const [type] = [schema.type ?? 'string'].flat();
  if (type === 'object') {
    const { properties = {}, required = [] } = schema;
    return Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => required.includes(name))
        .map(([name, property]) => [name, exampleOf(property, reference)]),
    );
  }
  if (type === 'array') return [exampleOf(schema.items ?? {}, reference)];
  if (type === 'integer' || type === 'number') return schema.minimum ?? 0;
  return type === 'boolean' ? true : '…';
}

/** A curl command that calls an operation. */
export function curl(operation: Operation, reference: Reference): string {
  const { method, path, parameters, body, token, responses } = operation;
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const parameter = parameters.find((one) => one.in === 'path' && one.name === name);
    return String(parameter ? exampleOf(parameter.schema, reference) : name);
  });
  const query = parameters
    .filter(({ in: place, schema }) => place === 'query' && schema.example !== undefined)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(schema.example))}`);
  const address = `"$AA_REGISTRY${filled}${query.length > 0 ? `?${query.join('&')}` : ''}"`;
  const request = method === 'get' ? '' : ` -X ${method.toUpperCase()}`;
  const lines = [`curl${request} ${address}`];
  if (token === 'required') lines.push('-H "Authorization: Bearer $AA_TOKEN"');
  if (body) {
    lines.push('-H "Content-Type: application/json"');
    const text = JSON.stringify(exampleOf(body, reference));
    lines.push(`-d '${text.replaceAll("'", `'\\''`)}'`);
  }
  if (responses.some(({ type }) => type === 'application/octet-stream')) lines.push('-o tile');
  return lines.join(' \\\n  ');
}
