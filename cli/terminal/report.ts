import { type Diagnostic, explain, type Grade, render } from '../../policy/index.ts';
import { readPolicyFile } from '../../sdk/host/includes.ts';
import { toJson } from '../framework/format.ts';
import { type Io, visibleLine, wantsColor, widthOf } from './io.ts';
import { wrap } from './wrap.ts';

/** The diagnostics of one file. */
export interface FileReport {
  file: string;
  source: string;
  ok: boolean;
  /** The oldest AppArmor release that supports the file; undefined if the file could not be read. */
  needs?: string;
  diagnostics: Diagnostic[];
  /** The number of further diagnostics. */
  omitted?: number;
  /** The number of findings that comments suppress. */
  suppressed?: number;
}

/** The maximum number of diagnostics shown for a file, in any format; each is less than 3 KiB. */
export const maxShown = 100;

/** The diagnostics of a file to show, in order, and the number of omitted ones. */
export function shownOf({
  diagnostics,
  omitted = 0,
}: Pick<FileReport, 'diagnostics' | 'omitted'>): {
  shown: Diagnostic[];
  omitted: number;
} {
  if (diagnostics.length <= maxShown) return { shown: diagnostics, omitted };
  const ranks = { error: 0, warning: 1, info: 2 } as const;
  // Take the first of each id, then the second, so that many of one id don't hide another.
  const counts = new Map<string, number>();
  const order = diagnostics.map((diagnostic, index) => {
    const nth = counts.get(diagnostic.id) ?? 0;
    counts.set(diagnostic.id, nth + 1);
    return { index, diagnostic, nth, rank: ranks[diagnostic.severity] };
  });
  const chosen = order
    .sort((a, b) => Math.sign(a.nth) - Math.sign(b.nth) || a.rank - b.rank || a.nth - b.nth)
    .slice(0, maxShown)
    .sort((a, b) => a.index - b.index);
  const shown = chosen.map(({ diagnostic }) => diagnostic);
  return { shown, omitted: omitted + diagnostics.length - shown.length };
}

/**
 * Prints up to {@link maxShown} diagnostics with their lines and carets, and the number of further ones. Text from the
 * file is escaped (see {@link render}).
 */
export function printDiagnostics(io: Io, stream: Io['stdout'], report: FileReport): void {
  const { file, source } = report;
  const { shown: diagnostics, omitted } = shownOf(report);
  const color = wantsColor(io, stream);
  for (const diagnostic of diagnostics) {
    const shown = diagnostic.file === undefined ? source : includedSource(diagnostic.file);
    const lines = render(diagnostic, shown, { file, color }).split('\n');
    stream.write(`${lines.map((line) => wrapped(line, widthOf(stream))).join('\n')}\n\n`);
  }
  if (omitted > 0) stream.write(`… and ${omitted} more\n\n`);
}

/** Wraps a line of a diagnostic, but not the policy's line, which has a caret below it. */
function wrapped(line: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY || /^ +\d* +\| /.test(line)) return line;
  const indent = `${/^ */.exec(line)?.[0] ?? ''}  `;
  return wrap(line, width, indent).join('\n');
}

/** The text of an included file with a diagnostic; it was readable a moment ago. */
function includedSource(file: string): string {
  return readPolicyFile(file) ?? '';
}

/** A line with the number of errors and warnings of a file and, if it has no errors, the release it needs. */
export function summary({ file, needs, diagnostics, suppressed = 0 }: FileReport): string {
  const count = (severity: string) => diagnostics.filter((one) => one.severity === severity).length;
  const errors = count('error');
  const notes = count('info');
  const counts = [
    plural(errors, 'error'),
    plural(count('warning'), 'warning'),
    ...(notes > 0 ? [plural(notes, 'note')] : []),
  ];
  const found = diagnostics.length === 0 ? 'no problems' : counts.join(', ');
  const ignored = suppressed === 0 ? '' : `; ${suppressedText(suppressed)}`;
  const release = needs === undefined || errors > 0 ? '' : `; needs AppArmor ${needs}`;
  return `${visibleLine(file)}: ${found}${ignored}${release}`;
}

/** A profile's lint grade and how many findings comments suppress, such as `A, 2 findings suppressed by …`. */
export function gradeText(grade: Grade, suppressed: number): string {
  return suppressed === 0 ? grade : `${grade}, ${suppressedText(suppressed)}`;
}

/** How many findings comments suppress, for a summary. */
export function suppressedText(count: number): string {
  return `${plural(count, 'finding')} suppressed by lint-ignore comments`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** One file's report as a line of JSON, with extra fields. */
export function jsonLine(report: FileReport, more: object = {}): string {
  const { file, ok, needs, suppressed } = report;
  const { shown, omitted } = shownOf(report);
  return toJson({
    file,
    ok,
    ...(needs === undefined ? {} : { needs }),
    ...more,
    diagnostics: shown.map(jsonDiagnostic),
    omitted,
    ...(suppressed === undefined ? {} : { suppressed }),
  });
}

/** A diagnostic as an object of JSON. */
export function jsonDiagnostic(diagnostic: Diagnostic): object {
  return {
    id: diagnostic.id,
    severity: diagnostic.severity,
    message: diagnostic.message,
    ...region(diagnostic),
    ...(diagnostic.expected === undefined ? {} : { expected: diagnostic.expected }),
    ...(diagnostic.suggestion === undefined ? {} : { suggestion: diagnostic.suggestion }),
    // For a diagnostic in an included file.
    ...(diagnostic.file === undefined ? {} : { file: diagnostic.file }),
  };
}

function region({ span: { start, end } }: Diagnostic) {
  return { line: start.line, column: start.column, endLine: end.line, endColumn: end.column };
}

/** A path as a URI reference (RFC 3986); `?` and `#` in names are escaped. */
function uriOf(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** All reports as one SARIF 2.1.0 log (OASIS), which code hosts show beside the lines. */
export function sarifLog(all: FileReport[], version: string): string {
  const reports = all.map((report) => ({ ...report, ...shownOf(report) }));
  const ids = [...new Set(reports.flatMap(({ shown }) => shown.map(({ id }) => id)))].sort();
  const levels = { error: 'error', warning: 'warning', info: 'note' } as const;
  const rules = ids.map((id) => {
    const explanation = explain(id);
    return {
      id,
      shortDescription: { text: explanation?.title ?? id },
      fullDescription: { text: explanation?.text ?? id },
      defaultConfiguration: { level: levels[explanation?.severity ?? 'warning'] },
    };
  });
  const results = reports.flatMap(({ file, shown }) =>
    shown.map((diagnostic) => {
      const { line, column, endLine, endColumn } = region(diagnostic);
      return {
        ruleId: diagnostic.id,
        ruleIndex: ids.indexOf(diagnostic.id),
        level: levels[diagnostic.severity],
        message: { text: diagnostic.message },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: uriOf(diagnostic.file ?? file) },
              region: { startLine: line, startColumn: column, endLine, endColumn },
            },
          },
        ],
      };
    }),
  );
  return toJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'aa-registry', version, rules } },
        columnKind: 'unicodeCodePoints',
        results,
        properties: { omitted: reports.reduce((sum, { omitted }) => sum + omitted, 0) },
      },
    ],
  });
}
