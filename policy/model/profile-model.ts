// The model of one profile: file permissions, capabilities and what is asked of other classes, as apparmor_parser compiles
// its rules and the kernel decides with them.

import { Budget } from '../budget.ts';
import { mergeSlashes, withAliases } from '../checks/aliases.ts';
import type { ProfileReport } from '../checks/analyse.ts';
import type { Symbols } from '../checks/symbols.ts';
import type { Unit } from '../checks/unit.ts';
import type { Pattern } from '../glob/aare.ts';
import { bytePattern } from '../glob/matcher.ts';
import type { Release } from '../release.ts';
import type { FilePermission } from '../rules/file.ts';
import { abis } from '../rules/kind.ts';
import { kindByKeyword } from '../rules/kinds.ts';
import { attachmentConditions } from '../syntax/printer.ts';
import { splitFlag, splitName } from '../syntax/profile-head.ts';
import type { Alias, Profile as ProfileNode } from '../syntax/tree.ts';
import { capabilityGrant } from './capability-model.ts';
import type { PermissionTable } from './classes/class.ts';
import { permissionTables, type TableClass } from './classes/classes.ts';
import { type Decision, type UnknownReason, unknown } from './decision.ts';
import { type EffectiveRule, effectiveRules, isQuiet } from './effective-rule.ts';
import { replaceVariables, type TextScope } from './expansion.ts';
import { FileModel, fileEntries } from './file-model.ts';
import { type HiddenRule, hiddenRules } from './hidden.ts';
import { type Limit, limitDecision, limitsOf, type SetLimit } from './limits.ts';
import {
  type Compared,
  type Extension,
  type Grant,
  grantOf,
  Table,
  type TableEntry,
} from './table.ts';

/** Decisions for the owner of the file and for everybody else. */
export interface FileDecision {
  owner: Decision;
  others: Decision;
}

export interface ProfileModel {
  /** As the kernel shows it; children as `parent//child`. */
  name: string;
  /** Its node in the tree of the file. */
  node: ProfileNode;
  /** `enforce`, `complain`, `kill`, `unconfined`, `prompt` or `default_allow`. */
  mode: string;
  /** The name of the profile it is a hat or child of. */
  parent: string | undefined;
  /** Its other flags, such as `attach_disconnected`, as they are written. */
  flags: readonly string[];
  /** The programs it is attached to, as written; a profile without has those of its name, if that is a path. */
  attachment: string | undefined;
  /** The same with variables replaced; undefined if that is not known. */
  attachmentPattern: string | undefined;
  /** What else a program needs to be attached, such as extended attributes, as written. */
  attachmentConditions: readonly string[];
  /** The abi that its file names, such as `3.0`, or else the one that apparmor_parser has built in. */
  abi: string;
  /** Why nothing that rests on its rules is known. */
  incomplete: UnknownReason | undefined;
  /** Its own rules and those of its includes, in order. */
  rules: readonly EffectiveRule[];
  /** The files that it and its includes include, as written; also those that were not read. */
  includes: readonly string[];
  /** The limits it sets, by name. */
  limits: ReadonlyMap<string, SetLimit>;
  /** Whether the abi of its file asks the kernel to mediate a class; what it does not is permitted. */
  mediates(of: TableClass): boolean;
  /** `target`: the existing file that a link is made to. */
  file(permission: FilePermission, path: string, target?: string): FileDecision;
  capability(name: string): Decision;
  /** What rules alone say about a capability, and whether its use is logged. */
  capabilityGrant(name: string): Grant;
  /** Whether a process may have a limit of this value. */
  limit(name: string, value: Limit): Decision;
  /** What is asked of a class other than files: a string as the kernel looks it up. */
  ask(of: keyof typeof permissionTables, permission: string, string: string): Decision;
  /** Whether its file, or what that includes, declares this variable. */
  declares(variable: string): boolean;
  /** The programs it is attached to. */
  attaches(): Compared | UnknownReason;
  /** What the mode makes of a decision by rules alone. */
  inMode(decision: Decision): Decision;
  /** The rules of a class as the kernel has them, apart from the profile's mode; or why they are not known. */
  table(of: TableClass): Compared | UnknownReason;
  /** The rules of a class with one more, which stands in this profile; or why they are not known. */
  extended(of: TableClass, rule: EffectiveRule): Extension | UnknownReason;
  /** The rules of the main file in classes other than files whose permissions deny rules take away. */
  hidden(
    classes: readonly (keyof typeof permissionTables)[],
  ): readonly HiddenRule[] | UnknownReason;
  /** What the rules of a class other than files match, rule by rule. */
  entries(of: keyof typeof permissionTables): readonly TableEntry[] | UnknownReason;
  /**
   * The shortest path on which the owner of the file, or everybody else, is granted a permission by rules; `none`, or
   * undefined when it is not known.
   */
  example(permission: FilePermission, owner: boolean): { path: string } | 'none' | undefined;
}

/** The steps that the automata of one profile may cost, and that one question may. */
export const modelSteps = 20_000_000;
export const questionSteps = 2_000_000;

/** What one entry of a table costs, apart from its automaton. */
const entrySteps = 60;

const modes = ['complain', 'kill', 'unconfined', 'prompt', 'default_allow'];

/** The classes whose rules match strings. */
export const tableClasses: readonly TableClass[] = [
  'file',
  ...(Object.keys(permissionTables) as (keyof typeof permissionTables)[]),
];

/** The abi whose features count where a file names none: what apparmor_parser has built in. */
export const builtInAbi = 'kernel-5.4-outoftree-network';

/** Whether it is known which classes an abi leaves out. */
export function isKnownAbi(abi: string): boolean {
  return (abis as readonly string[]).includes(abi);
}

/** What the models of a file's profiles have in common. */
export interface Shared {
  /** The abi of the file. */
  abi: string;
  release: Release;
  symbols: Symbols;
  aliases: readonly Alias[];
  classesAreExact: boolean;
  incomplete?: UnknownReason | undefined;
  /** The values of variables that no file declares which was read. */
  usual?: Readonly<Record<string, readonly string[]>>;
  /** What all models of the file share, in place of a budget for each automaton and question. */
  budget?: Budget;
}

function attachmentTable(patterns: readonly Pattern[], budget: Budget): Compared | UnknownReason {
  const permissions = new Set(['attach']);
  const entries = patterns.map((pattern) => ({ effective: undefined, pattern, permissions }));
  return Table.of(entries, ['attach'], grantOf, budget) ?? 'budget';
}

export class Profile implements ProfileModel {
  readonly name: string;
  readonly node: ProfileNode;
  readonly mode: string;
  readonly parent: string | undefined;
  readonly flags: readonly string[];
  readonly attachment: string | undefined;
  readonly attachmentPattern: string | undefined;
  readonly attachmentConditions: readonly string[];
  readonly abi: string;
  readonly incomplete: UnknownReason | undefined;
  readonly limits: ReadonlyMap<string, SetLimit>;
  readonly rules: readonly EffectiveRule[];
  readonly includes: readonly string[];
  readonly #audits: boolean;
  readonly #files: () => FileModel | UnknownReason;
  readonly #scope: TextScope & Pick<Shared, 'classesAreExact'>;
  readonly #budget: (steps: number) => Budget;
  readonly #capabilities = new Map<string, Grant>();
  readonly #tables = new Map<TableClass, Table | UnknownReason>();

  constructor(
    report: ProfileReport,
    main: Unit | undefined,
    shared: Shared,
    parent: string | undefined,
  ) {
    const flags = report.profile.flags?.values.map(({ value }) => splitFlag(value).name) ?? [];
    this.name =
      replaceVariables(report.name, { ...shared, variables: report.variables }) ?? report.name;
    this.node = report.profile;
    this.mode = flags.find((one) => modes.includes(one)) ?? 'enforce';
    this.#audits = flags.includes('audit');
    this.incomplete = shared.incomplete;
    this.rules = report.rules.flatMap((list) =>
      effectiveRules(list, list.unit === main, shared.release),
    );
    this.includes = report.rules.flatMap(({ statements }) =>
      statements.flatMap((one) => (one.kind === 'include' ? [one.path] : [])),
    );
    this.parent = parent;
    this.flags = (report.profile.flags?.values ?? [])
      .map(({ value }) => value)
      .filter((value) => !modes.includes(value) && value !== 'enforce');
    const name = splitName(report.profile.name.value)?.name ?? '';
    this.attachment =
      report.profile.attachment?.value ??
      (parent === undefined && /^[/@]/.test(name) ? name : undefined);
    this.attachmentConditions = attachmentConditions(report.profile);
    this.limits = limitsOf(this.rules);
    this.abi = shared.abi;
    this.#scope = { ...shared, variables: report.variables };
    this.attachmentPattern = this.attachment && replaceVariables(this.attachment, this.#scope);
    this.#budget = (steps) => shared.budget ?? new Budget(steps);
    let files: FileModel | UnknownReason | undefined;
    this.#files = () => {
      files ??= FileModel.of(this.rules, {
        ...this.#scope,
        changesHat: report.profile.hat || report.children.length > 0,
        budget: this.#budget(modelSteps),
      });
      return files;
    };
  }

  declares(variable: string): boolean {
    return this.#scope.symbols.variables.has(variable);
  }

  file(permission: FilePermission, path: string, target?: string): FileDecision {
    const decide = (owner: boolean): Decision => {
      const early = this.#early();
      if (early) return early;
      const files = this.#files();
      if (typeof files === 'string') return unknown(files);
      const budget = this.#budget(questionSteps);
      return this.inMode(
        permission === 'l' && target !== undefined
          ? files.link(path, target, owner, budget)
          : files.decide(permission, path, owner, budget),
      );
    };
    return { owner: decide(true), others: decide(false) };
  }

  capability(name: string): Decision {
    return this.#early() ?? this.inMode(this.capabilityGrant(name).decision);
  }

  capabilityGrant(name: string): Grant {
    const known = this.#capabilities.get(name) ?? capabilityGrant(this.rules, name);
    this.#capabilities.set(name, known);
    return known;
  }

  limit(name: string, value: Limit): Decision {
    return this.#early() ?? this.inMode(limitDecision(this.rules, name, value));
  }

  ask(of: keyof typeof permissionTables, permission: string, string: string): Decision {
    const early = this.#early();
    if (early) return early;
    if (!this.mediates(of)) return { granted: true, notMediated: true, rules: [] };
    const table = this.#table(of);
    if (typeof table === 'string') return unknown(table);
    return this.inMode(table.decide(string, permission, this.#budget(questionSteps)));
  }

  mediates(of: TableClass): boolean {
    const at = (abis as readonly string[]).indexOf(this.abi);
    const since = kindByKeyword.get(of === 'file' ? of : permissionTables[of].keyword)?.abi;
    // Of other abi files it is not known what they leave out.
    return at < 0 || since === undefined || at >= abis.indexOf(since);
  }

  attaches(): Compared | UnknownReason {
    const budget = this.#budget(modelSteps);
    if (this.attachment === undefined) return attachmentTable([], budget);
    const text = this.attachmentPattern;
    if (text === undefined) return 'variables';
    const copies = withAliases(text, undefined, this.#scope.aliases, budget);
    if (!copies) return 'budget';
    const patterns = copies.map(([one]) => bytePattern(mergeSlashes(one)));
    return attachmentTable(patterns, budget);
  }

  table(of: TableClass): Compared | UnknownReason {
    if (this.incomplete) return this.incomplete;
    if (of === 'file') {
      const files = this.#files();
      return typeof files === 'string' ? files : files.table;
    }
    return this.#table(of);
  }

  extended(of: TableClass, rule: EffectiveRule): Extension | UnknownReason {
    if (of === 'file') {
      const files = this.#files();
      const budget = this.#budget(questionSteps);
      const added = fileEntries([rule], { ...this.#scope, changesHat: false, budget });
      if (typeof files === 'string') return files;
      return typeof added === 'string' ? added : files.table.extended(added);
    }
    const table = this.#table(of);
    const added = permissionTables[of].entries(rule, this.#scope);
    if (typeof table === 'string') return table;
    if (typeof added === 'string') return added;
    // The kernel that logged a request knows rules of its kind.
    return table.extended(added.filter(({ fallback }) => !fallback));
  }

  entries(of: keyof typeof permissionTables): readonly TableEntry[] | UnknownReason {
    const table = this.#table(of);
    return typeof table === 'string' ? table : table.entries;
  }

  hidden(
    classes: readonly (keyof typeof permissionTables)[],
  ): readonly HiddenRule[] | UnknownReason {
    const tables: (readonly TableEntry[])[] = [];
    for (const one of classes) {
      const entries = this.entries(one);
      if (typeof entries === 'string') return entries;
      tables.push(entries);
    }
    return hiddenRules(tables, this.#budget(modelSteps)) ?? 'budget';
  }

  #table(of: keyof typeof permissionTables): Table | UnknownReason {
    const known = this.#tables.get(of) ?? this.#tableOf(permissionTables[of]);
    this.#tables.set(of, known);
    return known;
  }

  #tableOf(of: PermissionTable): Table | UnknownReason {
    const entries: TableEntry[] = [];
    const budget = this.#budget(modelSteps);
    for (const effective of this.rules) {
      const found = of.entries(effective, this.#scope);
      if (found === 'variables' && this.#scope.symbols.budget.exhausted) return 'budget';
      if (typeof found === 'string') {
        if (this.#scope.usual) continue;
        return found;
      }
      if (!budget.spend(entrySteps * found.length)) return 'budget';
      for (const entry of found) entries.push(entry);
    }
    return Table.of(entries, of.permissions, grantOf, budget) ?? 'budget';
  }

  example(permission: FilePermission, owner: boolean): { path: string } | 'none' | undefined {
    if (this.incomplete) return undefined;
    const files = this.#files();
    return typeof files === 'string'
      ? undefined
      : files.example(permission, owner, this.#budget(modelSteps));
  }

  /** What needs no rule. */
  #early(): Decision | undefined {
    if (this.mode === 'unconfined') return { granted: true, byMode: this.mode, rules: [] };
    return this.incomplete && unknown(this.incomplete);
  }

  /**
   * What the mode makes of a decision by rules. In complain mode the kernel refuses what a deny rule keeps out of the
   * log; `audit deny`, and any deny in a profile with the flag `audit`, is logged and allowed (audit.c, file.c).
   */
  inMode(decision: Decision): Decision {
    if (decision.granted !== false) return decision;
    const denies = decision.rules.some(({ deny }) => deny);
    const quiet = !this.#audits && decision.rules.some(isQuiet);
    if (this.mode === 'complain' && !quiet)
      return { granted: true, byMode: this.mode, rules: decision.rules };
    if (this.mode === 'default_allow' && !denies)
      return { granted: true, byMode: this.mode, rules: [] };
    if (this.mode === 'prompt' && !denies) return unknown('prompt');
    return decision;
  }
}
