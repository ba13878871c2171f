// Link rules (apparmor.d(5), "Link rules").
import { type Cursor, PATH } from '../syntax/cursor.ts';
import type { LinkRule, Qualifiers, Word } from '../syntax/tree.ts';
import { filePath } from './file.ts';

/** Reads `[subset] path -> target` after the keyword `link`. */
export function parseLink(
  cursor: Cursor,
  parts: { qualifiers: Qualifiers; start: number; blankBefore: boolean; keyword: Word },
): LinkRule | undefined {
  const subset = cursor.peekName() === 'subset' ? cursor.name('keyword') : undefined;
  const path = filePath(cursor);
  const arrow = path && cursor.take('->', 'operator');
  if (arrow) cursor.refuseComment();
  const target = arrow && cursor.word(PATH, 'path');
  if (!path || !target) {
    cursor.report(
      'syntax',
      { start: cursor.pos, end: cursor.pos + 1 },
      'A link rule names the link and what it points to.',
      {
        expected: !path
          ? 'the path of the link'
          : arrow
            ? 'the path it points to'
            : '"->" and the path it points to',
      },
    );
    return undefined;
  }
  return { ...parts, kind: 'link', ...(subset && { subset }), path, target, end: cursor.last };
}
