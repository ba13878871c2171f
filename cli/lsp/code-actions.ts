// Quick fixes: those of lint, and comments that suppress.
import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Range,
} from 'vscode-languageserver/node';
import { type Diagnostic, maySuppress, statementsAt } from '../../policy/index.ts';
import type { Linted } from '../../sdk/calls/lint.ts';
import { editorDiagnostics, rangeOf } from './diagnostics.ts';
import { changedLines, editOf } from './edits.ts';
import type { OpenFile } from './open-file.ts';

/** The kinds of actions, as the server announces them. */
export const codeActionKinds = [CodeActionKind.QuickFix, CodeActionKind.SourceFixAll];

/**
 * The actions for a range: for each diagnostic there its fix, if it has one, and a comment that suppresses it, if one may;
 * and, where anything in the file has a fix, all of them.
 *
 * @param linted what lint says about the file
 * @param fixed what `lint --fix` makes of it; called only if it has fixes
 */
export async function codeActions(
  open: OpenFile,
  { range, context: { only } }: Pick<CodeActionParams, 'range' | 'context'>,
  linted: Linted,
  fixed: () => Promise<Linted>,
): Promise<CodeAction[]> {
  const wants = (kind: string) =>
    !only || only.some((one) => kind === one || kind.startsWith(`${one}.`) || one === '');
  const own = linted.diagnostics.filter(({ file }) => file === undefined);
  const quick = wants(CodeActionKind.QuickFix)
    ? own
        .filter(({ span }) => touches(rangeOf(open.document, span), range))
        .flatMap((one) => [...fixOf(open, one), ...suppressionOf(open, one)])
    : [];
  if (!wants(CodeActionKind.SourceFixAll) || !own.some(({ fix }) => fix)) return quick;
  const { text } = await fixed();
  const all: CodeAction = {
    title: 'Apply all fixes of aa-registry lint',
    kind: CodeActionKind.SourceFixAll,
    edit: editOf(open.document, changedLines(open.document, text)),
  };
  return [...quick, all];
}

function fixOf(open: OpenFile, diagnostic: Diagnostic): CodeAction[] {
  const { fix, suggestion } = diagnostic;
  if (!fix) return [];
  const { document } = open;
  const what = fix.text.trim() || suggestion;
  return [
    {
      title: what ? `Change to ${firstLine(what)}` : 'Remove it',
      kind: CodeActionKind.QuickFix,
      isPreferred: true,
      diagnostics: editorDiagnosticsOf(open, diagnostic),
      edit: editOf(document, [{ range: rangeOf(document, fix.span), newText: fix.text }]),
    },
  ];
}

/**
 * A comment on the line before the statement, or for the whole file at its end. It gives no reason yet: until the author
 * writes one, lint asks for it and the finding stays.
 */
function suppressionOf(open: OpenFile, diagnostic: Diagnostic): CodeAction[] {
  const { id, span } = diagnostic;
  if (!maySuppress(id)) return [];
  const { document, tree, text } = open;
  const statement = statementsAt(tree, span.start.offset).at(-1);
  const at = statement ? text.lastIndexOf('\n', statement.start - 1) + 1 : text.length;
  const indent = /^[ \t]*/.exec(text.slice(at))?.[0] ?? '';
  const before = at > 0 && text[at - 1] !== '\n' ? '\n' : '';
  const position = document.positionAt(at);
  const newText = `${before}${indent}# lint-ignore ${id}: \n`;
  return [
    {
      title: `Ignore ${id} here with a comment`,
      kind: CodeActionKind.QuickFix,
      diagnostics: editorDiagnosticsOf(open, diagnostic),
      edit: editOf(document, [{ range: { start: position, end: position }, newText }]),
    },
  ];
}

const editorDiagnosticsOf = (open: OpenFile, one: Diagnostic) =>
  editorDiagnostics(open, { diagnostics: [one] });

const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';

/** Whether two ranges have a place in common; a cursor is an empty range. */
function touches(a: Range, b: Range): boolean {
  const before = (x: Range['start'], y: Range['start']) =>
    x.line < y.line || (x.line === y.line && x.character <= y.character);
  return before(a.start, b.end) && before(b.start, a.end);
}
