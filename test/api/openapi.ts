import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

/** The part of a JSON schema that the tests use. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  enum?: unknown[];
  anyOf?: Schema[];
  allOf?: Schema[];
  maxLength?: number;
  default?: unknown;
  example?: unknown;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required?: boolean;
  schema: Schema;
}

export interface ResponseObject {
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, { schema: Schema }>;
}

export interface Operation {
  method: string;
  path: string;
  operationId: string;
  summary: string;
  tags: string[];
  security?: Record<string, unknown>[];
  parameters?: Parameter[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, ResponseObject>;
}

/** An operation in a document; its responses may be references. */
type RawOperation = Omit<Operation, 'method' | 'path' | 'responses' | 'parameters'> & {
  responses: Record<string, ResponseObject | { $ref: string }>;
  parameters?: (Parameter | { $ref: string })[];
};

/** An OpenAPI document as a registry serves it. */
export interface Document {
  openapi: string;
  tags: { name: string }[];
  paths: Record<string, Record<string, RawOperation>>;
  components: {
    schemas: Record<string, Schema>;
    headers: Record<string, { required?: boolean; schema: Schema }>;
    examples: Record<string, { value: unknown }>;
    responses: Record<string, ResponseObject>;
    parameters: Record<string, Parameter>;
  };
}

export function operationsOf({ paths, components }: Document): Operation[] {
  /** Resolves a reference to a component. */
  function resolve<Part extends object>(part: Part | { $ref: string }): Part {
    if (!('$ref' in part)) return part;
    const [kind = '', name = ''] = part.$ref.replace('#/components/', '').split('/');
    const found = (components as unknown as Record<string, Record<string, Part>>)[kind]?.[name];
    if (!found) throw new Error(`${part.$ref} leads nowhere`);
    return found;
  }

  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      parameters: operation.parameters?.map((one) => resolve(one)) ?? [],
      responses: Object.fromEntries(
        Object.entries(operation.responses).map(([status, one]) => [status, resolve(one)]),
      ),
      method: method.toUpperCase(),
      path,
    })),
  );
}

/** Validates values by the schemas of a document. */
export interface Contract {
  /** The errors of a value by a schema of the document; none if it is valid. */
  faults: (schema: Schema, value: unknown) => string[];
  /** Resolves the `$ref` of a schema. */
  resolve: (schema: Schema) => Schema;
}

export function contractOf(document: Document): Contract {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  // Responses have no undocumented properties.
  const { components } = closed(document) as Document;
  ajv.addSchema({ $id: 'openapi', components });
  const compiled = new Map<string, ValidateFunction>();
  return {
    faults(schema, value) {
      const key = JSON.stringify(schema);
      const validate = compiled.get(key) ?? ajv.compile(absolute(closed(schema)) as Schema);
      compiled.set(key, validate);
      validate(value);
      return (validate.errors ?? []).map(
        ({ instancePath, message, params }) =>
          `${instancePath || '/'} ${message} ${JSON.stringify(params)}`,
      );
    },
    resolve(schema) {
      const name = schema.$ref?.replace('#/components/schemas/', '');
      return name === undefined ? schema : (document.components.schemas[name] ?? schema);
    },
  };
}

/** The schema without additional properties, except in parts of an allOf. */
function closed(value: unknown, open = false): unknown {
  if (Array.isArray(value)) return value.map((one) => closed(one, open));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [
    key,
    closed(inner, key === 'allOf'),
  ]);
  const copy = Object.fromEntries(entries);
  if ('properties' in copy && !open) copy.additionalProperties ??= false;
  return copy;
}

/** A standalone schema with its references pointing into the document. */
function absolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absolute);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === '$ref' && typeof inner === 'string' ? `openapi${inner}` : absolute(inner),
    ]),
  );
}
