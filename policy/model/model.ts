// The models of all profiles of a policy. What is not known is unknown, never a guess.

import type { Budget } from '../budget.ts';
import { type Analysis, analyse, type ProfileReport } from '../checks/analyse.ts';
import { isTunable, mainUnit, type Unit } from '../checks/unit.ts';
import type { IncludeResolver } from '../includes.ts';
import { dialectOf, newestRelease, type Release } from '../release.ts';
import type { Alias } from '../syntax/tree.ts';
import { usualTunables } from '../tunables.ts';
import type { UnknownReason } from './decision.ts';
import { builtInAbi, Profile, type ProfileModel, type Shared } from './profile-model.ts';

export interface Model {
  profiles: readonly ProfileModel[];
  /** Includes that were not read. */
  unread: readonly string[];
  /** The definitions of a tunable: what they permit depends on the profiles that include it. */
  definitions?: string | undefined;
}

export interface ModelOptions {
  resolver?: IncludeResolver | undefined;
  target?: Release | undefined;
  targetBase?: boolean | undefined;
  /** As those of `check`. */
  files?: Readonly<Record<string, string>> | undefined;
  body?: string | undefined;
  /**
   * Presume that includes that were not read are empty, and that their variables have their usual values. Otherwise nothing
   * is known of a profile that includes one.
   */
  presume?: boolean | undefined;
  /** What all models of the file, and what is asked of them, may cost together; by default each has its own. */
  budget?: Budget | undefined;
}

/** The model of every profile that a policy defines. The policy is one that `check` accepts. */
export function model(source: string, options: ModelOptions = {}): Model {
  const main = mainUnit(source, {
    body: options.body,
    ...(options.target && { target: options.target }),
  });
  return modelOf(main, options);
}

/** {@link model} of a parsed policy. */
export function modelOf(main: Unit, options: ModelOptions): Model {
  const analysis = analyse(main, options);
  const unread = unreadIncludes(analysis);
  const { target = newestRelease, presume = false, budget } = options;
  const presumed = presume && unread.length > 0;
  // What was not read may hold a rule for or against anything.
  const incomplete: UnknownReason | undefined =
    unread.length > 0 && !presumed
      ? 'includes'
      : analysis.symbols.budget.exhausted
        ? 'budget'
        : undefined;
  const how = { incomplete, ...(presumed && { usual: usualTunables }), ...(budget && { budget }) };
  const profiles = [...profilesOf(analysis, target, how).values()];
  return { profiles, unread, ...(isTunable(main.file) && { definitions: definitionsIn(main) }) };
}

/** The statements of a file, without the comments and lines between them. */
function definitionsIn({ file: { text, statements } }: Unit): string {
  return statements.map(({ start, end }) => text.slice(start, end)).join('\n');
}

/**
 * Makes the models of an analysed file's profiles for lint, which presume that what was not read says nothing: an
 * include counts as empty, and its variables have their usual values. All models and questions share a budget.
 */
export function presumedModels(
  analysis: Analysis,
  budget: Budget,
): (report: ProfileReport, parent: string | undefined) => ProfileModel {
  const shared = sharedOf(analysis, newestRelease, { usual: usualTunables, budget });
  return (report, parent) => new Profile(report, analysis.units[0], shared, parent);
}

/** The includes that were not read, but for abi files, which hold no rules. */
export function unreadIncludes(analysis: Analysis): string[] {
  return analysis.unseen.filter((one) => !one.startsWith('<abi/'));
}

function profilesOf(
  analysis: Analysis,
  release: Release,
  how: Pick<Shared, 'incomplete' | 'usual' | 'budget'>,
): Map<ProfileReport, ProfileModel> {
  const [main] = analysis.units;
  const shared = sharedOf(analysis, release, how);
  const found = new Map<ProfileReport, ProfileModel>();
  const add = (report: ProfileReport, parent: string | undefined) => {
    const profile = new Profile(report, main, shared, parent);
    found.set(report, profile);
    for (const child of report.children) add(child, profile.name);
  };
  for (const report of analysis.profiles) add(report, undefined);
  return found;
}

function sharedOf(
  analysis: Analysis,
  release: Release,
  how: Pick<Shared, 'incomplete' | 'usual' | 'budget'>,
): Shared {
  const { classesAreExact } = dialectOf(release);
  return {
    ...{ symbols: analysis.symbols, aliases: aliasesOf(analysis), classesAreExact, release },
    abi:
      analysis.units[0]?.file.statements
        .find((one) => one.kind === 'abi')
        ?.path.replace(/^abi\//, '') ?? builtInAbi,
    ...how,
  };
}

/** The aliases of a file and of its includes. */
export function aliasesOf({ units }: Analysis): Alias[] {
  return units.flatMap(({ file }) =>
    file.statements.filter((one): one is Alias => one.kind === 'alias'),
  );
}
