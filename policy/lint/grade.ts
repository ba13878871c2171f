import type { Severity } from '../raw-diagnostic.ts';

/** How good lint finds a profile, best first. */
export const grades = ['A', 'B', 'C', 'D', 'E', 'F'] as const;
export type Grade = (typeof grades)[number];

/** How many warnings each grade may have. */
const maxWarnings = { A: 0, B: 2, C: 5, D: 10 } as const;

/**
 * The grade of a profile by what lint says of it: A without a warning, B with up to 2, C with up to 5, D with up
 * to 10, E with more, F with an error. Notes do not count.
 */
export function gradeOf(diagnostics: readonly { severity: Severity }[]): Grade {
  if (diagnostics.some(({ severity }) => severity === 'error')) return 'F';
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning').length;
  for (const grade of ['A', 'B', 'C', 'D'] as const) {
    if (warnings <= maxWarnings[grade]) return grade;
  }
  return 'E';
}
