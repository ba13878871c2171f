import type { Problem } from '../problem.ts';
import type { SyntaxDiagnosticId } from './diagnostics.ts';
import type { Range } from './source.ts';

/** Reports a diagnostic about a part of the text. */
export type Report = (
  id: SyntaxDiagnosticId,
  range: Range,
  message: string,
  more?: Omit<Problem, 'id' | 'message' | 'start' | 'end'>,
) => void;
