// What lint says about an open file.
import { pathToFileURL } from 'node:url';
import {
  DiagnosticSeverity,
  type Diagnostic as EditorDiagnostic,
  type Range,
} from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Diagnostic, Span } from '../../policy/index.ts';
import { type Linted, lint } from '../../sdk/calls/lint.ts';
import { readPolicyFile } from '../../sdk/host/includes.ts';
import { shownOf } from '../terminal/report.ts';
import { leadingIncludes } from './includes.ts';
import { bodyName, type OpenFile, packageOf } from './open-file.ts';

const known = new WeakMap<TextDocument, { version: number; shared: object; linted: Linted }>();

/**
 * What `aa-registry lint` says about an open file, for a file of a package with what its manifest says. Throws an
 * {@link SdkError} if what it includes exceeds the limits. Editors ask again whenever the cursor moves.
 */
export async function lintedOpen(open: OpenFile): Promise<Linted> {
  const { document, shared } = open;
  const { version } = document;
  const before = known.get(document);
  if (before?.version === version && before.shared === shared) return before.linted;
  const linted = await lintOpen(open, false);
  known.set(document, { version, shared, linted });
  return linted;
}

/** What `aa-registry lint --fix` makes of an open file. */
export function fixedOpen(open: OpenFile): Promise<Linted> {
  return lintOpen(open, true);
}

async function lintOpen(open: OpenFile, fix: boolean): Promise<Linted> {
  const { text, options } = open;
  const ofPackage = await packageOf(open);
  const body = ofPackage ? undefined : bodyName(open);
  return lint({ ...ofPackage, text }, { ...options, body, fix });
}

const severities = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
} as const;

/**
 * The diagnostics of a file for the editor, as many as a terminal shows. Those of an included file are at the include that
 * leads to it.
 */
export function editorDiagnostics(
  open: OpenFile,
  linted: Pick<Linted, 'diagnostics'>,
): EditorDiagnostic[] {
  const { shown } = shownOf(linted);
  const leading = shown.some(({ file }) => file !== undefined) ? leadingIncludes(open) : undefined;
  return shown.map((one) => {
    const { id, severity, file, span, message } = one;
    const include = file === undefined ? undefined : leading?.get(file)?.target;
    const place = file === undefined ? span : (include ?? { start: 0, end: 0 });
    const included = file === undefined ? undefined : placeOf(file, span);
    return {
      range: rangeOf(open.document, place),
      severity: severities[severity],
      code: id,
      source: 'aa-registry',
      message: messageOf(one),
      data: { explain: `aa-registry explain ${id}` },
      ...(included && { relatedInformation: [{ location: included, message }] }),
    };
  });
}

/** As in a terminal: what was expected follows. */
function messageOf({ message, expected, suggestion, file, span: { start } }: Diagnostic): string {
  const place = file === undefined ? '' : `${file}:${start.line}:${start.column}: `;
  const lines = [`${place}${message}`];
  if (expected) lines.push(`expected: ${expected}`);
  if (suggestion && suggestion !== expected) lines.push(`did you mean: ${suggestion}`);
  return lines.join('\n');
}

/** Offsets of policy are UTF-16 units, as an editor's columns are. */
export function rangeOf(
  document: TextDocument,
  { start, end }: { start: number | Span['start']; end: number | Span['end'] },
): Range {
  const offset = (at: number | Span['start']) => (typeof at === 'number' ? at : at.offset);
  return { start: document.positionAt(offset(start)), end: document.positionAt(offset(end)) };
}

/** A place in an included file; undefined if it is not a file of this machine. */
function placeOf(file: string, span: Span): { uri: string; range: Range } | undefined {
  const text = file.startsWith('/') ? readPolicyFile(file) : undefined;
  if (text === undefined) return undefined;
  const uri = pathToFileURL(file).href;
  return { uri, range: rangeOf(TextDocument.create(uri, 'apparmor', 0, text), span) };
}
