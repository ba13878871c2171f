import type { RawDiagnostic } from '../raw-diagnostic.ts';
import type { SyntaxDiagnosticId } from './diagnostics.ts';
import type { Range } from './source.ts';

/** Reports a diagnostic about a part of the text. */
export type Report = (
  id: SyntaxDiagnosticId,
  range: Range,
  message: string,
  more?: Omit<RawDiagnostic, 'id' | 'message' | 'start' | 'end'>,
) => void;
