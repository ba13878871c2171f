// Formatting of an open file, as `aa-registry fmt`.
import type { TextEdit } from 'vscode-languageserver/node';
import { format } from '../../policy/index.ts';
import { changedLines } from './edits.ts';
import type { OpenFile } from './open-file.ts';

/** The edits that format a file; none for one with syntax errors. */
export function formatting({ document, text }: OpenFile): TextEdit[] {
  return changedLines(document, format(text).text);
}
