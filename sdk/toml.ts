import { parse, TomlError } from 'smol-toml';
import type * as z from 'zod';
// Not imported from policy's index: the configuration is read at every start.
import { nearest } from '../policy/syntax/names.ts';

/** A parsed TOML file, or its errors. */
export type Toml<Value> = { ok: true; value: Value } | { ok: false; reason: string };

/** The purpose and syntax of a file's fields, by name; nested names are separated by dots. */
export type Fields = Readonly<Record<string, { what: string; example: string }>>;

/** The maximum length of a file, in characters, and nesting depth of its values: far more than any real file has. */
const maxLength = 4 << 20;
const maxDepth = 16;

/** The maximum number of errors reported at once. */
const maxIssues = 8;

/**
 * Parses TOML of this schema. The reason lists all errors of its fields, each with the description in `fields`.
 *
 * @param file the file's path, which the reason starts with
 */
export function parseToml<Schema extends z.ZodType>(
  file: string,
  text: string,
  schema: Schema,
  fields: Fields = {},
): Toml<z.infer<Schema>> {
  let document: unknown;
  try {
    if (text.length > maxLength) throw new Error(`it has more than ${maxLength} characters`);
    document = parse(text, { maxDepth: maxDepth });
  } catch (error) {
    return { ok: false, reason: `${file}: invalid TOML: ${trouble(error)}` };
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return { ok: true, value: parsed.data };
  const all = describeIssues(parsed.error.issues, document, schema, fields);
  const more = all.length - maxIssues;
  const lines = [...all.slice(0, maxIssues), ...(more > 0 ? [`and ${more} more`] : [])];
  return {
    ok: false,
    reason: lines.length > 1 ? [`${file}:`, ...lines].join('\n') : `${file}: ${lines[0]}`,
  };
}

/** Reports unknown names first: one may be a misspelling of a missing field, which is then not reported. */
function describeIssues(
  issues: readonly Issue[],
  document: unknown,
  schema: z.ZodType,
  fields: Fields,
): string[] {
  const meant = new Set<string>();
  const unknown = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [];
    const path = issue.path.map(String);
    const known = namesAt(schema, path);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      if (near !== undefined) meant.add([...path, near].join('.'));
      return describeUnknown([...path, key].join('.'), near, known);
    });
  });
  const wrong = issues.flatMap((issue) => {
    const name = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') return [];
    return meant.has(name) ? [] : [describeIssue(issue, document, fields)];
  });
  return [...new Set([...unknown, ...wrong])];
}

function describeUnknown(name: string, near: string | undefined, known: string[]): string {
  if (near !== undefined) return `${name}: unknown field. Did you mean "${near}"?`;
  return `${name}: unknown field${known.length > 0 ? `; known fields are ${known.join(', ')}` : ''}`;
}

type Issue = z.core.$ZodIssue;

/** Describes an error of a field for the file's author. */
function describeIssue(issue: Issue, document: unknown, fields: Fields): string {
  const path = issue.path.map(String);
  const name = path.join('.');
  if (name === '') return issue.message;
  // For an array's element, the description of the array.
  const field = path.filter((part) => !/^\d+$/.test(part)).join('.');
  const about = Object.hasOwn(fields, field) ? fields[field] : undefined;
  const message = fault(issue, valueAt(document, path));
  if (about === undefined || isWhole(issue)) return `${name}: ${message}`;
  const example = message.includes('such as') ? '' : `, such as ${about.example}`;
  return `${name}: ${message} (${about.what})${example}`;
}

/**
 * A schema's own check of a field: `check` returns the error, which is reported without the description in {@link
 * Fields}.
 */
export function fieldCheck<Value>(check: (value: Value) => string | undefined) {
  return (value: Value, context: z.core.$RefinementCtx): void => {
    const message = check(value);
    if (message !== undefined) {
      context.addIssue({ code: 'custom', message, params: { whole: true } });
    }
  };
}

function isWhole(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params?.whole === true;
}

const types: Record<string, string> = {
  string: 'a quoted string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array, [ … ]',
  object: 'a table',
  record: 'a table',
};

function fault(issue: Issue, value: unknown): string {
  if (value === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${types[issue.expected] ?? issue.expected}`;
    case 'too_big':
      return `has more than ${issue.maximum} ${unit(issue.origin)}`.trimEnd();
    case 'too_small':
      return value === ''
        ? 'is empty'
        : `has fewer than ${issue.minimum} ${unit(issue.origin)}`.trimEnd();
    case 'invalid_union':
      return 'is of the wrong type';
    default:
      return issue.message;
  }
}

function unit(origin: string): string {
  return origin === 'string' ? 'characters' : origin === 'array' ? 'elements' : '';
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

/** The names that a schema has at a path, if known. */
function namesAt(schema: z.ZodType, path: readonly string[]): string[] {
  let at: unknown = schema;
  for (const part of path) {
    const inner = unwrap(at);
    at =
      shapeOf(inner)?.[part] ??
      (inner as { element?: unknown; valueType?: unknown })?.element ??
      (inner as { valueType?: unknown })?.valueType ??
      // The element of an array, which has been unwrapped.
      (/^\d+$/.test(part) ? inner : undefined);
  }
  return Object.keys(shapeOf(unwrap(at)) ?? {});
}

/** The schema inside optional and default wrappers, and after a preprocessing step. */
function unwrap(schema: unknown): unknown {
  let at = schema;
  while (typeof (at as { unwrap?: unknown })?.unwrap === 'function' && !shapeOf(at)) {
    const inner = (at as { unwrap: () => unknown }).unwrap();
    if (inner === at) break;
    at = inner;
  }
  return (at as { out?: unknown })?.out ?? at;
}

function shapeOf(schema: unknown): Record<string, unknown> | undefined {
  return (schema as { shape?: Record<string, unknown> })?.shape;
}

/** Removes the quoted lines of the file from the parser's message: they may contain a token. */
function trouble(error: unknown): string {
  const [what = ''] = (error as Error).message.split('\n');
  const message = what.replace(/^Invalid TOML document: /, '');
  return error instanceof TomlError ? `line ${error.line}: ${message}` : message;
}
