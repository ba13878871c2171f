// Repairs a text by the fixes of its diagnostics.
import type { Diagnostic } from './diagnostics.ts';

/** A text with fixes applied. */
export interface Fixed {
  text: string;
  /** The diagnostics whose fixes were applied, in order; their positions are of the text that they were about. */
  applied: Diagnostic[];
}

/**
 * Applies the fixes of diagnostics to the text they are about; of fixes that overlap or insert at the same place, the
 * first. Diagnostics of included files are left alone.
 */
export function applyFixes(source: string, diagnostics: readonly Diagnostic[]): Fixed {
  const fixable = diagnostics
    .flatMap((one) => (one.fix && one.file === undefined ? [{ one, fix: one.fix }] : []))
    .sort((a, b) => a.fix.span.start.offset - b.fix.span.start.offset);
  const applied: Diagnostic[] = [];
  let text = '';
  let done = 0;
  let last = -1;
  for (const { one, fix } of fixable) {
    const { start, end } = fix.span;
    if (start.offset < done || start.offset === last) continue;
    text += source.slice(done, start.offset) + fix.text;
    done = end.offset;
    last = start.offset;
    applied.push(one);
  }
  return { text: text + source.slice(done), applied };
}

/** How often a text is fixed and looked at again: a fix may bring out another. */
const maxPasses = 5;

/** The maximum number of characters to parse again: a text much longer than any real profile is fixed once. */
const maxCharacters = 1_000_000;

/** What a look at a text says about it. */
interface Report {
  diagnostics: readonly Diagnostic[];
}

/**
 * Applies fixes and looks again until nothing changes or the limits are reached. A pass that leaves the text with more
 * syntax errors than before is undone, and is the last. `report` is about the resulting text.
 */
export function fixRepeatedly<Result extends Report>(
  source: string,
  look: (text: string) => Result,
  syntaxErrors: (text: string) => number,
): Fixed & { report: Result } {
  const applied: Diagnostic[] = [];
  let text = source;
  let report = look(text);
  let errors = syntaxErrors(text);
  let characters = 0;
  for (let pass = 0; pass < maxPasses && characters < maxCharacters; pass++) {
    const next = applyFixes(text, report.diagnostics);
    if (next.text === text) break;
    characters += 2 * next.text.length;
    const left = syntaxErrors(next.text);
    if (left > errors) break;
    errors = left;
    text = next.text;
    applied.push(...next.applied);
    report = look(text);
  }
  return { text, applied, report };
}
