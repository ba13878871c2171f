// What a lint rule is, and what it sees.

import type { Budget } from '../budget.ts';
import type { Analysis, ProfileReport } from '../checks/analyse.ts';
import type { EffectiveRule } from '../model/effective-rule.ts';
import type { ProfileModel } from '../model/profile-model.ts';
import type { RawDiagnostic, Severity } from '../raw-diagnostic.ts';
import type { Release } from '../release.ts';
import type { Range } from '../syntax/source.ts';
import type { PolicyFile, Rule } from '../syntax/tree.ts';

export interface LintOptions {
  /** The package that the file is published in. */
  packageName?: string;
  /** The profiles that its file must define, and no others; without them, the one with the package's name. */
  profiles?: readonly string[];
  /** The team whose package it is, where that is known: some names are left to one. */
  team?: string;
  /** The policy ABI that the package's manifest names, such as `3.0`. */
  manifestAbi?: string;
  /** The last release that the file is for, from the target on: what it refuses is reported too. */
  until?: Release;
  /** What the profile is for; without it, a profile that attaches to no program and has a container's name. */
  kind?: 'container' | 'host' | 'abstraction';
  /** The packages whose abstractions it may include, as `team/name`. */
  dependencies?: readonly string[];
}

/** A profile, hat or child with all of its rules, includes read and conditions decided. */
export interface LintedProfile {
  report: ProfileReport;
  rules: readonly EffectiveRule[];
  /** For a container; so are its hats and children. */
  container: boolean;
  /** What it permits, as far as its includes were read. What is over budget is unknown, and exhausts lint's budget. */
  model: ProfileModel;
}

/** A rule of the main file, and whether it or a block around it denies. */
export interface OwnRule<Kind extends Rule['kind'] = Rule['kind']> {
  rule: Extract<Rule, { kind: Kind }>;
  deny: boolean;
}

export interface LintContext {
  file: PolicyFile;
  analysis: Analysis;
  options: LintOptions;
  /** All profiles, children after their parents. Profiles of included files are left out. */
  profiles: LintedProfile[];
  /** The rules of one kind that the file itself has, of all profiles in order. */
  ownRules<Kind extends Rule['kind']>(kind: Kind): readonly OwnRule<Kind>[];
  /** What all of lint may cost together for this file. */
  budget: Budget;
  /** The expansion of a path or pattern; undefined when it is not known, or too long. */
  expand(text: string, profile: LintedProfile): string | undefined;
  /** An expanded path or pattern, and what the file's aliases make of it. */
  withAliases(path: string): readonly string[];
  report(
    range: Range,
    message: string,
    more?: Partial<Pick<RawDiagnostic, 'expected' | 'suggestion' | 'fix'>> & {
      severity?: Severity;
    },
  ): void;
}

export interface LintRule {
  id: string;
  title: string;
  severity: Severity;
  /** Why it matters and what to do instead. */
  text: string;
  /** A policy on which it reports. */
  fires: string;
  /** The corrected policy: it does not report. */
  clean: string;
  /** Options the examples need. */
  options?: LintOptions;
  /** It protects hosts and cannot be suppressed. */
  always?: boolean;
  check(context: LintContext): void;
}
