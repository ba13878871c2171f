// Words without a / that stand for the path of a file rule: apparmor_parser takes any that is none of its keywords.
import { compareReleases } from '../release.ts';
import type { Cursor } from './cursor.ts';
import { isMode } from './file-modes.ts';

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

/** True for a file rule whose path is a bare word: access modes and then `,` or `->` follow. */
export function bareWordRule(cursor: Cursor): boolean {
  const name = bareWord(cursor);
  if (name === undefined) return false;
  const ahead = cursor.ahead();
  ahead.pos += name.length;
  const mode = ahead.peekName();
  ahead.pos += mode.length;
  return isMode(mode) && (ahead.next(',') || ahead.next('->'));
}
