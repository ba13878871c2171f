// What the editor offers to complete a word.
import { opendir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import {
  type CompletionItem,
  CompletionItemKind,
  type CompletionList,
} from 'vscode-languageserver/node';
import {
  type Completion,
  capabilityMeanings,
  completionAt,
  hasHidden,
  isIgnoredInclude,
  variablesOf,
} from '../../policy/index.ts';
import { rangeOf } from './diagnostics.ts';
import { bodyName, type OpenFile } from './open-file.ts';
import type { Settings } from './settings.ts';

/** How many names of one folder are read. */
const maxNames = 1000;

const kinds: Readonly<Record<Completion['kind'], CompletionItemKind>> = {
  keyword: CompletionItemKind.Keyword,
  condition: CompletionItemKind.Property,
  value: CompletionItemKind.EnumMember,
  permission: CompletionItemKind.EnumMember,
  profile: CompletionItemKind.Class,
  variable: CompletionItemKind.Variable,
  'rule id': CompletionItemKind.Constant,
};

/**
 * What may be written at an offset. Paths and included files are those of this machine, folder by folder.
 *
 * @param settings where included files are
 */
export async function completion(
  open: OpenFile,
  offset: number,
  settings: Settings,
): Promise<CompletionList> {
  const { start, words, also } = completionAt(open.tree, offset, bodyName(open) !== undefined);
  const items: CompletionItem[] = words.map(({ text, kind, detail = meaningOf(text) }) => ({
    ...{ label: text, kind: kinds[kind] },
    ...(detail !== undefined && { detail }),
  }));
  const typed = open.text.slice(start, offset);
  if (also === 'variable') {
    const known = new Set(words.map(({ text }) => text));
    const { names } = variablesOf(open.text, open.options);
    for (const name of names) {
      const label = `@{${name}}`;
      if (!known.has(label)) items.push({ label, kind: CompletionItemKind.Variable });
    }
  }
  const read = also === 'variable' ? undefined : foldersOf(also, typed, open, settings);
  const listed = read
    ? await namesIn(read, typed, also !== 'path')
    : { items: [], isIncomplete: false };
  const range = rangeOf(open.document, { start, end: wordEnd(open.text, offset, also) });
  return {
    isIncomplete: listed.isIncomplete,
    items: [...items, ...listed.items].map((item) => ({
      ...item,
      textEdit: { range, newText: item.label },
    })),
  };
}

/** A variable's closing brace, which editors write with the opening one, is replaced too. */
function wordEnd(text: string, offset: number, also: string | undefined): number {
  return also === 'variable' && text[offset] === '}' ? offset + 1 : offset;
}

function meaningOf(word: string): string | undefined {
  const meanings: Readonly<Record<string, string>> = capabilityMeanings;
  return Object.hasOwn(meanings, word) ? meanings[word] : undefined;
}

/** The folders that the names for a started path are in. */
function foldersOf(
  also: 'path' | 'magic include' | 'relative include' | undefined,
  typed: string,
  { path }: OpenFile,
  { base = '/etc/apparmor.d', include = [] }: Settings,
): string[] | undefined {
  // A pattern names no folder.
  if (also === undefined || /[*?[\]{}^\\]/.test(typed)) return undefined;
  const inside = typed.endsWith('/') ? typed : dirname(typed);
  if (isAbsolute(typed)) return [inside];
  if (also === 'magic include') return [...include, base].map((folder) => join(folder, inside));
  return path === undefined ? undefined : [join(dirname(path), inside)];
}

/** The names in folders that go on with what is typed, those of folders with a slash; each once. */
async function namesIn(
  folders: readonly string[],
  typed: string,
  included: boolean,
): Promise<{ items: CompletionItem[]; isIncomplete: boolean }> {
  const start = typed.slice(0, typed.lastIndexOf('/') + 1);
  const prefix = typed.endsWith('/') ? '' : basename(typed);
  const found = new Map<string, CompletionItem>();
  let count = 0;
  for (const folder of folders) {
    const entries = await opendir(folder).catch(() => undefined);
    if (!entries) continue;
    for await (const entry of entries) {
      if (++count > maxNames) return { items: [...found.values()], isIncomplete: true };
      const { name } = entry;
      if (!name.startsWith(prefix) || hasHidden(name) || /[\s"*?[\]{}^\\,]/.test(name)) continue;
      if (included && isIgnoredInclude(name)) continue;
      const isFolder = entry.isDirectory();
      const label = `${start}${name}${isFolder ? '/' : ''}`;
      const kind = isFolder ? CompletionItemKind.Folder : CompletionItemKind.File;
      found.set(label, { label, kind });
    }
  }
  return { items: [...found.values()], isIncomplete: false };
}
