// Characters no policy should contain.
import { LF } from './character-codes.ts';
import type { Cursor } from './cursor.ts';

/** ASCII's control characters, but those that are white space in a line or end it. */
const control = /[^\P{Cc}\t\n\r\x80-\x9f]/u;

/** A carriage return that is no part of a line end. */
const lone = /\r(?!\n)/g;

/** A lone surrogate that represents a byte. */
const rawByte = /[\udc80-\udcff]/u;

/**
 * Reports characters no policy should contain, once all of it is read. With `rawBytes`, lone surrogates from U+DC80 to
 * U+DCFF stand for bytes that are not UTF-8: the first is reported, for all of them.
 */
export function checkCharacters(cursor: Cursor, rawBytes: boolean): void {
  checkReturns(cursor);
  const { text } = cursor;
  // Nearly every text has none; the engine finds that out fastest.
  if (text.isWellFormed() && !control.test(text)) return;
  if (rawBytes) {
    const start = text.search(rawByte);
    if (start >= 0) {
      const byte = (text.charCodeAt(start) & 0xff).toString(16).toUpperCase();
      cursor.report(
        'raw-byte',
        { start, end: start + 1 },
        `The file is not UTF-8: the byte 0x${byte} is no part of a character.`,
        { expected: 'text in UTF-8' },
      );
    }
  }
  let reported = 0;
  for (let i = 0; i < text.length && reported < 20; i++) {
    const code = text.charCodeAt(i);
    if (code >= 32 && code < 0xd800 && code !== 127) continue;
    if (code === 9 || code === LF || code === 13) continue;
    const range = { start: i, end: i + 1 };
    if (code === 0) {
      cursor.report('nul-byte', range, 'A NUL byte ends the text for apparmor_parser.', {
        expected: 'text without NUL bytes',
      });
      reported++;
    } else if (code < 32 || code === 127) {
      cursor.report(
        'control-character',
        range,
        `Control character U+${code.toString(16).toUpperCase().padStart(4, '0')}.`,
        { expected: 'printable text' },
      );
      reported++;
    } else if (code >= 0xd800 && code <= 0xdbff) {
      const low = text.charCodeAt(i + 1);
      if (low >= 0xdc00 && low <= 0xdfff) i++;
      else {
        cursor.report('malformed-unicode', range, 'Half of a UTF-16 surrogate pair.', {
          expected: 'well-formed Unicode',
        });
        reported++;
      }
    } else if (code >= 0xdc00 && code <= 0xdfff && !(rawBytes && (code & 0xff80) === 0xdc80)) {
      cursor.report('malformed-unicode', range, 'Half of a UTF-16 surrogate pair.', {
        expected: 'well-formed Unicode',
      });
      reported++;
    }
  }
}

/** A carriage return alone is no blank: only in a comment or in quotes apparmor_parser takes it. */
function checkReturns(cursor: Cursor): void {
  const inComment = within(cursor.commentRanges);
  const inQuotes = within(cursor.quoteRanges);
  for (const { index } of cursor.text.matchAll(lone)) {
    if (inComment(index) || inQuotes(index)) continue;
    cursor.report(
      'carriage-return',
      { start: index, end: index + 1 },
      'A carriage return alone ends no line, and is no blank.',
      { expected: 'LF at the end of the line' },
    );
  }
}

/** Whether offsets, given in ascending order, are in one of the ranges: start, end, start, end … */
export function within(ranges: readonly number[]): (offset: number) => boolean {
  let at = 0;
  return (offset) => {
    while (at < ranges.length && (ranges[at + 1] as number) <= offset) at += 2;
    return at < ranges.length && (ranges[at] as number) <= offset;
  };
}
