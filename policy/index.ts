// The AppArmor policy language: parser, checker, formatter and linter. Pure: no input, no output, no clock.
// The only module that other rooms import.
import {
  analyseFully,
  type CheckOptions,
  type CheckResult,
  check,
  report,
  toResult,
} from './check.ts';
import { mainUnit } from './checks/unit.ts';
import { type Diagnostic, languageSeverity, toDiagnostics } from './diagnostics.ts';
import { applyFixes, type Fixed, fixRepeatedly } from './fix.ts';
import { advise } from './lint/lint.ts';
import type { LintOptions } from './lint/rule.ts';
import type { Token } from './syntax/cursor.ts';
import { parseText } from './syntax/parser.ts';
import { print } from './syntax/printer.ts';
import { kernelName } from './syntax/profile-head.ts';
import type { PolicyFile } from './syntax/tree.ts';

export { attachments } from './attachments.ts';
export { auditDenies } from './audit-denies.ts';
export { baseResolver } from './base-resolver.ts';
export { Budget } from './budget.ts';
export { type CheckOptions, type CheckResult, check, firstError } from './check.ts';
export { comparePolicies, type PolicyChange, type PolicyText } from './compare-policies.ts';
export { type Diagnostic, render } from './diagnostics.ts';
export { explain, explanations } from './explanations.ts';
export { applyFixes, type Fixed } from './fix.ts';
export { escaped, literal, quoted } from './glob/literal.ts';
export { hiddenTextDiagnostics } from './hidden-text.ts';
export {
  type IncludedDirectory,
  type IncludedFile,
  type IncludeRequest,
  type IncludeResolver,
  isIgnoredInclude,
} from './includes.ts';
export { dockerDefault } from './lint/docker-default.ts';
export { type Grade, gradeOf, grades } from './lint/grade.ts';
export { maySuppress } from './lint/lint.ts';
export type { LintOptions } from './lint/rule.ts';
export { abiNumber } from './lint/rules/abi-mismatch.ts';
export { permittedBeyond } from './model/addition.ts';
export { capabilitiesOf, everyCapability } from './model/capabilities.ts';
export { compareModels, type PolicyComparison } from './model/compare.ts';
export { type DecidingRule, describeRule } from './model/deciding-rule.ts';
export { type Decision, type UnknownReason, unknownReasons } from './model/decision.ts';
export { differenceLines, firstLines, wideningEffects } from './model/difference-lines.ts';
export { type Evaluation, evaluate, evaluationReasons } from './model/evaluate.ts';
export { changeHat } from './model/hats.ts';
export { type Limit, readLimit } from './model/limits.ts';
export { type Model, model } from './model/model.ts';
export {
  describeAccess,
  isRuleFor,
  kindOfKeyword,
  narrowestRule,
  ruleKeywords,
} from './model/narrowest.ts';
export {
  describeDifference,
  type Effect,
  joinPermissions,
  type PolicyDifference,
} from './model/policy-difference.ts';
export type { FileDecision, ProfileModel } from './model/profile-model.ts';
export { type ClassQuestion, lookUp } from './model/questions.ts';
export { accessOf, contradiction, requiredFields } from './model/record.ts';
export type { SummaryExample, SummaryLine } from './model/summary/lines.ts';
export { type RuleSummary, summarizeRule } from './model/summary/rule.ts';
export { type ProfileSummary, summarize, summarySteps } from './model/summary/summary.ts';
export { type SummarySeverity, type TopicId, topics } from './model/summary/topics.ts';
export {
  explainVerdict,
  fileVerdict,
  type Verdict,
  verdictOf,
  verdictTexts,
} from './model/verdict.ts';
export { type WayOut, waysOut } from './model/ways-out/ways-out.ts';
export { type Completion, type CompletionPlace, completionAt } from './navigation/completion.ts';
export {
  attachedProfiles,
  type ProfileOccurrence,
  profileOccurrences,
} from './navigation/profiles.ts';
export { type VariableValues, variablesOf } from './navigation/values.ts';
export { type VariableOccurrence, variableOccurrences } from './navigation/variables.ts';
export { packageOptions, releasesOf } from './package-options.ts';
export { diagnosticPage } from './page.ts';
export type { Explanation, Severity } from './raw-diagnostic.ts';
export { compareReleases, isRelease, newestRelease, type Release, releases } from './release.ts';
export { type ProfileMaker, profileMaker, reservedName } from './reserved.ts';
export { capabilities } from './rules/capability.ts';
export { capabilityMeanings } from './rules/capability-meanings.ts';
export { withoutMode } from './rules/dbus.ts';
export type { FilePermission } from './rules/file.ts';
export type { Access } from './rules/kinds.ts';
export { type AuditRecord, isUnnamed, type RecordField } from './rules/record.ts';
export { lineAt, type Secret, secretsIn } from './secrets.ts';
export type { Token, TokenKind } from './syntax/cursor.ts';
export { printedRule } from './syntax/printer.ts';
export type { Position, Span } from './syntax/source.ts';
export type * from './syntax/tree.ts';
export { isRule } from './syntax/tree.ts';
export { includesOf, statementsAt, statementsIn, visitStatements } from './syntax/walk.ts';
export {
  hasHidden,
  isVisible,
  replaceHidden,
  spell,
  visible,
  visibleJson,
  visibleLine,
} from './visible.ts';
export { findWidening, type PolicyWidening } from './widening.ts';

/**
 * Reads a policy (apparmor.d(5)). Never throws: what cannot be parsed is reported and skipped.
 * Includes are not followed; `check` does that.
 */
export function parse(source: string): { file: PolicyFile; diagnostics: Diagnostic[] } {
  const { file, diagnostics } = mainUnit(source);
  return { file, diagnostics: toDiagnostics(diagnostics, source, languageSeverity) };
}

export interface LintResult extends CheckResult {
  errors: number;
  warnings: number;
  /** How many more findings there are: of one lint rule only the first hundred are listed. */
  omitted: number;
  /** How many findings comments suppress (`# lint-ignore`). */
  suppressed: number;
}

/** `check`, and the findings of every lint rule, less those that a comment suppresses. */
export function lint(source: string, given: CheckOptions & LintOptions = {}): LintResult {
  const options = given.kind === 'abstraction' ? { ...given, body: given.packageName } : given;
  const main = mainUnit(source, options);
  const { analysis, needs } = analyseFully(main, options);
  // A file over a limit is refused as it is, so no more work is spent on it.
  const isOver = main.diagnostics.some(({ id }) => id === 'limit');
  const { findings, omitted, suppressed } = isOver
    ? { findings: [], omitted: 0, suppressed: 0 }
    : advise(analysis, options);
  const own = report(analysis, options.target);
  const diagnostics = [
    ...own,
    ...errorsUntil(source, options, own),
    ...toDiagnostics(findings, source, (one) => one.severity),
  ].sort(
    (a, b) =>
      Number(a.file !== undefined) - Number(b.file !== undefined) ||
      a.span.start.offset - b.span.start.offset,
  );
  const count = (severity: string) => diagnostics.filter((one) => one.severity === severity).length;
  return {
    ...toResult(main, analysis, needs, diagnostics),
    errors: count('error'),
    warnings: count('warning'),
    omitted,
    suppressed,
  };
}

/** The errors that only the last release of a range finds. */
function errorsUntil(
  source: string,
  { until, ...options }: CheckOptions & LintOptions,
  known: readonly Diagnostic[],
): Diagnostic[] {
  if (until === undefined || until === options.target) return [];
  const keyOf = ({ id, file, span }: Diagnostic) => [id, file, span.start.offset].join('\0');
  const found = new Set(known.filter(({ severity }) => severity === 'error').map(keyOf));
  const { diagnostics } = check(source, { ...options, target: until });
  return diagnostics.filter((one) => one.severity === 'error' && !found.has(keyOf(one)));
}

/** {@link lint}, with every fix applied that it knows: `text` is the fixed text, `report` what is left of it. */
export function fix(
  source: string,
  options: CheckOptions & LintOptions = {},
): Fixed & { report: LintResult } {
  return fixRepeatedly(
    source,
    (text) => lint(text, options),
    (text) => parse(text).diagnostics.filter(({ severity }) => severity === 'error').length,
  );
}

/**
 * The canonical form of a policy: formatting it again changes nothing, comments stay, and it means the same.
 * A text with errors is returned unchanged, with the errors.
 */
export function format(source: string): { text: string; diagnostics: Diagnostic[] } {
  const { file, diagnostics } = parse(source);
  const errors = diagnostics.filter((one) => one.severity === 'error');
  const repairs = diagnostics.filter(({ id, fix }) => lineEnds.has(id) && fix);
  // What is wrong with line ends alone is repaired: the printer writes new ones.
  if (!errors.every((one) => repairs.includes(one))) return { text: source, diagnostics };
  if (repairs.length === 0) return { text: print(file), diagnostics };
  const repaired = parse(applyFixes(source, repairs).text);
  const broken = repaired.diagnostics.some((one) => one.severity === 'error');
  return broken
    ? { text: source, diagnostics }
    : { text: print(repaired.file), diagnostics: repaired.diagnostics };
}

/** The ids that are about how a line ends. */
const lineEnds: ReadonlySet<string> = new Set(['final-newline', 'carriage-return']);

/** The top-level profiles of a file, as the kernel would show them: `name` or `:namespace:name`. */
export function profileNames(file: PolicyFile): string[] {
  return file.statements.flatMap((one) => (one.kind === 'profile' ? [kernelName(one)] : []));
}

/** The tokens of a policy, in order, for syntax highlighting. Offsets are UTF-16 units. */
export function tokens(source: string): Token[] {
  const found = parseText(source, { record: true }).cursor.tokens ?? [];
  found.sort((a, b) => a.start - b.start);
  // What was read twice while finding out what it is, counts once.
  let last = 0;
  return found.filter((token) => {
    if (token.start < last) return false;
    last = token.end;
    return true;
  });
}
