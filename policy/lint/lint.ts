// Runs the lint rules over a checked file.
import {
  Budget,
  lintFactorWithIncludes,
  lintModelSteps,
  lintSteps,
  profileSteps,
} from '../budget.ts';
import { withAliases } from '../checks/aliases.ts';
import type { Analysis, ProfileReport } from '../checks/analyse.ts';
import { aliasesOf, presumedModels } from '../model/model.ts';
import type { RawDiagnostic, Severity } from '../raw-diagnostic.ts';
import type { Rule } from '../syntax/tree.ts';
import { usualTunables } from '../tunables.ts';
import type { LintContext, LintedProfile, LintOptions, OwnRule } from './rule.ts';
import { lintRules } from './rules.ts';
import { applySuppressions, suppressions } from './suppression.ts';

export interface LintFinding extends RawDiagnostic {
  severity: Severity;
}

/** How many findings of each rule are listed for one file: one rule never hides another. */
const maxFindings = 100;

const ids = new Set(lintRules.map((rule) => rule.id));
const always = new Set(lintRules.filter((rule) => rule.always).map((rule) => rule.id));

/** Whether a comment may suppress findings of this id: those of lint rules, but for those that protect hosts. */
export function maySuppress(id: string): boolean {
  return ids.has(id) && !always.has(id);
}

/** The findings of one file, how many more there are, and how many comments suppress. */
export interface Advice {
  findings: LintFinding[];
  omitted: number;
  suppressed: number;
}

/** Runs every lint rule over the main file of an analysis. */
export function advise(analysis: Analysis, options: LintOptions): Advice {
  const [main] = analysis.units;
  if (!main) return { findings: [], omitted: 0, suppressed: 0 };
  let omitted = 0;
  const factor = analysis.units.length > 1 ? lintFactorWithIncludes : 1;
  const budget = new Budget(lintSteps * factor);
  const findings: LintFinding[] = [];
  const profiles: LintedProfile[] = [];
  const modelBudget = new Budget(lintModelSteps * factor);
  const modelOf = presumedModels(analysis, modelBudget);
  const add = (report: ProfileReport, parent: LintedProfile | undefined) => {
    // A thousand children may include the same abstractions.
    const statements = report.rules.reduce((sum, one) => sum + one.statements.length, 0);
    if (report.unit !== main || !budget.spend(profileSteps + 20 * statements)) return;
    const model = modelOf(report, parent?.model.name);
    const container = parent ? parent.container : isContainer(report, options);
    const profile = { report, model, rules: model.rules, container };
    profiles.push(profile);
    for (const child of report.children) add(child, profile);
  };
  for (const report of analysis.profiles) add(report, undefined);
  const own = Map.groupBy(
    profiles.flatMap(({ rules }) => rules.filter((one) => one.own)),
    ({ rule }) => rule.kind,
  );
  const aliases = aliasesOf(analysis);
  for (const rule of lintRules) {
    let listed = 0;
    const context: LintContext = {
      budget,
      file: main.file,
      analysis,
      options,
      profiles,
      ownRules: <Kind extends Rule['kind']>(kind: Kind) =>
        (own.get(kind) ?? []) as unknown[] as OwnRule<Kind>[],
      expand(text, profile) {
        const { symbols } = analysis;
        const expanded = symbols.expandPath(text, profile.report.variables, usualTunables);
        if (expanded.ok) return expanded.text;
        if (expanded.reason === 'limit') budget.exhaust();
        return undefined;
      },
      withAliases(path) {
        return withAliases(path, undefined, aliases, budget)?.map(([one]) => one) ?? [];
      },
      report(range, message, more = {}) {
        if (++listed > maxFindings) {
          omitted++;
          return;
        }
        const { severity = rule.severity, ...rest } = more;
        findings.push({
          id: rule.id,
          start: range.start,
          end: range.end,
          message,
          severity,
          ...rest,
        });
      },
    };
    rule.check(context);
  }
  const { symbols } = analysis;
  // What a model leaves unknown may be a way out.
  if (modelBudget.exhausted || symbols.exceeded || symbols.budget.exhausted) budget.exhaust();
  const { reported: left, suppressed } = applySuppressions(
    findings,
    suppressions(main.file),
    ids,
    always,
  );
  const reported = left.map((one) => ({ severity: 'warning' as Severity, ...one }));
  if (budget.exhausted) {
    const { start, end } = analysis.profiles[0]?.profile.name ?? { start: 0, end: 0 };
    reported.push({
      id: 'limit',
      start,
      end,
      message: 'Linting this file exceeds the limit, so it was linted only in part.',
      expected: 'fewer profiles, fewer or narrower patterns, shorter values of variables',
      severity: 'error',
    });
  }
  return { findings: reported, omitted, suppressed };
}

const containerNames = [
  'docker',
  'containerd',
  'container',
  'cri',
  'k8s',
  'kube',
  'podman',
  'crio',
  'lxc',
];

/** A container runtime starts containers in a profile by name, so it attaches to no program. */
function isContainer(
  { profile, name }: ProfileReport,
  { kind, packageName }: LintOptions,
): boolean {
  if (kind) return kind === 'container';
  if (
    profile.hat ||
    profile.attachment ||
    profile.name.value.startsWith('/') ||
    profile.name.value.startsWith('@')
  )
    return false;
  if (packageName !== undefined) return true;
  return containerNames.some((start) => name === start || name.startsWith(`${start}-`));
}
