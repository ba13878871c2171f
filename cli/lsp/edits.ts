// Edits of an open file.
import type { TextEdit, WorkspaceEdit } from 'vscode-languageserver/node';
import type { TextDocument } from 'vscode-languageserver-textdocument';

/** The edit of whole lines that makes a text of the document's; none if it is the same. */
export function changedLines(document: TextDocument, text: string): TextEdit[] {
  const before = document.getText();
  if (before === text) return [];
  const [old, next] = [before, text].map((one) => one.split(/(?<=\n)/)) as [string[], string[]];
  const shorter = Math.min(old.length, next.length);
  let same = 0;
  while (same < shorter && old[same] === next[same]) same++;
  let after = 0;
  while (after < shorter - same && old.at(-1 - after) === next.at(-1 - after)) after++;
  const lengthOf = (lines: readonly string[]) => lines.reduce((sum, one) => sum + one.length, 0);
  const start = lengthOf(old.slice(0, same));
  const end = before.length - lengthOf(after === 0 ? [] : old.slice(-after));
  const newText = next.slice(same, next.length - after).join('');
  return [{ range: { start: document.positionAt(start), end: document.positionAt(end) }, newText }];
}

/** Edits of one document. */
export function editOf({ uri }: TextDocument, edits: TextEdit[]): WorkspaceEdit {
  return { changes: { [uri]: edits } };
}
