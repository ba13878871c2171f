// What every diagnostic's id means.
import { languageDiagnostics } from './diagnostics.ts';
import { lintRules } from './lint/rules.ts';
import { packageDiagnostics } from './package-diagnostics.ts';
import type { Explanation } from './raw-diagnostic.ts';

/** What every id means: the diagnostics of the language, then the lint rules. */
export const explanations: Readonly<Record<string, Explanation>> = {
  ...languageDiagnostics,
  ...packageDiagnostics,
  ...Object.fromEntries(
    lintRules.map(({ id, title, severity, text, fires, clean }) => [
      id,
      { title, severity, text, example: fires, corrected: clean },
    ]),
  ),
};

/** The explanation of a diagnostic's id, or undefined for an id that does not exist. */
export function explain(id: string): (Explanation & { id: string }) | undefined {
  return Object.hasOwn(explanations, id) ? { id, ...(explanations[id] as Explanation) } : undefined;
}
