import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter();

/** The width of a text in terminal columns: two for a wide character, none for a combining mark (UAX 11). */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** Pads the text with spaces to `columns`. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** Cuts the text to at most `columns`. */
export function cutColumns(text: string, columns: number): string {
  // No UTF-16 unit takes more than two.
  if (2 * text.length <= columns) return text;
  // Each character takes one.
  if (/^[ -~]*$/.test(text.slice(0, columns + 1))) return text.slice(0, columns);
  let used = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += columnsOf(segment);
    if (used > columns) return text.slice(0, index);
  }
  return text;
}
