// File rules (apparmor.d(5), "Access Modes"): `path mode`, `mode path`, and `file` alone.

import { compareReleases, type Release } from '../release.ts';
import { type Cursor, PATH } from '../syntax/cursor.ts';
import { checkTarget } from '../syntax/profile-head.ts';
import type { BareFileRule, ExecTransition, FileRule, Permissions, Word } from '../syntax/tree.ts';
import { variableEnd } from '../syntax/variables.ts';
import type { Report } from './kind.ts';

const simple: Readonly<Record<string, 'read' | 'write' | 'append' | 'link' | 'lock' | 'mmap'>> = {
  r: 'read',
  R: 'read',
  w: 'write',
  W: 'write',
  a: 'append',
  l: 'link',
  L: 'link',
  k: 'lock',
  m: 'mmap',
  M: 'mmap',
};

/** Reads one exec transition at `at`; returns it and where it ends. */
function execAt(text: string, at: number): { exec: ExecTransition; end: number } | undefined {
  const isX = (i: number) => text[i] === 'x' || text[i] === 'X';
  const first = text[at] ?? '';
  const mode = first.toLowerCase();
  const safe = first !== mode;
  if (mode === 'x') return { exec: { mode: 'x', safe: false }, end: at + 1 };
  // Inheriting changes no privileges, so there is nothing to scrub.
  if (mode === 'i' && isX(at + 1)) return { exec: { mode, safe: true }, end: at + 2 };
  if (mode === 'u' && isX(at + 1)) return { exec: { mode, safe }, end: at + 2 };
  if (mode !== 'p' && mode !== 'c') return undefined;
  if (isX(at + 1)) return { exec: { mode, safe }, end: at + 2 };
  const fallback = text[at + 1]?.toLowerCase();
  if ((fallback === 'i' || fallback === 'u') && isX(at + 2))
    return { exec: { mode, fallback, safe }, end: at + 3 };
  return undefined;
}

/** True when a word consists of access modes only. */
export function isMode(text: string): boolean {
  let at = 0;
  while (at < text.length) {
    if (simple[text[at] as string]) at++;
    else {
      const exec = execAt(text, at);
      if (!exec) return false;
      at = exec.end;
    }
  }
  return at > 0;
}

/** `Px`, `pix`, `x` … as it is written. */
export function execText(exec: ExecTransition): string {
  if (exec.mode === 'x' || exec.mode === 'i') return exec.mode === 'x' ? 'x' : 'ix';
  const text = exec.mode + (exec.fallback ?? '');
  return `${exec.safe ? text.toUpperCase().replace('I', 'i') : text}x`;
}

function sameExec(a: ExecTransition, b: ExecTransition): boolean {
  return a.mode === b.mode && a.fallback === b.fallback && a.safe === b.safe;
}

/** Reads the access modes of a file rule and reports what is wrong with them. */
export function permissions(word: Word, deny: boolean, report: Report): Permissions {
  const found: Permissions = {
    read: false,
    write: false,
    append: false,
    link: false,
    lock: false,
    mmap: false,
  };
  const { text } = word;
  let at = 0;
  while (at < text.length) {
    const name = simple[text[at] as string];
    if (name) {
      found[name] = true;
      at++;
      continue;
    }
    const next = execAt(text, at);
    if (!next) {
      report(
        'file-permissions',
        { start: word.start + at, end: word.end },
        `"${text.slice(at)}" is not an access mode.`,
        {
          expected:
            'letters of r w a l k m, or an exec transition: ix, px, Px, cx, Cx, ux, Ux, pix, pux …',
        },
      );
      return found;
    }
    if (found.exec && !sameExec(found.exec, next.exec)) {
      report(
        'exec-mode',
        { start: word.start + at, end: word.start + next.end },
        `A rule has one exec transition: ${execText(found.exec)} and ${execText(next.exec)} contradict each other.`,
        {
          expected: 'one of them',
        },
      );
      return found;
    }
    found.exec = next.exec;
    at = next.end;
  }
  if (found.write && found.append) {
    report(
      'file-permissions',
      word,
      '"w" and "a" exclude each other: write already allows appending.',
      {
        expected: 'w or a',
        suggestion: text.replaceAll('a', ''),
      },
    );
  }
  if (found.exec?.mode === 'x' && !deny) {
    report(
      'exec-mode',
      word,
      '"x" alone says only what to forbid; allowing it needs to say which profile the program gets.',
      {
        expected: 'ix, px, Px, cx, Cx, ux or Ux',
        suggestion: text.replace(/x$/i, 'ix'),
      },
    );
  }
  if (deny && found.exec && found.exec.mode !== 'x') {
    report(
      'exec-mode',
      word,
      `A deny rule forbids running the file, so it takes a bare x, not ${execText(found.exec)}.`,
      {
        expected: 'x',
        suggestion: text.replace(execText(found.exec), 'x'),
      },
    );
  }
  return found;
}

/** True when a word can be the path of a rule. */
export function isPath(word: Word): boolean {
  return word.value.startsWith('/') || word.value.startsWith('@{') || word.value.startsWith('@');
}

type Parts = Pick<FileRule, 'qualifiers' | 'start' | 'blankBefore'> & {
  keyword?: Word;
  execMode?: Word;
};

/** Reads a file rule whose qualifiers, `file` and `safe`/`unsafe` are already read. */
export function parseFile(cursor: Cursor, parts: Parts): FileRule | BareFileRule | undefined {
  const report: Report = cursor.report.bind(cursor);
  const deny = parts.qualifiers.access?.value === 'deny';
  if (parts.keyword && !parts.execMode && cursor.next(',')) {
    if (deny) {
      report('deny-file', parts.keyword, 'No apparmor_parser compiles this yet.', {
        expected: 'deny /** rwlkmx,',
        suggestion: 'deny /** rwlkmx,',
        parsers: 'refuse',
      });
    }
    return { ...parts, kind: 'file-all', keyword: parts.keyword, end: cursor.last };
  }
  const name = cursor.peekName();
  let mode: Word | undefined;
  let path: Word | undefined;
  let subset: Word | undefined;
  const leading = name !== '' && isMode(name);
  if (leading) {
    mode = cursor.name('permission');
    if (cursor.peekName() === 'subset') subset = cursor.name('keyword');
    path = filePath(cursor);
  } else {
    path = filePath(cursor);
    if (path) {
      cursor.skip();
      mode = cursor.name('permission');
    }
  }
  if (!path) {
    report('syntax', { start: cursor.pos, end: cursor.pos + 1 }, 'A file rule needs a path.', {
      expected: 'a path that starts with / or a variable',
    });
    return undefined;
  }
  if (!mode) {
    const comma = path.text.includes(',') || cursor.peek() === 44;
    report(
      'syntax',
      { start: cursor.pos, end: cursor.pos + 1 },
      'The access modes are missing after the path.',
      {
        expected: comma
          ? 'access modes such as r, and quotes around a path that ends with a comma'
          : 'access modes such as r or rw',
      },
    );
    return undefined;
  }
  let target: Word | undefined;
  if (cursor.take('->', 'operator')) {
    cursor.refuseComment();
    target = cursor.word(PATH, 'name');
    if (!target) {
      report('syntax', { start: cursor.pos, end: cursor.pos + 1 }, 'Nothing follows "->".', {
        expected: 'the name of a profile',
      });
      return undefined;
    }
    checkTarget(target, cursor.report.bind(cursor));
  }
  const after = cursor.at(mode.end);
  if (after > 32 && after !== 44) {
    report('syntax', { start: mode.end, end: mode.end + 1 }, 'The access modes end with a blank.', {
      expected: leading ? 'a blank before the path' : 'a blank or a comma',
    });
  }
  const found = permissions(mode, deny, report);
  if (found.exec && parts.execMode?.value === 'unsafe') found.exec.safe = false;
  if (found.exec && parts.execMode?.value === 'safe') found.exec.safe = true;
  if (parts.execMode && !found.exec) {
    report(
      'exec-mode',
      parts.execMode,
      `"${parts.execMode.value}" speaks of running a program, and this rule does not allow that.`,
      {
        expected: 'an exec transition such as px',
      },
    );
  }
  if (parts.execMode && deny) {
    report('exec-mode', parts.execMode, `A deny rule cannot be ${parts.execMode.value}.`, {
      expected: 'deny without it',
    });
  }
  if (
    subset &&
    (!found.link ||
      found.exec ||
      found.read ||
      found.write ||
      found.append ||
      found.lock ||
      found.mmap)
  ) {
    report('file-permissions', subset, '"subset" belongs to link rules.', {
      expected: 'l alone before subset',
    });
  }
  if (leading && target && found.link && found.exec) {
    report(
      'file-permissions',
      mode,
      'With "->" this rule cannot both link and run: is the name a link target or a profile?',
      {
        expected: 'two rules',
      },
    );
  }
  return {
    ...parts,
    kind: 'file',
    path,
    mode,
    permissions: found,
    leading,
    ...(subset && { subset }),
    ...(target && { target }),
    end: cursor.last,
  };
}

/** The path of a file or link rule, or a bare word for it: right after a variable a carriage return counts as its next character. */
export function filePath(cursor: Cursor): Word | undefined {
  const word = pathWord(cursor) ?? barePath(cursor);
  if (word?.text.startsWith('@') && variableEnd(cursor, word.start) === word.end)
    cursor.refuseReturn(word.end, true);
  return word;
}

/** Words that apparmor_parser knows, so that none of them can be a path. */
const reserved: ReadonlySet<string> = new Set(
  (
    'abi alias all allow and audit bind capability change_profile dbus defined delete deny eavesdrop else file hat ' +
    'if in io_uring link mount mqueue network not open or other override_creds owner peer pivot_root ' +
    'priority profile prompt ptrace read readby receive remount rewrite rlimit safe send set signal sqpoll subset ' +
    'trace tracedby umount unix unmount unsafe user userns write'
  ).split(' '),
);

/** Keywords that not every release has, with the release that brought each: in older ones they are bare words. */
const laterKeywords: Readonly<Record<string, Release>> = {
  delete: '4.0',
  io_uring: '4.0',
  mqueue: '4.0',
  open: '4.0',
  override_creds: '4.0',
  prompt: '4.0',
  sqpoll: '4.0',
  userns: '4.0',
  priority: '4.1',
  and: '5.0',
  or: '5.0',
  quiet: '5.0',
};

/** True for a word that became a keyword after the target. */
function isLaterKeyword(cursor: Cursor, name: string): boolean {
  const { target } = cursor;
  if (target === undefined || !Object.hasOwn(laterKeywords, name)) return false;
  return compareReleases(laterKeywords[name] as Release, target) > 0;
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
  return !reserved.has(name) || isLaterKeyword(cursor, name) ? name : undefined;
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

/** The path of a rule: quoted, or from a / or a variable. */
export function pathWord(cursor: Cursor): Word | undefined {
  cursor.skip();
  const code = cursor.peek();
  if (code !== 47 && code !== 64 && code !== 34) return undefined;
  const word = cursor.wordHere(PATH, 'path');
  if (word && !isPath(word)) {
    cursor.report('syntax', word, `"${word.value}" is not a path.`, {
      expected: 'a path that starts with / or a variable',
    });
  }
  return word;
}

/** A bare word in the place of a path, which is reported. */
function barePath(cursor: Cursor): Word | undefined {
  if (bareWord(cursor) === undefined) return undefined;
  const word = cursor.name('path') as Word;
  cursor.report('bare-word-path', word, `"${word.text}" has no "/", so it matches no file.`, {
    expected: 'a path that starts with / or a variable, or no such rule',
  });
  return word;
}
