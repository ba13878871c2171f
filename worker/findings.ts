import { type LintResult, lint } from '../policy/index.ts';
import type { Digest } from '../trust/index.ts';
import type { Diagnostic } from './api/schema/index.ts';
import { toDiagnostics } from './diagnostics.ts';

/** What lint says of a profile, without the parsed profile itself. */
export interface Findings extends Pick<LintResult, 'ok' | 'needs' | 'unseen'> {
  diagnostics: Diagnostic[];
}

/** How many profiles' findings are kept. */
const mostKept = 64;

const kept = new Map<string, Findings>();

/**
 * What lint says of the profile with this digest in a package of that name. It takes seconds for the largest
 * ones, anybody may ask for it, and it is always the same: so it is kept of those that were asked about last.
 */
export function findingsOf(digest: Digest, name: string, text: string): Findings {
  const key = `${digest} ${name}`;
  const findings = kept.get(key) ?? look(name, text);
  kept.delete(key);
  kept.set(key, findings);
  const [oldest] = kept.keys();
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest);
  return findings;
}

function look(packageName: string, text: string): Findings {
  const { ok, needs, unseen, diagnostics } = lint(text, { packageName });
  return { ok, needs, unseen, diagnostics: toDiagnostics(diagnostics) };
}
