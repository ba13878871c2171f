// Diagnostics in lines and columns, and every id of the language with its explanation.
import { checkDiagnostics } from './checks/checks.ts';
import { suppressionDiagnostics } from './lint/suppression.ts';
import type { Explanation, RawDiagnostic, Severity } from './raw-diagnostic.ts';
import { syntaxDiagnostics } from './syntax/diagnostics.ts';
import { LineTable, type Position, type Span } from './syntax/source.ts';
import { replaceHidden, visibleLine } from './visible.ts';

/** The diagnostics of the language itself; lint rules bring their own. The ids are part of the public interface. */
export const languageDiagnostics: Readonly<Record<string, Explanation>> = {
  ...syntaxDiagnostics,
  ...checkDiagnostics,
  ...suppressionDiagnostics,
};

/** A diagnostic, in lines and columns. */
export interface Diagnostic {
  id: string;
  severity: Severity;
  message: string;
  span: Span;
  expected?: string;
  /** The probable intention. */
  suggestion?: string;
  /** A correction that is safe to apply. */
  fix?: { span: Span; text: string };
  /** The included file it is in; absent: the file that was given. */
  file?: string;
}

/** In characters: a message quotes the policy, and a policy can be one long word. */
const maxMessage = 400;

function shorten(text: string): string {
  if (text.length <= maxMessage) return text;
  return `${text.slice(0, maxMessage).toWellFormed().trimEnd()}…`;
}

/** Turns what was found in one text into diagnostics, in the order of the text. Messages are shortened. */
export function toDiagnostics<One extends RawDiagnostic>(
  diagnostics: readonly One[],
  text: string,
  severityOf: (diagnostic: One) => Severity,
  file?: string,
): Diagnostic[] {
  if (diagnostics.length === 0) return [];
  const lines = new LineTable(text);
  return diagnostics
    .map((diagnostic, index) => ({ diagnostic, index }))
    .sort((a, b) => a.diagnostic.start - b.diagnostic.start || a.index - b.index)
    .map(({ diagnostic }) => ({
      id: diagnostic.id,
      severity: severityOf(diagnostic),
      message: shorten(diagnostic.message),
      span: lines.span(diagnostic),
      ...(diagnostic.expected && { expected: shorten(diagnostic.expected) }),
      ...(diagnostic.suggestion && { suggestion: shorten(diagnostic.suggestion) }),
      ...(diagnostic.fix && {
        fix: { span: lines.span(diagnostic.fix), text: diagnostic.fix.text },
      }),
      ...(file !== undefined && { file }),
    }));
}

/** The severity of a language diagnostic. */
export function languageSeverity({
  id,
  severity,
}: Pick<RawDiagnostic, 'id' | 'severity'>): Severity {
  return severity ?? languageDiagnostics[id]?.severity ?? 'error';
}

const colors = { error: '\x1b[31m', warning: '\x1b[33m', info: '\x1b[36m' } as const;

/**
 * A diagnostic for a terminal: `file:line:column`, the line with a caret, what was expected.
 * `source` is the text the diagnostic is about (of the included file, when `diagnostic.file` is set).
 */
export function render(
  diagnostic: Diagnostic,
  source: string,
  options: { file?: string; color?: boolean } = {},
): string {
  const { span, severity } = diagnostic;
  const paint = (code: string, text: string) => (options.color ? `${code}${text}\x1b[0m` : text);
  const where = `${visibleLine(diagnostic.file ?? options.file ?? '<policy>')}:${span.start.line}:${span.start.column}`;
  const out = [
    `${paint('\x1b[1m', where)}: ${paint(colors[severity], severity)}: ${clean(diagnostic.message)} [${diagnostic.id}]`,
  ];
  // Output may end up in a CI job's log, which others may read.
  if (diagnostic.id === 'secret') return out.join('\n');
  const { before, after } = around(source, span.start);
  const shown = [...before, ...after];
  const marker = Math.max(
    1,
    Math.min(
      span.end.line === span.start.line ? span.end.column - span.start.column : after.length,
      after.length,
    ),
  );
  const number = String(span.start.line);
  const indent = before.map((c) => (c === '\t' ? '\t' : ' ')).join('');
  out.push(` ${number} | ${shown.map(clean).join('')}`);
  out.push(
    ` ${' '.repeat(number.length)} | ${indent}${paint(colors[severity], '^'.repeat(marker))}`,
  );
  if (diagnostic.expected) out.push(`   expected: ${clean(diagnostic.expected)}`);
  if (diagnostic.suggestion && diagnostic.suggestion !== diagnostic.expected)
    out.push(`   did you mean: ${clean(diagnostic.suggestion)}`);
  return out.join('\n');
}

/** The longest part of a line that is shown, in code points: around the place, of a longer one. */
const maxLine = 120;

/** The line of a place, before it and after it, in code points; a long line only around it. */
function around(
  source: string,
  { offset, column }: Position,
): Record<'before' | 'after', string[]> {
  const start = source.lastIndexOf('\n', offset - 1) + 1;
  const newline = source.indexOf('\n', offset);
  const end = newline < 0 ? source.length : newline;
  // A code point has at most two units.
  const before = [...source.slice(Math.max(offset === 0 ? 0 : start, offset - 400), offset)];
  const shown = column > maxLine - 10 ? before.slice(-59) : before;
  const after = [...source.slice(offset, Math.min(end, offset + 400))].slice(
    0,
    maxLine - shown.length,
  );
  if (after.at(-1) === '\r') after.pop();
  return { before: shown, after };
}

/** What is not seen in a hostile file must not reach a terminal: a dot for each, so that the caret stays in place. */
function clean(text: string): string {
  return replaceHidden(text, (character) => (character === '\t' ? character : '\u00b7'));
}
