import { decodeBase64, encodeBase64 } from '../../trust/base64.ts';
import { readAtMost } from '../../trust/read-at-most.ts';

/** The maximum size of a text in the playground, in bytes: that of a profile in a registry. */
export const maxTextBytes = 256 * 1024;

/** The maximum length of a link's fragment, in characters. */
const maxFragment = 512 * 1024;

/** The start of a fragment with a text: `#1=` and the raw DEFLATE (RFC 1951) of its UTF-8, in base64url without padding. */
const prefix = '#1=';

/** The fragment of a link that has a text in it. */
export async function encodeFragment(text: string): Promise<string> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const encoded = encodeBase64(bytes).replaceAll('+', '-').replaceAll('/', '_');
  return prefix + encoded.replace(/=+$/, '');
}

/** The text in a fragment; `undefined` if it has none, is malformed, or its text is too large. Never throws. */
export async function decodeFragment(fragment: string): Promise<string | undefined> {
  if (!fragment.startsWith(prefix) || fragment.length > maxFragment) return undefined;
  const encoded = fragment.slice(prefix.length).replaceAll('-', '+').replaceAll('_', '/');
  const bytes = decodeBase64(encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '='));
  if (!bytes) return undefined;
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    const text = await readAtMost(stream, maxTextBytes);
    return text && new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    // Not DEFLATE, or not UTF-8.
    return undefined;
  }
}
