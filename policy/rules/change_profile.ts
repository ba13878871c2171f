// change_profile rules (apparmor.d(5), "change_profile rules").

import { type Cursor, PATH } from '../syntax/cursor.ts';
import { checkTarget } from '../syntax/profile-head.ts';
import type { ChangeProfileRule, Qualifiers, Word } from '../syntax/tree.ts';
import { pathWord } from './file.ts';

/** Reads `[[safe|unsafe] exec] [-> target]` after the keyword. */
export function parseChangeProfile(
  cursor: Cursor,
  parts: { qualifiers: Qualifiers; start: number; blankBefore: boolean; keyword: Word },
): ChangeProfileRule | undefined {
  const name = cursor.peekName();
  const execMode = name === 'safe' || name === 'unsafe' ? cursor.name('keyword') : undefined;
  const exec = pathWord(cursor);
  let target: Word | undefined;
  if (cursor.take('->', 'operator')) {
    cursor.blankAfterArrow();
    target = cursor.word(PATH, 'name');
    if (!target) {
      cursor.report('syntax', { start: cursor.pos, end: cursor.pos + 1 }, 'Nothing follows "->".', {
        expected: 'the name of a profile',
      });
      return undefined;
    }
    checkTarget(target, cursor.report.bind(cursor));
  }
  if (execMode && !exec) {
    cursor.report(
      'change-profile',
      execMode,
      `"${execMode.value}" says how the program is started, so it needs a program.`,
      {
        expected: 'the path of a program after it',
      },
    );
  }
  return {
    ...parts,
    kind: 'change_profile',
    ...(execMode && { execMode }),
    ...(exec && { exec }),
    ...(target && { target }),
    end: cursor.last,
  };
}
