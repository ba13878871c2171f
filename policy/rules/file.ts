// File rules (apparmor.d(5), "Access Modes"): `path mode`, `mode path`, and `file` alone.
import { quoted } from '../glob/literal.ts';
import { bareWord, bareWordRule, labelAhead, refuseColon } from '../syntax/bare-words.ts';
import { type Cursor, PATH } from '../syntax/cursor.ts';
import { writtenStart } from '../syntax/escapes.ts';
import { type ExecTransition, execAt, isMode, simple } from '../syntax/file-modes.ts';
import type { RuleBase, Word } from '../syntax/nodes.ts';
import { checkTarget } from '../syntax/profile-head.ts';
import type { Report } from '../syntax/report.ts';
import { endOfRule } from '../syntax/rule-end.ts';
import { variableEnd } from '../syntax/variables.ts';
import type { RuleHead, RuleKind } from './kind.ts';
import { attached, deniedField, ownerOf, type RecordField } from './record.ts';
import { joined } from './rule-text.ts';

export interface Permissions {
  read: boolean;
  write: boolean;
  append: boolean;
  link: boolean;
  lock: boolean;
  mmap: boolean;
  exec?: ExecTransition;
}

/** `file,` alone: everything. */
export interface BareFileRule extends RuleBase {
  kind: 'file-all';
  keyword: Word;
}

export interface FileRule extends RuleBase {
  kind: 'file';
  keyword?: Word;
  execMode?: Word;
  path: Word;
  mode: Word;
  permissions: Permissions;
  leading: boolean;
  subset?: Word;
  target?: Word;
}

/** `w` covers all changes of a file: writing, creating, deleting, renaming, its mode and its owner. */
export type FilePermission = 'r' | 'w' | 'a' | 'l' | 'k' | 'm' | 'x';

/** To open a file, to change it, or to run it. */
export interface FileAccess {
  kind: 'file';
  path: string;
  permissions: readonly FilePermission[];
  /** Whether the process owns the file; `undefined` when it is not known. */
  owner?: boolean | undefined;
}

/** To give a file a further name (link(2)); file rules decide about it as link rules do. */
export interface LinkAccess {
  kind: 'link';
  path: string;
  target: string;
  owner?: boolean | undefined;
}

/** `Px`, `pix`, `x` … as it is written. */
export function execText(exec: ExecTransition): string {
  if (exec.mode === 'x' || exec.mode === 'i') return exec.mode === 'x' ? 'x' : 'ix';
  const text = exec.mode + (exec.fallback ?? '');
  return `${exec.safe ? text.toUpperCase().replace('I', 'i') : text}x`;
}

/** The exec transitions of file rules as they are written, with what a program gets by each. */
export const execTransitions: Readonly<Record<string, string>> = Object.fromEntries(
  [
    { mode: 'i', safe: true } as const,
    ...(['p', 'c', 'u'] as const).flatMap((mode) =>
      [undefined, ...(mode === 'u' ? [] : (['i', 'u'] as const))].flatMap((fallback) =>
        [true, false].map((safe) => ({ mode, safe, ...(fallback && { fallback }) })),
      ),
    ),
  ].map((exec: ExecTransition) => [execText(exec), describeExec(exec)]),
);

function describeExec({ mode, fallback, safe }: ExecTransition): string {
  const names = { i: 'this profile', p: 'its own profile', c: 'a child profile', u: 'no profile' };
  if (mode === 'x') return 'run';
  const or = fallback ? `, or ${names[fallback]}` : '';
  const environment = mode === 'i' ? '' : safe ? ', environment scrubbed' : ', environment kept';
  return `run under ${names[mode]}${or}${environment}`;
}

function sameExec(a: ExecTransition, b: ExecTransition): boolean {
  return a.mode === b.mode && a.fallback === b.fallback && a.safe === b.safe;
}

/** Reads the access modes of a file rule and reports what is wrong with them. */
function readPermissions(word: Word, deny: boolean, report: Report): Permissions {
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

/** True when a word can be the path of a rule: apparmor_parser looks at its start before it replaces escapes. */
export function isPath(word: Word): boolean {
  return /^[/@]/.test(writtenStart(word));
}

/** Whether a file rule without the keyword is at the cursor. */
export function fileRuleAhead(cursor: Cursor): boolean {
  cursor.skip();
  const code = cursor.peek();
  if (code === 47 || code === 64 || code === 34) return true;
  const name = cursor.peekName();
  return name === 'safe' || name === 'unsafe' || isMode(name) || bareWordRule(cursor);
}

/** Reads a file rule whose qualifiers and keyword, if it has one, are read. */
export function parseFile(
  cursor: Cursor,
  head: Omit<RuleHead, 'keyword'> & { keyword?: Word },
): FileRule | BareFileRule | undefined {
  const name = cursor.peekName();
  const execMode = name === 'safe' || name === 'unsafe' ? cursor.name('keyword') : undefined;
  return endOfRule(cursor, readRule(cursor, { ...head, ...(execMode && { execMode }) }));
}

function readRule(
  cursor: Cursor,
  parts: Omit<RuleHead, 'keyword'> & { keyword?: Word; execMode?: Word },
): FileRule | BareFileRule | undefined {
  const report: Report = cursor.report.bind(cursor);
  const deny = parts.qualifiers.effect?.value === 'deny';
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
  const found = readPermissions(mode, deny, report);
  if (found.exec && parts.execMode?.value === 'unsafe') found.exec.safe = false;
  if (found.exec && parts.execMode?.value === 'safe') found.exec.safe = true;
  if (parts.execMode && !found.exec) {
    report(
      'exec-mode',
      parts.execMode,
      `"${parts.execMode.value}" selects an exec transition, but this rule does not allow execution.`,
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
  const label = labelAhead(cursor);
  if (!label && bareWord(cursor) === undefined) return undefined;
  const word = (label ? cursor.wordHere(PATH, 'path') : cursor.name('path')) as Word;
  refuseColon(cursor, word);
  cursor.report(
    'bare-word-path',
    word,
    `"${word.text}" ${label ? 'is not an absolute path' : 'has no "/"'}, so it matches no file.`,
    {
      expected: 'a path that starts with / or a variable, or no such rule',
    },
  );
  return word;
}

/** A permission by its letter. */
const byLetter = {
  r: 'read',
  w: 'write',
  a: 'append',
  l: 'link',
  k: 'lock',
  m: 'mmap',
  x: 'exec',
} as const satisfies Record<FilePermission, keyof Permissions>;
const letters = Object.keys(byLetter) as FilePermission[];

/** Writing includes appending, in a rule that allows it and in one that denies it. */
export function lettersOf(rule: FileRule | BareFileRule): FilePermission[] {
  if (rule.kind === 'file-all') return letters;
  const { permissions } = rule;
  return letters.filter((one) => permissions[byLetter[one]] || (one === 'a' && permissions.write));
}

export const file: RuleKind<FileRule | BareFileRule, FileAccess> = {
  nodes: ['file', 'file-all'],
  keywords: ['file'],
  owned: true,
  parse: parseFile,
  print(rule) {
    if (rule.kind === 'file-all') return [rule.keyword.text];
    const { keyword, execMode, mode, subset, path, target } = rule;
    const order = rule.leading ? [mode, subset, path] : [path, mode];
    const words = [keyword, execMode, ...order].filter((one) => one !== undefined);
    return [...words.map(({ text }) => text), ...(target ? [`-> ${target.text}`] : [])];
  },
  visitWords(rule, visit) {
    if (rule.kind === 'file-all') return;
    visit(rule.path, true);
    // The name of a profile is taken as it is written.
    if (rule.target && rule.permissions.link) visit(rule.target, true);
  },
  class: 'file',
  permissions: lettersOf,
  accesses: ['file'],
  /** With `owner` where the process owns the file; a program that it runs stays confined as it is. */
  narrowest({ path, permissions, owner }, pattern) {
    if (permissions.length === 0 || !isOnePath(path)) return undefined;
    const mode = inOrder(permissions).map((one) => (one === 'x' ? 'ix' : one));
    return [...(owner ? ['owner'] : []), quoted(pattern(path)), mode.join('')];
  },
  requested(record) {
    const name = record.field('name');
    const mask = record.field('denied_mask') ?? record.field('requested_mask');
    if (!name || mask === undefined) return undefined;
    const permissions = permissionsOfMask(mask);
    if (permissions.length === 0) return undefined;
    return { kind: 'file', path: attached(name), permissions, owner: ownerOf(record) };
  },
  required(_, { operation, field }) {
    // Of a socket that has a path, the kernel does not say whose it is.
    const owner: RecordField[] = field('family') === 'unix' ? [] : [['fsuid'], ['ouid']];
    return [deniedField, ...owner, ...(operation === 'link' ? [['target']] : [])];
  },
  describe({ path, permissions, owner }) {
    const verbs = (Object.keys(actions) as FilePermission[])
      .filter((one) => inOrder(permissions).includes(one))
      .flatMap((one) => (one === 'r' && path.endsWith('/') ? ['list'] : actions[one]));
    return `${joined(verbs)} ${path}${owner ? ' where they own it' : ''}`;
  },
};

/** In patterns for paths `//` means `/`: none matches a path that has it, which the kernel never makes. */
export function isOnePath(path: string): boolean {
  return !path.includes('//');
}

/** Letters in their usual order; writing includes appending. */
function inOrder(permissions: readonly FilePermission[]): FilePermission[] {
  return ([...'mrwalkx'] as FilePermission[]).filter(
    (one) => permissions.includes(one) && !(one === 'a' && permissions.includes('w')),
  );
}

/** Rules have no letters of their own for creating and deleting: both are writing. */
function permissionsOfMask(mask: string): FilePermission[] {
  const meant: Readonly<Record<string, FilePermission>> = {
    ...{ r: 'r', w: 'w', a: 'a', c: 'w', d: 'w', l: 'l', k: 'k', m: 'm', x: 'x' },
  };
  return [...new Set([...mask].flatMap((letter) => meant[letter] ?? []))];
}

/** What each letter permits; AppArmor has one for all that changes a file. */
const actions: Readonly<Record<FilePermission, readonly string[]>> = {
  r: ['read'],
  w: ['write', 'create', 'rename', 'delete', 'chmod', 'chown'],
  a: ['append to'],
  l: ['link'],
  k: ['lock'],
  m: ['map as code'],
  x: ['run, confined by this same profile,'],
};
