import type { Diagnostic } from '../../contract/index.ts';
import type { Package } from '../../db/analyses.ts';
import { documentOf } from '../../db/search-document.ts';
import {
  capabilitiesOf,
  type Grade,
  gradeOf,
  hiddenTextDiagnostics,
  isRelease,
  type LintResult,
  lint,
  type Diagnostic as PolicyDiagnostic,
  packageOptions,
  releases,
} from '../../policy/index.ts';
import { runOf } from '../../trust/run/index.ts';
import type { Analysed } from '../ports.ts';
import { filesFor } from './needed.ts';
import { renderReadme } from './readme.ts';
import { linkDiagnostics, secretDiagnostics } from './secrets.ts';

/** Limits of the stored and shown part of a package's lint result. */
export const shownLimits = {
  diagnostics: 100,
  /** Characters of a message, and of `expected` and `suggestion`. */
  message: 240,
  hint: 160,
  /** Includes that lint could not read, and characters of a name. */
  unseen: 50,
  name: 200,
} as const;

/** A diagnostic, and the variant other than the first that it is about. */
type VariantDiagnostic = PolicyDiagnostic & { variant?: string | undefined };

/**
 * Analyses a package: lint diagnostics, search words and the README's HTML. Pure; its work and its result are bounded
 * for any input, and exceeding a limit is an error diagnostic.
 */
export function analysePackage(pack: Package): Analysed {
  const { team, name, manifest, text, others = [], readme, needed = [] } = pack;
  const texts = [text, ...others];
  const results = texts.map((one, at) =>
    lint(one, packageOptions(pack, at, filesFor(needed, manifest.variants?.[at]))),
  );
  const all = results.flatMap((result, at) =>
    result.diagnostics.map((one) => ({
      ...one,
      variant: at > 0 ? manifest.variants?.[at] : undefined,
    })),
  );
  const sum = (count: (result: LintResult) => number) =>
    results.reduce((total, one) => total + count(one), 0);
  const chosen = choose(
    all,
    sum(({ omitted }) => omitted),
  );
  const diagnostics = chosen.diagnostics.map(toDiagnostic);
  const unknown = manifest.variants?.filter((release) => !isRelease(release)) ?? [];
  for (const release of unknown) {
    const message = `A variant is for AppArmor ${release}, which this registry does not know; it knows ${releases.join(', ')}.`;
    diagnostics.unshift(atStart('variant-release', message));
    chosen.errors++;
  }
  const run = runOf(manifest);
  if (!run.ok) {
    const message = `The manifest’s ${run.field}: ${run.reason}.`;
    diagnostics.unshift(atStart(run.id, shorten(message, shownLimits.message)));
    chosen.errors++;
  }
  const rendered = readme === undefined ? undefined : renderReadme(readme);
  if (rendered?.ok === false) {
    const message = `The README exceeds a limit: ${rendered.reason}.`;
    diagnostics.unshift(atStart('readme-limit', message));
    chosen.errors++;
  }
  const manifestText = JSON.stringify(manifest, undefined, 2);
  const secrets = [
    ...secretDiagnostics('README', readme ?? ''),
    ...secretDiagnostics('manifest', manifestText),
    ...linkDiagnostics(manifest),
  ];
  diagnostics.unshift(...secrets);
  chosen.errors += secrets.length;
  const hidden = [
    ...hiddenTextDiagnostics('README', readme ?? ''),
    ...hiddenTextDiagnostics('manifest', manifestText),
  ];
  const grade = gradeOf(chosen.errors > 0 ? diagnostics : all);
  const capabilities = [...new Set(results.flatMap(({ file }) => capabilitiesOf(file)))];
  return {
    ...chosen,
    diagnostics: [...diagnostics, ...hidden.map(toDiagnostic)],
    grade,
    suppressed: sum(({ suppressed }) => suppressed),
    // Of the first variant, which is for the oldest releases.
    needs: results[0]?.needs ?? releases[0],
    unseen: shortenAll([...new Set(results.flatMap(({ unseen }) => unseen))]),
    words: documentOf({ team, name, manifest, text: texts.join('\n'), grade, capabilities }),
    readme: rendered?.ok ? rendered.html : null,
  };
}

/** The result for a package whose analysis exceeded a limit; search finds it by its manifest. */
export function limitExceeded({ team, name, manifest }: Package, reason: string): Analysed {
  const grade: Grade = 'F';
  return {
    errors: 1,
    diagnostics: [
      atStart('analysis-limit', `The analysis of this package was stopped: it ${reason}.`),
    ],
    omitted: 0,
    suppressed: 0,
    grade,
    needs: releases[0],
    unseen: [],
    words: documentOf({ team, name, manifest, text: '', grade, capabilities: [] }),
    readme: null,
  };
}

/** Limits the number of diagnostics, preferring errors; keeps the order of the text. */
function choose(all: VariantDiagnostic[], omitted: number) {
  const isError = ({ severity }: VariantDiagnostic) => severity === 'error';
  const errors = all.filter(isError);
  const rest = all.filter((one) => !isError(one));
  const chosen = new Set([...errors, ...rest].slice(0, shownLimits.diagnostics));
  const diagnostics = all.filter((one) => chosen.has(one));
  return { errors: errors.length, diagnostics, omitted: omitted + all.length - chosen.size };
}

function atStart(id: string, message: string): Diagnostic {
  return { id, severity: 'error', message, line: 1, column: 1, endLine: 1, endColumn: 1 };
}

/** Converts a diagnostic of policy/ to the API's. */
function toDiagnostic(diagnostic: VariantDiagnostic): Diagnostic {
  const { id, severity, message, span, expected, suggestion, variant } = diagnostic;
  return {
    id,
    severity,
    message: shorten(message, shownLimits.message),
    line: span.start.line,
    column: span.start.column,
    endLine: span.end.line,
    endColumn: span.end.column,
    ...(expected === undefined ? {} : { expected: shorten(expected, shownLimits.hint) }),
    ...(suggestion === undefined ? {} : { suggestion: shorten(suggestion, shownLimits.hint) }),
    ...(variant === undefined ? {} : { variant }),
  };
}

/** The first names, and the number of the rest. */
function shortenAll(names: string[]): string[] {
  const shown = names.slice(0, shownLimits.unseen).map((name) => shorten(name, shownLimits.name));
  const more = names.length - shown.length;
  return more > 0 ? [...shown, `… and ${more} more`] : shown;
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length).toWellFormed()}…`;
}
