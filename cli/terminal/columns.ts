import stringWidth from 'string-width';

const graphemes = new Intl.Segmenter();

/** The columns of a terminal that a text takes: two for a wide character, none for a combining mark (UAX 11). */
export function columnsOf(text: string): number {
  return stringWidth(text);
}

/** The text with spaces after it, so that it takes `columns`. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** The beginning of a text that takes at most `columns`. */
export function cutColumns(text: string, columns: number): string {
  // Each character takes one.
  if (/^[ -~]*$/.test(text.slice(0, columns + 1))) return text.slice(0, columns);
  let used = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += columnsOf(segment);
    if (used > columns) return text.slice(0, index);
  }
  return text;
}
