import { visibleLine } from '../../policy/index.ts';

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Escapes a line of text for XML 1.0, in elements and in attributes; hidden characters are spelt out as in pages. */
export function escapeXml(text: string): string {
  return visibleLine(text)
    .replaceAll(/[&<>"]/g, (character) => escapes[character] ?? '')
    .replaceAll(/[\ufffe\uffff]/g, '\ufffd');
}
