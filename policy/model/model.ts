// What a profile permits, as apparmor_parser compiles its rules and the kernel decides with them: file permissions and
// capabilities. What is not known is unknown, never a guess.

import { Budget } from '../budget.ts';
import { analyse, type ProfileReport } from '../checks/analyse.ts';
import type { Symbols } from '../checks/symbols.ts';
import { mainUnit, type Unit } from '../checks/unit.ts';
import type { IncludeResolver } from '../includes.ts';
import { dialectOf, newestRelease, type Release } from '../release.ts';
import type { FilePermission } from '../rules/file.ts';
import { splitFlag } from '../syntax/profile-head.ts';
import type { Alias } from '../syntax/tree.ts';
import { capabilityDecision } from './capability-model.ts';
import type { ClassScope, PermissionTable } from './classes/class.ts';
import { permissionTables, type TableClass } from './classes/classes.ts';
import { type Decision, type UnknownReason, unknown } from './decision.ts';
import { type EffectiveRule, effectiveRules } from './effective-rule.ts';
import { replaceVariables } from './expansion.ts';
import { FileModel } from './file-model.ts';
import { type Compared, grantOf, Table, type TableEntry } from './table.ts';

/** Decisions for the owner of the file and for everybody else. */
export interface FileDecision {
  owner: Decision;
  others: Decision;
}

export interface ProfileModel {
  /** As the kernel shows it; children as `parent//child`. */
  name: string;
  /** `enforce`, `complain`, `kill`, `unconfined`, `prompt` or `default_allow`. */
  mode: string;
  /** `target`: the existing file that a link is made to. */
  file(permission: FilePermission, path: string, target?: string): FileDecision;
  capability(name: string): Decision;
  /** The rules of a class as the kernel has them, apart from the profile's mode; or why they are not known. */
  table(of: TableClass): Compared | UnknownReason;
  /**
   * The shortest path on which the owner of the file, or everybody else, is granted a permission by rules; `none`, or
   * undefined when it is not known.
   */
  example(permission: FilePermission, owner: boolean): { path: string } | 'none' | undefined;
}

export interface Model {
  profiles: readonly ProfileModel[];
  /** Includes that were not read. */
  unread: readonly string[];
}

export interface ModelOptions {
  resolver?: IncludeResolver | undefined;
  target?: Release | undefined;
  targetBase?: boolean | undefined;
}

/** The steps that the automata of one profile may cost, and that one question may. */
export const modelSteps = 20_000_000;
export const questionSteps = 2_000_000;

const modes = ['complain', 'kill', 'unconfined', 'prompt', 'default_allow'];

/** The model of every profile that a policy defines. The policy is one that `check` accepts. */
export function model(source: string, options: ModelOptions = {}): Model {
  const main = mainUnit(source, options.target ? { target: options.target } : {});
  const analysis = analyse(main, options);
  const unread = analysis.unseen.filter((one) => !one.startsWith('<abi/'));
  // What was not read may hold a rule for or against anything.
  const incomplete =
    unread.length > 0 ? 'includes' : analysis.symbols.budget.exhausted ? 'budget' : undefined;
  const aliases = analysis.units.flatMap(({ file }) =>
    file.statements.filter((one): one is Alias => one.kind === 'alias'),
  );
  const release = options.target ?? newestRelease;
  const { classesAreExact } = dialectOf(release);
  const profiles: ProfileModel[] = [];
  const add = (report: ProfileReport) => {
    profiles.push(
      new Profile(report, main, {
        symbols: analysis.symbols,
        aliases,
        classesAreExact,
        release,
        incomplete,
      }),
    );
    for (const child of report.children) add(child);
  };
  for (const report of analysis.profiles) add(report);
  return { profiles, unread };
}

interface Shared {
  release: Release;
  symbols: Symbols;
  aliases: readonly Alias[];
  classesAreExact: boolean;
  incomplete: UnknownReason | undefined;
}

class Profile implements ProfileModel {
  readonly name: string;
  readonly mode: string;
  readonly #incomplete: UnknownReason | undefined;
  readonly #rules: readonly EffectiveRule[];
  readonly #audits: boolean;
  readonly #files: () => FileModel | UnknownReason;
  readonly #scope: ClassScope;
  readonly #tables = new Map<TableClass, Table | UnknownReason>();

  constructor(report: ProfileReport, main: Unit, shared: Shared) {
    const flags = report.profile.flags?.values.map(({ value }) => splitFlag(value).name) ?? [];
    this.name =
      replaceVariables(report.name, { ...shared, variables: report.variables }) ?? report.name;
    this.mode = flags.find((one) => modes.includes(one)) ?? 'enforce';
    this.#audits = flags.includes('audit');
    this.#incomplete = shared.incomplete;
    this.#rules = report.rules.flatMap(({ statements, unit }) =>
      effectiveRules(statements, {}, unit, unit === main),
    );
    this.#scope = { ...shared, variables: report.variables };
    let files: FileModel | UnknownReason | undefined;
    this.#files = () => {
      files ??= FileModel.of(this.#rules, {
        ...shared,
        variables: report.variables,
        changesHat: report.profile.hat || report.children.length > 0,
        budget: new Budget(modelSteps),
      });
      return files;
    };
  }

  file(permission: FilePermission, path: string, target?: string): FileDecision {
    const decide = (owner: boolean): Decision => {
      const early = this.#early();
      if (early) return early;
      const files = this.#files();
      if (typeof files === 'string') return unknown(files);
      const budget = new Budget(questionSteps);
      return this.#inMode(
        permission === 'l' && target !== undefined
          ? files.link(path, target, owner, budget)
          : files.decide(permission, path, owner, budget),
      );
    };
    return { owner: decide(true), others: decide(false) };
  }

  capability(name: string): Decision {
    return this.#early() ?? this.#inMode(capabilityDecision(this.#rules, name));
  }

  table(of: TableClass): Compared | UnknownReason {
    if (this.#incomplete) return this.#incomplete;
    if (of === 'file') {
      const files = this.#files();
      return typeof files === 'string' ? files : files.table;
    }
    const known = this.#tables.get(of) ?? this.#tableOf(permissionTables[of]);
    this.#tables.set(of, known);
    return known;
  }

  #tableOf(of: PermissionTable): Table | UnknownReason {
    const entries: TableEntry[] = [];
    for (const effective of this.#rules) {
      const found = of.entries(effective, this.#scope);
      if (found === 'variables' && this.#scope.symbols.budget.exhausted) return 'budget';
      if (typeof found === 'string') return found;
      for (const entry of found) entries.push(entry);
    }
    return Table.of(entries, of.permissions, grantOf, new Budget(modelSteps)) ?? 'budget';
  }

  example(permission: FilePermission, owner: boolean): { path: string } | 'none' | undefined {
    if (this.#incomplete) return undefined;
    const files = this.#files();
    return typeof files === 'string'
      ? undefined
      : files.example(permission, owner, new Budget(modelSteps));
  }

  /** What needs no rule. */
  #early(): Decision | undefined {
    if (this.mode === 'unconfined') return { granted: true, byMode: this.mode, rules: [] };
    return this.#incomplete && unknown(this.#incomplete);
  }

  /**
   * What the mode makes of a decision by rules. In complain mode the kernel refuses what a deny rule keeps out of the
   * log; `audit deny`, and any deny in a profile with the flag `audit`, is logged and allowed (audit.c, file.c).
   */
  #inMode(decision: Decision): Decision {
    if (decision.granted !== false) return decision;
    const denies = decision.rules.some(({ deny }) => deny);
    const quiet = !this.#audits && decision.rules.some(({ deny, audit }) => deny && !audit);
    if (this.mode === 'complain' && !quiet)
      return { granted: true, byMode: this.mode, rules: decision.rules };
    if (this.mode === 'default_allow' && !denies)
      return { granted: true, byMode: this.mode, rules: [] };
    if (this.mode === 'prompt' && !denies) return unknown('prompt');
    return decision;
  }
}
