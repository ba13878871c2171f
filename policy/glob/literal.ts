// Escapes and quotes a text so that a rule matches it literally.
import { replaceHidden } from '../visible.ts';

/**
 * A path or name as a word of a rule that matches exactly it. A byte that is no UTF-8 is taken as a lone surrogate
 * from U+DC80 to U+DCFF.
 */
export function literal(text: string): string {
  return quoted(escaped(text));
}

/** A pattern as a word of a rule: quoted where that is needed. */
export function quoted(pattern: string): string {
  return /^[\w/.+:%~@\\*?[\]{}^-]+$/.test(pattern) ? pattern : `"${pattern}"`;
}

/** A text as a pattern that matches exactly it, without quotes. */
export function escaped(text: string): string {
  const globs = text.replace(special, (character) =>
    globbing.includes(character) ? `\\${character}` : octal(character.charCodeAt(0)),
  );
  return replaceHidden(globs, bytesOf);
}

/** Not `\x01`: apparmor_parser 3.0 takes a letter after it for a third digit. */
function octal(byte: number): string {
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

/** An invisible character as octal escapes, so that a reader of the rule sees it. */
function bytesOf(character: string): string {
  if (/[\udc80-\udcff]/u.test(character)) return octal(byte(character));
  // Names in logs may consist of nothing else, and encoding is slow.
  if (character < '\x80') return octal(character.charCodeAt(0));
  return [...new TextEncoder().encode(character)].map(octal).join('');
}

const globbing = '*?[]{}^';
/** What a pattern or a quoted word would take for something else. */
const special = /[*?[\]{}^\\"]/g;

function byte(character: string): number {
  return character.charCodeAt(0) & 0xff;
}
