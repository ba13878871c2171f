import stringWidth from 'string-width';

let segmenter: Intl.Segmenter | undefined;

/** The grapheme clusters of a text. The segmenter is created when it is first used, since that takes 15 ms. */
function graphemesOf(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter();
  return segmenter.segment(text);
}

/** Whether each character of the text takes one column. */
const isAscii = (text: string) => !/[^ -~]/.test(text);

/** The width of a text in terminal columns: two for a wide character, none for a combining mark (UAX 11). */
export function columnsOf(text: string): number {
  // string-width takes long to load, see scripts/bundle-options.ts.
  return isAscii(text) ? text.length : stringWidth(text);
}

/** Pads the text with spaces to `columns`. */
export function padColumns(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** Cuts the text to at most `columns`. */
export function cutColumns(text: string, columns: number): string {
  // No UTF-16 unit takes more than two.
  if (2 * text.length <= columns) return text;
  if (isAscii(text.slice(0, columns + 1))) return text.slice(0, columns);
  let used = 0;
  for (const { segment, index } of graphemesOf(text)) {
    used += columnsOf(segment);
    if (used > columns) return text.slice(0, index);
  }
  return text;
}
