// Words without a / that stand for the path of a file rule: apparmor_parser takes any that is none of its keywords.

import { compareReleases, dialectOf, newestRelease } from '../release.ts';
import { AMPERSAND, COLON } from './character-codes.ts';
import { type Cursor, PATH } from './cursor.ts';
import { isMode } from './file-modes.ts';
import type { Word } from './nodes.ts';

/** True for a word that became a keyword after the target. */
function isLaterKeyword(cursor: Cursor, name: string): boolean {
  const { target, keywords } = cursor;
  const since = keywords.since.get(name);
  return target !== undefined && since !== undefined && compareReleases(since, target) > 0;
}

/** True for a file rule whose path is a word that became a keyword after the target. */
export function laterBareWord(cursor: Cursor): boolean {
  return isLaterKeyword(cursor, cursor.peekName()) && bareWordRule(cursor);
}

/** The bare word at the cursor that can stand for a path: letters, digits and _, no mode and no word of a rule. */
export function bareWord(cursor: Cursor): string | undefined {
  const name = cursor.peekName();
  const end = cursor.pos + name.length;
  const after = cursor.at(end);
  const ends = after <= 32 || after === 44 || after === 35 || cursor.text.startsWith('->', end);
  if (!/^[A-Za-z]/.test(name) || !ends || isMode(name)) return undefined;
  // Where a blank follows, it starts an include.
  if (name === 'include') return after === 32 || after === 9 ? undefined : name;
  return !cursor.keywords.reserved.has(name) || isLaterKeyword(cursor, name) ? name : undefined;
}

/** Whether a word of which apparmor_parser takes all characters is at the cursor: the name of a profile with `:` or `&`. */
export function labelAhead(cursor: Cursor): boolean {
  cursor.skip();
  const code = cursor.peek();
  return code === COLON || code === AMPERSAND;
}

/** Since AppArmor 5.0, the character after a `:` that starts a word is a part of it, whatever it is. */
export function refuseColon(cursor: Cursor, word: Word): void {
  const { target, text } = cursor;
  if (word.text !== ':' || !dialectOf(target ?? newestRelease).colonTakesNext) return;
  // A blank there does no harm.
  if (/\s/.test(text.charAt(word.end)) && cursor.next(',')) return;
  cursor.report(
    'syntax',
    word,
    'AppArmor 5.0 and newer take what follows this ":" for a part of the word.',
    { expected: '":" in quotes', fix: { start: word.start, end: word.end, text: '":"' } },
  );
}

/** True for a file rule whose path is a bare word: access modes and then `,` or `->` follow. */
export function bareWordRule(cursor: Cursor): boolean {
  const end = labelAhead(cursor)
    ? cursor.wordEnd(cursor.pos, PATH)
    : cursor.pos + (bareWord(cursor)?.length ?? 0);
  if (end === cursor.pos) return false;
  const ahead = cursor.ahead();
  ahead.pos = end;
  const mode = ahead.peekName();
  ahead.pos += mode.length;
  return isMode(mode) && (ahead.next(',') || ahead.next('->'));
}
