/** Limits of a JSON document, besides its length. */
export interface JsonLimits {
  /** The maximum nesting of arrays and objects. */
  maxDepth: number;
  /** The maximum number of values, including the names of members. */
  maxValues: number;
}

/** More than any document of a registry, a container runtime or this program. */
export const jsonLimits: JsonLimits = { maxDepth: 32, maxValues: 250_000 };

/**
 * Parses untrusted JSON (RFC 8259). A byte of text can take a hundred bytes of memory once parsed, such as nested empty
 * arrays, so depth and values are counted before parsing. That bounds the memory to some tens of megabytes. Throws a
 * SyntaxError over a limit and for malformed JSON.
 */
export function parseJson(text: string, limits: JsonLimits = jsonLimits): unknown {
  requireBoundedJson(text, limits);
  return JSON.parse(text);
}

/** Throws a SyntaxError if a text exceeds the limits of {@link parseJson}. Does not check that it is valid JSON. */
export function requireBoundedJson(
  text: string,
  { maxDepth, maxValues }: JsonLimits = jsonLimits,
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

/** The offset of the closing quote of the string that begins at `start`; the text's length if it is unterminated. */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let before = at;
    while (text.charCodeAt(before - 1) === backslash) before--;
    if ((at - before) % 2 === 0) return at;
  }
  return text.length;
}
