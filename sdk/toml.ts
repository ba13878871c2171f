import { parse, TomlError } from 'smol-toml';
import type * as z from 'zod';

/** What a file in TOML says, or what is wrong with it. */
export type Toml<Value> = { ok: true; value: Value } | { ok: false; reason: string };

/** Reads TOML of this shape. */
export function parseToml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): Toml<z.infer<Schema>> {
  let document: unknown;
  try {
    document = parse(text);
  } catch (error) {
    return { ok: false, reason: `it is not TOML: ${trouble(error)}` };
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issues = parsed.error.issues.map(({ path, message }) =>
    path.length > 0 ? `${path.join('.')}: ${message}` : message,
  );
  return { ok: false, reason: issues.join('; ') };
}

/** Without the lines of the file that the parser's message quotes: they may hold a token. */
function trouble(error: unknown): string {
  const [what = ''] = (error as Error).message.split('\n');
  const said = what.replace(/^Invalid TOML document: /, '');
  return error instanceof TomlError ? `line ${error.line}: ${said}` : said;
}
