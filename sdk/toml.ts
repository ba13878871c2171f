import { parse, TomlError } from 'smol-toml';
import type * as z from 'zod';

/** What a file in TOML says, or what is wrong with it. */
export type Toml<Value> = { ok: true; value: Value } | { ok: false; reason: string };

/** How many characters a file may have, and how deep its values may nest: far more than any that is of use. */
const longest = 4 << 20;
const deepest = 16;

/** Reads TOML of this shape. */
export function parseToml<Schema extends z.ZodType>(
  text: string,
  schema: Schema,
): Toml<z.infer<Schema>> {
  let document: unknown;
  try {
    if (text.length > longest) throw new Error(`it has more than ${longest} characters`);
    document = parse(text, { maxDepth: deepest });
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
