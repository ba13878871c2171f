/** How large a document in JSON may be, beyond its length. */
export interface JsonLimits {
  /** How deep arrays and objects may nest. */
  depth: number;
  /** How many values it may have, including names of members. */
  values: number;
}

/** More than anything that a registry, a container runtime or this program writes. */
export const jsonLimits: JsonLimits = { depth: 32, values: 250_000 };

/**
 * Reads JSON (RFC 8259) that others wrote. Parsed, a byte of text can take a hundred bytes of memory, as in nested
 * empty arrays. So depth and values are counted before parsing, which bounds the memory to some tens of megabytes.
 * Throws a SyntaxError for more, and for malformed JSON.
 */
export function parseJson(text: string, limits: JsonLimits = jsonLimits): unknown {
  requireBoundedJson(text, limits);
  return JSON.parse(text);
}

/** Throws a SyntaxError when a text would be more than {@link parseJson} reads; it need not be JSON otherwise. */
export function requireBoundedJson(
  text: string,
  { depth: maxDepth, values: maxValues }: JsonLimits = jsonLimits,
): void {
  let depth = 0;
  let values = 1;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case openBracket:
      case openBrace:
        if (++depth > maxDepth) throw new SyntaxError(`nested deeper than ${maxDepth} levels`);
        if (++values > maxValues) throw new SyntaxError(`more than ${maxValues} values`);
        break;
      case closeBracket:
      case closeBrace:
        depth--;
        break;
      case comma:
      case colon:
        if (++values > maxValues) throw new SyntaxError(`more than ${maxValues} values`);
        break;
    }
  }
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Where the string that begins at `start` ends; the text's end when it never does. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === backslash) before--;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}
