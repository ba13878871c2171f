// Whether apparmor_parser would accept a policy.
import { type Analysis, analyse } from './checks/analyse.ts';
import { checkMediation } from './checks/not-mediated.ts';
import { checkTarget } from './checks/target.ts';
import { mainUnit, type Unit } from './checks/unit.ts';
import { type Diagnostic, languageSeverity, toDiagnostics } from './diagnostics.ts';
import type { IncludeResolver } from './includes.ts';
import type { RawDiagnostic } from './raw-diagnostic.ts';
import type { Release } from './release.ts';
import type { PolicyFile } from './syntax/tree.ts';

export interface CheckOptions {
  /** Finds included files; without one, includes are known by name only and what they declare is taken as declared. */
  resolver?: IncludeResolver;
  /** Decide as this release does; without one, as the newest. */
  target?: Release;
  /**
   * The base policy that the resolver finds is the target's own. Otherwise the target's abi files, abstractions and
   * tunables are known by name: what it has and the resolver does not find is noted, not refused.
   */
  targetBase?: boolean;
  /**
   * The texts of a package's dependencies, by the paths of their includes. Those of other packages are then known by
   * name only, whatever the resolver finds.
   */
  files?: Readonly<Record<string, string>> | undefined;
  /** The text is an abstraction, checked as the body of a profile of this name. */
  body?: string | undefined;
  /** Lone surrogates from U+DC80 to U+DCFF stand for bytes that are not UTF-8; else they are malformed. */
  rawBytes?: boolean;
}

export interface CheckResult {
  /** No error was found. */
  ok: boolean;
  diagnostics: Diagnostic[];
  file: PolicyFile;
  /** Includes and abi files that were not read. */
  unseen: string[];
  /** The lowest AppArmor release that knows everything the file uses. */
  needs: Release;
  /** Top-level profiles, as the kernel would show them. */
  profiles: string[];
}

/** Whether apparmor_parser would accept this policy: parses it, reads its includes, and runs all checks. */
export function check(source: string, options: CheckOptions = {}): CheckResult {
  const main = mainUnit(source, options);
  const { analysis, needs } = analyseFully(main, options);
  return toResult(main, analysis, needs, report(analysis, options.target));
}

/** Everything `check` finds out, its diagnostics added to the units. */
export function analyseFully(
  main: Unit,
  options: CheckOptions,
): { analysis: Analysis; needs: Release } {
  const analysis = analyse(main, options);
  const needs = checkTarget(analysis, options);
  checkMediation(main);
  return { analysis, needs };
}

/** The result of `check` with these diagnostics. */
export function toResult(
  main: Unit,
  analysis: Analysis,
  needs: Release,
  diagnostics: Diagnostic[],
): CheckResult {
  return {
    ok: diagnostics.every((one) => one.severity !== 'error'),
    diagnostics,
    file: main.file,
    unseen: analysis.unseen,
    needs,
    profiles: analysis.profiles.map((one) => one.name),
  };
}

/** The diagnostics of a file and of its includes, with their severity for a release. */
export function report(analysis: Analysis, target: Release | undefined): Diagnostic[] {
  // With a target, what its parser does counts; else what AppArmor's own tests say is right.
  const severityOf = (diagnostic: RawDiagnostic) =>
    target !== undefined && diagnostic.parsers
      ? diagnostic.parsers === 'accept'
        ? 'warning'
        : 'error'
      : languageSeverity(diagnostic);
  return analysis.units.flatMap((unit) =>
    toDiagnostics(unit.diagnostics, unit.file.text, severityOf, unit.name),
  );
}

/**
 * The first error with its place, such as `abstractions/base:3:5: unknown permission`; undefined without one.
 *
 * @param file the name of the text itself; without one, its errors begin with their line
 */
export function firstError(
  diagnostics: readonly Diagnostic[],
  file?: string,
): { id: string; text: string } | undefined {
  const error = diagnostics.find(({ severity }) => severity === 'error');
  if (!error) return undefined;
  const { line, column } = error.span.start;
  const place = [error.file ?? file, line, column].filter((part) => part !== undefined).join(':');
  return { id: error.id, text: `${place}: ${error.message}` };
}
