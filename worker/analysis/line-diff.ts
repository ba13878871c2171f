// The lines in which two texts differ. Pure; bounded for any input by numbers of lines, so that the result is always the same.
import { type StructuredPatchHunk, structuredPatch } from 'diff';

/**
 * Limits of a comparison by lines. The algorithm takes time in proportion to the product of both: 0.3 s for the worst of
 * these.
 */
export const lineLimits = {
  /** Lines of each text. */
  lines: 5_000,
  /** Lines that are added and removed, together. */
  edits: 500,
} as const;

/** The lines around a changed one that are shown. */
const context = 3;

/** The changed parts of a text; or why they are not known, as the end of a sentence about the texts. */
export type LineDiff =
  | { known: true; hunks: StructuredPatchHunk[] }
  | { known: false; reason: string };

/** The changed parts between two texts. */
export function compareLines({ from, to }: { from: string; to: string }): LineDiff {
  for (const text of [from, to]) {
    if (text.split('\n', lineLimits.lines + 1).length > lineLimits.lines)
      return { known: false, reason: `have more than ${lineLimits.lines} lines` };
  }
  const options = { context, maxEditLength: lineLimits.edits };
  const patch = structuredPatch('', '', from, to, undefined, undefined, options);
  if (!patch) return { known: false, reason: `differ in more than ${lineLimits.edits} lines` };
  return { known: true, hunks: patch.hunks };
}
