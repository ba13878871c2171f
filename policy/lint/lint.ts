// Runs the lint rules over a checked file.
import type { Severity } from '../diagnostics.ts';
import type { Analysis, ProfileReport } from '../semantics/check.ts';
import { seenRules } from '../semantics/seen.ts';
import { usualTunables } from '../semantics/tunables.ts';
import type { Problem } from '../syntax/cursor.ts';
import type { LintContext, LintOptions, SeenProfile } from './rule.ts';
import { lintRules } from './rules.ts';
import { applySuppressions, suppressions } from './suppression.ts';

export interface LintFinding extends Problem {
  severity: Severity;
}

/** How much advice on one file is listed. */
const maxFindings = 2000;

/** Of all comparisons of patterns in one run: well under a second. */
const maxSteps = 5_000_000;

const ids = new Set(lintRules.map((rule) => rule.id));
const always = new Set(lintRules.filter((rule) => rule.always).map((rule) => rule.id));

/** Advice about the main file of an analysis. */
export function advise(analysis: Analysis, options: LintOptions): LintFinding[] {
  const [main] = analysis.units;
  if (!main) return [];
  const findings: LintFinding[] = [];
  const profiles: SeenProfile[] = [];
  const add = (report: ProfileReport, top: boolean) => {
    if (report.unit !== main) return;
    profiles.push({
      report,
      rules: report.rules.flatMap(({ statements, unit }) =>
        seenRules(statements, {}, unit, unit === main),
      ),
      container: top && isContainer(report, options),
    });
    for (const child of report.children) add(child, false);
  };
  for (const report of analysis.profiles) add(report, true);
  const effort = { steps: maxSteps };
  for (const rule of lintRules) {
    const context: LintContext = {
      effort,
      file: main.file,
      analysis,
      options,
      profiles,
      expand(text, profile) {
        const expanded = analysis.symbols.expand(text, profile.report.variables, usualTunables);
        return expanded.ok ? expanded.text.replace(/\/{2,}/g, '/') : undefined;
      },
      report(range, message, more = {}) {
        if (findings.length >= maxFindings) return;
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
  const kept = applySuppressions(findings, suppressions(main.file), ids, always);
  return kept.map((one) => ({ severity: 'warning', ...one }));
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
