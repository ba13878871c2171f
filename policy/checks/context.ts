// What the checks of one run share.
import { variableSince } from '../base-policy.ts';
import { Budget, checkSteps } from '../budget.ts';
import type { IncludedFile, IncludeResolver } from '../includes.ts';
import type { RawDiagnostic } from '../raw-diagnostic.ts';
import {
  type Change,
  changedIn,
  compareReleases,
  type Dialect,
  dialectOf,
  newestRelease,
  type Release,
} from '../release.ts';
import { maxDiagnostics } from '../syntax/cursor.ts';
import type { Range } from '../syntax/source.ts';
import type { PolicyFile } from '../syntax/tree.ts';
import { Symbols } from './symbols.ts';
import { includedUnit, type Unit } from './unit.ts';

export interface AnalysisOptions {
  /** Finds included files; without one they are known by name only. */
  resolver?: IncludeResolver | undefined;
  /** The release that decides; without one, the newest. */
  target?: Release | undefined;
  /**
   * The base policy that the resolver finds is the target's. Otherwise it is this machine's, and names say which of its
   * files and variables the target has.
   */
  targetBase?: boolean | undefined;
  /**
   * The texts of a package's dependencies, by the paths of their includes. Those of other packages are then known by
   * name only, whatever the resolver finds.
   */
  files?: Readonly<Record<string, string>> | undefined;
}

/** The file that is checked, what it includes and declares, and the diagnostics found so far. */
export class Context {
  readonly main: Unit;
  readonly resolver: IncludeResolver | undefined;
  readonly target: Release | undefined;
  readonly dialect: Dialect;
  /** The target, where its base policy is known only by the names of its files and variables. */
  readonly namedBase: Release | undefined;
  /** The dependencies of a package by the paths of their includes; undefined for a file that is not of a package. */
  readonly dependencies: ReadonlyMap<string, IncludedFile> | undefined;
  readonly budget = new Budget(checkSteps);
  readonly symbols = new Symbols(this.budget);
  readonly units = new Map<PolicyFile, Unit>();
  /** Includes and abi files that were not read. */
  readonly unseen = new Set<string>();
  /** Where the main file has the include by which each other one came into a profile, or after one. */
  readonly includedAt = new Map<Unit, Range>();
  /** The lowest release that decides about this file as the newest does; undefined where all do. */
  sameSince: Release | undefined;
  readonly #reported = new Set<string>();

  constructor(main: Unit, { resolver, target, targetBase, files }: AnalysisOptions) {
    this.main = main;
    this.resolver = resolver;
    this.dependencies =
      files && new Map(Object.entries(files).map(([file, source]) => [file, { file, source }]));
    this.target = target;
    this.dialect = dialectOf(target ?? newestRelease);
    this.namedBase = targetBase ? undefined : target;
    this.symbols.definedIsWhetherSet = this.dialect.definedIsWhetherSet;
    this.units.set(main.file, main);
  }

  /** Adds a diagnostic to a unit. An include is checked once per profile; its diagnostics are reported once. */
  report(
    unit: Unit,
    id: string,
    range: Range,
    message: string,
    more?: Partial<RawDiagnostic>,
  ): void {
    const key = `${id} ${range.start} ${unit.name ?? ''} ${message}`;
    if (this.#reported.has(key) || unit.diagnostics.length > maxDiagnostics) return;
    this.#reported.add(key);
    unit.diagnostics.push({ id, start: range.start, end: range.end, message, ...more });
  }

  /** The unit of an included file: a copy, so that this run adds no diagnostics to the shared one. */
  use(file: IncludedFile, base: boolean): Unit {
    const shared = includedUnit(file, this.target);
    let unit = this.units.get(shared.file);
    if (!unit) {
      unit = { ...shared, diagnostics: [...shared.diagnostics], ...(base && { base }) };
      this.units.set(shared.file, unit);
    }
    return unit;
  }

  /** Notes that releases before a change decide otherwise about this file. */
  differsBefore(change: Change): void {
    const release = changedIn(change);
    if (!this.sameSince || compareReleases(release, this.sameSince) > 0) this.sameSince = release;
  }

  /** Whether this machine's base policy has a variable that the target's does not have. */
  isLater(name: string, unit: Unit): boolean {
    if (!unit.base || this.namedBase === undefined) return false;
    const since = variableSince(name);
    return since !== undefined && compareReleases(since, this.namedBase) > 0;
  }
}
