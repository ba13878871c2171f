// Characters that are not seen, or that make others be seen as what they are not.

/**
 * Control characters (C0 and C1), which steer a terminal; what turns the order of text around (UAX 9); what is
 * invisible (soft hyphens, joiners, variation selectors, tags); separators of lines that are no newline; halves of
 * surrogate pairs.
 */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu;

/** Those characters except tabs and newlines, which a text of many lines has. */
export const hiddenInLines =
  /[[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]--[\n\t]]/gv;

/** Whether a text has such a character; a tab or a newline is one. */
export function hasHidden(text: string): boolean {
  hidden.lastIndex = 0;
  return hidden.test(text);
}

/** Each such character of a text, and where it is in UTF-16 units. */
export function* hiddenCharacters(text: string): Generator<{ start: number; character: string }> {
  for (const { index, 0: character } of text.matchAll(hidden)) yield { start: index, character };
}

/** The text with each such character as `replace` says. */
export function replaceHidden(text: string, replace: (character: string) => string): string {
  return text.replace(hidden, replace);
}

/** Text for people with such characters spelt out as `\u{…}`; tabs and newlines stay, for it may be many lines. */
export function visible(text: string): string {
  return text.replace(hiddenInLines, spell);
}

/** Characters other than those of nearly all texts: of ASCII, Latin letters, dashes, quotation marks; none of these is hidden. */
const uncommon = /[^\t\n -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027]/;

/** Whether {@link visible} leaves a text as it is. */
export function isVisible(text: string): boolean {
  return !uncommon.test(text) || text.search(hiddenInLines) < 0;
}

/** As {@link visible}, for a text within one line, such as a file's name. */
export function visibleLine(text: string): string {
  return replaceHidden(text, spell);
}

/** A character as `\u{…}`, by its code point. */
export function spell(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}

/** JSON with such characters in its strings escaped as JSON does that: it stays the same data. */
export function visibleJson(value: unknown): string {
  return replaceHidden(JSON.stringify(value), (character) =>
    Array.from({ length: character.length }, (_, at) => {
      const unit = character.charCodeAt(at).toString(16);
      return `\\u${unit.padStart(4, '0')}`;
    }).join(''),
  );
}

/** A text of at most `most` characters: a longer one is cut, and ends with an ellipsis. */
export function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
