import type { Diagnostic as PolicyDiagnostic } from '../policy/index.ts';
import type { Diagnostic } from './api/schema/index.ts';

/** The policy room's diagnostics as the API shows them. */
export function toDiagnostics(diagnostics: PolicyDiagnostic[]): Diagnostic[] {
  return diagnostics.map(({ id, severity, message, span, expected, suggestion }) => ({
    id,
    severity,
    message,
    line: span.start.line,
    column: span.start.column,
    endLine: span.end.line,
    endColumn: span.end.column,
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
  }));
}
