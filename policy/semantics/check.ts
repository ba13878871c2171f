// Checks a parsed file as apparmor_parser does after reading it: includes, variables, names, conflicts.
import { fileSince, variableSince, variablesOf } from '../base-policy.ts';
import { Budget, checkSteps, profileSteps } from '../budget.ts';
import { checkPattern } from '../glob/aare.ts';
import type { IncludedFile, IncludeResolver } from '../includes.ts';
import {
  changedIn,
  compareReleases,
  type Dialect,
  dialectOf,
  newestRelease,
  type Release,
  upTo,
} from '../release.ts';
import { maxProblems, type Problem } from '../syntax/cursor.ts';
import { parseText } from '../syntax/parser.ts';
import { splitFlag, splitName } from '../syntax/rules/profile.ts';
import type { Range } from '../syntax/source.ts';
import type {
  Abi,
  Conditional,
  ElseBlock,
  Include,
  PolicyFile,
  Profile,
  Statement,
  Variable,
  Word,
} from '../syntax/tree.ts';
import { evaluate } from './condition.ts';
import { type Conflict, type ExecRule, execConflicts } from './exec.ts';
import {
  type Head,
  patternProblems,
  type Summary,
  summarize,
  summarizeHead,
  visitWords,
} from './summary.ts';
import { type ProfileVariables, Symbols } from './symbols.ts';
import { declaration, globalTunables, usualTunables } from './tunables.ts';
import { variablesIn, visitHeadWords } from './words.ts';

/** Includes deeper than this are a loop or an attack. */
const maxIncludeDepth = 64;

/** A parsed text: the main file, or one it includes (`name` is set). */
export interface Unit {
  file: PolicyFile;
  name?: string;
  problems: Problem[];
  /** A file of the base policy, which is right for the release that it came with. */
  base?: boolean;
}

/** A profile that the file defines, with the children it has after conditions are decided. */
export interface ProfileReport {
  /** As the kernel shows it: `:ns:name`, children as `parent//child`. */
  name: string;
  profile: Profile;
  unit: Unit;
  children: ProfileReport[];
  /** The rules of the profile and of what it includes, conditions decided. */
  rules: { statements: readonly Statement[]; unit: Unit }[];
  variables: ProfileVariables;
}

export interface Analysis {
  units: Unit[];
  symbols: Symbols;
  profiles: ProfileReport[];
  /** Includes and abi files that were not seen because there is no resolver. */
  unseen: string[];
  /** The lowest release that decides about this file as the newest does; undefined with a target. */
  sameSince: Release | undefined;
}

/** How a file is to be looked at. */
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
}

const included = new WeakMap<IncludedFile, Unit>();

/** Parses an included file once. */
function unitOf(file: IncludedFile): Unit {
  let unit = included.get(file);
  if (!unit) {
    const parsed = parseText(file.source);
    unit = {
      file: parsed.file,
      name: file.file,
      problems: [...parsed.problems, ...patternProblems(parsed.file)],
    };
    included.set(file, unit);
  }
  return unit;
}

/** Checks `main`; what is found is added to copies of each unit's problems. */
export function analyse(main: Unit, options: AnalysisOptions = {}): Analysis {
  return new Checker(main, options).run();
}

class Checker {
  readonly #resolver: IncludeResolver | undefined;
  readonly #budget = new Budget(checkSteps);
  readonly #symbols = new Symbols(this.#budget);
  readonly #main: Unit;
  readonly #units = new Map<PolicyFile, Unit>();
  readonly #unseen = new Set<string>();
  readonly #profiles: { profile: Profile; unit: Unit }[] = [];
  readonly #reported = new Set<string>();
  readonly #preambles = new Set<Unit>();
  readonly #names = new Set<string>();
  readonly #target: Release | undefined;
  readonly #dialect: Dialect;
  /** The target, where its base policy is known by the names of files and variables only. */
  readonly #named: Release | undefined;
  readonly #baseFiles = new Set<IncludedFile>();
  #sameSince: Release | undefined;
  /** Where the main file has the include by which each other one came into a profile. */
  readonly #includedAt = new Map<Unit, Range>();
  /** Variables that nothing declares since <tunables/global> is not included, and where the main file needs each. */
  readonly #missing = new Map<string, { range: Range; file: string | undefined }>();

  constructor(main: Unit, { resolver, target, targetBase }: AnalysisOptions) {
    this.#resolver = resolver;
    this.#target = target;
    this.#dialect = dialectOf(target ?? newestRelease);
    this.#named = targetBase ? undefined : target;
    this.#symbols.definedIsWhetherSet = this.#dialect.definedIsWhetherSet;
    this.#main = main;
    this.#units.set(main.file, main);
  }

  run(): Analysis {
    this.#preamble(this.#main, []);
    const profiles = this.#profiles.flatMap(({ profile, unit }) =>
      this.#profile(profile, unit, undefined),
    );
    this.#missingTunables();
    if (this.#budget.exhausted) {
      this.#report(
        this.#main,
        'limit',
        this.#profiles[0]?.profile.name ?? { start: 0, end: 0 },
        'This file takes more work to check than any real one, so not all of it was looked at.',
        {
          expected:
            'fewer profiles, fewer or narrower patterns in rules with x, fewer values of variables',
        },
      );
    }
    return {
      units: [...this.#units.values()],
      symbols: this.#symbols,
      profiles,
      unseen: [...this.#unseen],
      sameSince: this.#sameSince,
    };
  }

  /** A copy of the unit, so that what this run finds does not stay with the shared tree. */
  #use(file: IncludedFile): Unit {
    const shared = unitOf(file);
    let unit = this.#units.get(shared.file);
    if (!unit) {
      unit = {
        ...shared,
        problems: [...shared.problems],
        ...(this.#baseFiles.has(file) && { base: true }),
      };
      this.#units.set(shared.file, unit);
    }
    return unit;
  }

  #report(
    unit: Unit,
    id: Problem['id'],
    range: Range,
    message: string,
    more?: Partial<Problem>,
  ): void {
    // An include is looked at once per profile; what is wrong in it is said once.
    const key = `${id} ${range.start} ${unit.name ?? ''} ${message}`;
    if (this.#reported.has(key) || unit.problems.length > maxProblems) return;
    this.#reported.add(key);
    unit.problems.push({ id, start: range.start, end: range.end, message, ...more });
  }

  /** The files an include names: none when it is not seen or missing (which is reported). */
  #include(include: Include | Abi, unit: Unit): readonly IncludedFile[] {
    const what = include.place === 'magic' ? `<${include.path}>` : include.path;
    if (!this.#resolver) {
      this.#unseen.add(what);
      if (include.kind === 'include') this.#symbols.open = true;
      return [];
    }
    const since = include.place === 'magic' ? fileSince(include.path) : undefined;
    const later =
      since !== undefined && this.#named !== undefined && compareReleases(since, this.#named) > 0;
    if (later) {
      // That the target has no such file is said with what else it does not know; this machine's own files are not to blame.
      if (include.kind === 'include' && !include.ifExists && !unit.base) this.#symbols.open = true;
      return [];
    }
    const found = this.#resolver({
      path: include.path,
      kind: include.place,
      statement: include.kind,
      ...(unit.name !== undefined && { from: unit.name }),
    });
    if (found) {
      const files = 'entries' in found ? found.entries : [found];
      if (since !== undefined) for (const file of files) this.#baseFiles.add(file);
      return files;
    }
    if (since !== undefined && this.#named !== undefined) {
      if (include.kind === 'include') this.#symbols.open = true;
      this.#unseen.add(what);
      if (!unit.base) {
        this.#report(
          unit,
          'unseen-include',
          include.target,
          `AppArmor ${this.#named} brings ${what}, and this machine does not have it, so it was not looked into.`,
          { expected: `the base policy of AppArmor ${this.#named}` },
        );
      }
      return [];
    }
    const from = since === undefined ? '' : ` It came with AppArmor ${since}.`;
    if (include.kind === 'abi') {
      this.#report(unit, 'missing-abi', include.target, `There is no abi file ${what}.${from}`, {
        expected: 'an abi file such as <abi/3.0>',
      });
    } else if (!include.ifExists) {
      // What it declares is not missed a second time.
      this.#symbols.open = true;
      this.#report(
        unit,
        'missing-include',
        include.target,
        `There is no file ${what} to include.${from}`,
        { expected: 'a file in an include directory, or "include if exists"' },
      );
    }
    return [];
  }

  /** True, with a report, when including `file` here would never end. */
  #recursive(include: Include, unit: Unit, next: Unit, path: readonly Unit[]): boolean {
    if (path.includes(next) || unit === next) {
      this.#report(
        unit,
        'recursive-include',
        include.target,
        `${next.name ?? 'This file'} includes itself.`,
        { expected: 'an include that ends' },
      );
      return true;
    }
    if (path.length >= maxIncludeDepth) {
      this.#report(
        unit,
        'limit',
        include.target,
        `Includes nest deeper than ${maxIncludeDepth} files.`,
        { expected: 'fewer levels' },
      );
      return true;
    }
    return false;
  }

  #preamble(unit: Unit, path: readonly Unit[]): void {
    const symbols = this.#symbols;
    for (const statement of unit.file.statements) {
      switch (statement.kind) {
        case 'include':
          for (const file of this.#include(statement, unit)) {
            const next = this.#use(file);
            if (this.#dialect.includesOnce && this.#preambles.has(next)) continue;
            this.#preambles.add(next);
            if (!this.#budget.spend(1 + next.file.statements.length)) return;
            if (!this.#recursive(statement, unit, next, path))
              this.#preamble(next, [...path, unit]);
          }
          if (statement.place === 'magic') this.#declareUnseen(statement.path);
          break;
        case 'abi':
          this.#abi(statement, unit);
          break;
        case 'variable':
          if (this.#profiles.length > 0) this.#misplaced(statement, unit);
          this.#assign(statement, unit);
          break;
        case 'boolean':
          if (this.#profiles.length > 0) this.#misplaced(statement, unit);
          if (statement.operator === '=' && symbols.booleans.has(statement.name)) {
            this.#report(
              unit,
              'duplicate-boolean',
              statement.nameWord,
              `${statement.nameWord.text} is already set.`,
              { expected: 'one assignment' },
            );
          } else if (statement.operator !== '?=' || !symbols.booleans.has(statement.name))
            symbols.booleans.set(statement.name, statement.value.value.toLowerCase() === 'true');
          break;
        case 'alias':
          if (this.#profiles.length > 0) this.#misplaced(statement, unit);
          break;
        case 'profile':
          this.#profiles.push({ profile: statement, unit });
          break;
        case 'comment':
        case 'invalid':
          break;
        default:
          this.#report(
            unit,
            'rule-outside-profile',
            { start: statement.start, end: Math.min(statement.end, statement.start + 80) },
            'A rule stands inside a profile, not beside it.',
            {
              expected: 'profile name { … } around it',
            },
          );
      }
    }
  }

  #abi(statement: Abi, unit: Unit): void {
    // `default` stands for the features of the running kernel.
    if (this.#dialect.readsAbi && statement.path !== 'default' && statement.path !== 'kernel')
      this.#include(statement, unit);
  }

  /** Notes the variables that the target's tunables file of this name declares and this machine's does not. */
  #declareUnseen(path: string): void {
    if (this.#named === undefined) return;
    for (const name of variablesOf(path, this.#named)) {
      if (!this.#symbols.variables.has(name)) this.#symbols.unseen.add(name);
    }
  }

  /** A variable that a file of this machine's base policy has and the target's base policy has not. */
  #isLater(name: string, unit: Unit): boolean {
    const since = unit.base && this.#named !== undefined ? variableSince(name) : undefined;
    return since !== undefined && compareReleases(since, this.#named as Release) > 0;
  }

  #misplaced(statement: Statement, unit: Unit): void {
    this.#report(
      unit,
      'preamble-position',
      statement,
      'Variables, booleans and aliases stand before the first profile.',
      { expected: 'a profile' },
    );
  }

  #assign(statement: Variable, unit: Unit): void {
    const { variables } = this.#symbols;
    if (this.#isLater(statement.name, unit)) return;
    const known = variables.get(statement.name);
    const values = statement.values.map((word) => word.value);
    this.#symbols.changed();
    switch (statement.operator.text) {
      case '=':
        if (known || this.#symbols.unseen.has(statement.name)) {
          this.#report(
            unit,
            'duplicate-variable',
            statement.nameWord,
            `${statement.nameWord.text} is already set.`,
            { expected: '+= to add values, or := to replace them' },
          );
        } else variables.set(statement.name, { values, conditional: false });
        break;
      case '+=':
        if (known) for (const value of values) known.values.push(value);
        else if (!this.#symbols.maySet(statement.name)) {
          this.#report(
            unit,
            'undefined-variable',
            statement.nameWord,
            `${statement.nameWord.text} has no values yet to add to.`,
            { expected: declaration(statement.name, `${statement.nameWord.text} = …`) },
          );
        }
        break;
      case '?=':
        if (!known && !this.#symbols.unseen.has(statement.name))
          variables.set(statement.name, { values, conditional: true });
        break;
      case ':=':
        variables.set(statement.name, { values, conditional: false });
    }
  }

  // ---- profiles ----

  #profile(
    profile: Profile,
    unit: Unit,
    parent: { name: string; path: readonly Unit[] } | undefined,
  ): ProfileReport | [] {
    if (!this.#budget.spend(profileSteps)) return [];
    const name = kernelName(profile, parent?.name);
    // As apparmor_parser compares them: as written, and among the children of one profile.
    const key = `${parent?.name ?? ''}\0${profile.name.value}`;
    if (this.#names.has(key)) {
      this.#report(
        unit,
        'duplicate-profile',
        profile.name,
        `${profile.hat ? 'The hat' : 'The profile'} ${name} is already defined.`,
        { expected: 'another name' },
      );
    } else this.#names.add(key);
    if (parent && !profile.hat && !profile.keyword) {
      this.#report(
        unit,
        'child-profile',
        profile.name,
        'A profile inside a profile needs the keyword "profile".',
        {
          expected: `profile ${profile.name.text}`,
          fix: { start: profile.start, end: profile.start, text: 'profile ' },
        },
      );
    }
    const own = profileVariables(profile, name);
    const gathered = new Gathered();
    this.#gather(profile.body, unit, parent?.path ?? [], gathered);
    const head = summarizeHead(profile);
    for (const [variable, range] of head.variables)
      this.#variable(variable, { range, unit }, headVariables);
    for (const [variable, place] of gathered.variables) this.#variable(variable, place, own);
    for (const word of head.partial) this.#pattern(word, unit, headVariables);
    for (const { word, unit: where } of gathered.partial) this.#pattern(word, where, own);
    this.#unbalanced(profile, unit, gathered, head, own);
    this.#attachment(profile, unit, headVariables);
    this.#conflicts(unit, gathered, own);
    if (gathered.conditions && !(this.#target && this.#dialect.networkBeforeIf))
      this.#networkBeforeIf(profile.body, unit, { network: false, seen: new Set() });
    return {
      name,
      profile,
      unit,
      rules: gathered.lists,
      variables: own,
      children: gathered.children.flatMap((child) =>
        this.#profile(child.profile, child.unit, { name, path: child.path }),
      ),
    };
  }

  #gather(
    statements: readonly Statement[],
    unit: Unit,
    path: readonly Unit[],
    into: Gathered,
  ): void {
    // What a profile includes counts as if it stood there.
    if (!this.#budget.spend(statements.length)) return;
    const summary = summarize(statements);
    into.add(summary, statements, unit, path);
    for (const statement of summary.preamble) {
      this.#report(
        unit,
        'preamble-position',
        statement,
        'This stands before the first profile, not inside one.',
        { expected: 'a rule' },
      );
    }
    for (const include of summary.includes) {
      for (const file of this.#include(include, unit)) {
        const next = this.#use(file);
        // A file is read once into a profile, so including it again, even from itself, adds nothing.
        if (this.#dialect.includesOnce && into.seen.has(next)) continue;
        if (this.#recursive(include, unit, next, path)) continue;
        into.seen.add(next);
        const range = unit === this.#main ? include.target : this.#includedAt.get(unit);
        if (range && !this.#includedAt.has(next)) this.#includedAt.set(next, range);
        this.#gather(next.file.statements, next, [...path, unit], into);
      }
    }
    for (const conditional of summary.conditionals)
      this.#conditional(conditional, unit, path, into);
  }

  #conditional(conditional: Conditional, unit: Unit, path: readonly Unit[], into: Gathered): void {
    const taken = this.#taken(conditional, unit.problems);
    if (taken) this.#gather(taken.body, unit, path, into);
  }

  /** The block whose rules count; a condition that is not known is taken to hold. */
  #taken(conditional: Conditional, problems: Problem[]): Conditional | ElseBlock | undefined {
    let taken: Conditional | ElseBlock | undefined;
    for (
      let one: Conditional | ElseBlock | undefined = conditional;
      one;
      one = one.kind === 'conditional' ? one.otherwise : undefined
    ) {
      // Each is looked at, whichever is taken: what nobody sets is an error everywhere.
      const value = one.kind === 'conditional' ? evaluate(one.test, this.#symbols, problems) : true;
      if (value !== false) taken ??= one;
    }
    return taken;
  }

  #variable(name: string, place: { range: Range; unit: Unit }, own: ProfileVariables): void {
    const found = this.#symbols.resolve(name, own);
    if (found.ok || this.#isLater(found.name, place.unit)) return;
    const through = found.name === name ? '' : ` (through @{${name}})`;
    if (found.reason === 'cyclic') {
      this.#report(
        place.unit,
        'cyclic-variable',
        place.range,
        `@{${found.name}} contains itself${through}.`,
        { expected: 'values that end' },
      );
    } else if (this.#isTunable(found.name, place.unit)) {
      const { unit } = place;
      const range = unit === this.#main ? place.range : this.#includedAt.get(unit);
      if (!range) return;
      const known = this.#missing.get(found.name);
      if (known && known.range.start <= range.start) return;
      this.#missing.set(found.name, { range, file: unit.name });
    } else {
      const since = variableSince(found.name);
      const late =
        own === headVariables && /^(profile_name|attach_path|exec_path)$/.test(found.name);
      this.#report(
        place.unit,
        'undefined-variable',
        place.range,
        late
          ? `@{${found.name}} is not known before the profile has its name and path${through}.`
          : `Nothing declares @{${found.name}}${through}.`,
        {
          expected: late
            ? 'the name itself'
            : `an include that declares it${since ? `, such as tunables of AppArmor ${since} or later` : ''}, or @{${found.name}} = …`,
        },
      );
    }
  }

  /** Whether an undeclared variable is one that <tunables/global>, which the file does not include, is there for. */
  #isTunable(name: string, unit: Unit): boolean {
    if (unit !== this.#main && !this.#includedAt.has(unit)) return false;
    if (unit === this.#main && !Object.hasOwn(usualTunables, name)) return false;
    return ![...this.#units.values()].some((one) => `/${one.name}`.endsWith(`/${globalTunables}`));
  }

  /** Says once, where the main file first needs it, that <tunables/global> is missing: no included file is at fault. */
  #missingTunables(): void {
    const [first, ...others] = [...this.#missing].sort(
      ([, a], [, b]) => a.range.start - b.range.start,
    );
    if (!first) return;
    const [name, { range, file }] = first;
    const used = file === undefined ? '' : `, which ${file} uses`;
    const [second] = others;
    const many = others.length > 1 ? `${others.length} more variables` : `@{${second?.[0]}}`;
    const more = second ? `, nor ${many}` : '';
    this.#report(
      this.#main,
      'undefined-variable',
      range,
      `Nothing declares @{${name}}${used}${more}: the file does not include <${globalTunables}>.`,
      { expected: declaration(name) },
    );
  }

  /** Patterns that are whole by themselves and broken by a variable with half a bracket in it. */
  #unbalanced(
    profile: Profile,
    main: Unit,
    gathered: Gathered,
    head: Head,
    own: ProfileVariables,
  ): void {
    const all = [...head.variables.keys(), ...gathered.variables.keys()];
    const names = new Set(all.filter((name) => !this.#symbols.balanced(name)));
    if (names.size === 0) return;
    const partial = new Set([...head.partial, ...gathered.partial.map(({ word }) => word)]);
    const test = (unit: Unit, known: ProfileVariables) => (word: Word, pattern: boolean) => {
      if (!pattern || partial.has(word)) return;
      if (variablesIn(word.value).some((name) => names.has(name))) this.#pattern(word, unit, known);
    };
    visitHeadWords(profile, test(main, headVariables));
    for (const { statements, unit } of gathered.lists) visitWords(statements, test(unit, own));
  }

  /** A pattern whose brackets are only whole with its variables. */
  #pattern(word: Word, unit: Unit, own: ProfileVariables): void {
    const expanded = this.#symbols.expand(word.value, own);
    if (!expanded.ok) {
      if (expanded.reason === 'limit') this.#limit(word, unit);
      return;
    }
    const wrong = checkPattern(expanded.text);
    if (wrong)
      this.#report(
        unit,
        'glob',
        word,
        `${wrong.message.replace(/\.$/, '')} once variables are expanded.`,
        { expected: wrong.expected },
      );
  }

  #limit(word: Range, unit: Unit): void {
    this.#report(unit, 'limit', word, 'The variables of this pattern expand to too much text.', {
      expected: 'fewer values',
    });
  }

  #attachment(profile: Profile, unit: Unit, own: ProfileVariables): void {
    const { attachment } = profile;
    if (attachment?.value.startsWith('@')) {
      const wrong = this.#firstOf(attachment.value, own)?.find((value) => !startsAbsolute(value));
      if (wrong !== undefined) {
        this.#report(
          unit,
          'attachment',
          attachment,
          `${attachment.text} expands to "${wrong}", which is not an absolute path.`,
          { expected: 'values that start with /', parsers: 'accept' },
        );
      }
    }
    for (const flag of profile.flags?.values ?? []) {
      const { name, value } = splitFlag(flag.value);
      if (!name.startsWith('attach_disconnected.') || !value?.startsWith('@')) continue;
      const wrong = this.#firstOf(value, own)?.find((one) => !startsAbsolute(one));
      if (wrong !== undefined) {
        this.#report(
          unit,
          'profile-flags',
          flag,
          `${value} expands to "${wrong}", which is not an absolute path.`,
          { expected: 'values that start with /' },
        );
      }
    }
  }

  /** What a text that starts with a variable can start with. */
  #firstOf(text: string, own: ProfileVariables): string[] | undefined {
    const close = text.indexOf('}');
    const name = text.slice(2, close);
    const values = this.#symbols.variables.get(name)?.values;
    if (!values || !this.#symbols.resolve(name, own).ok) return undefined;
    return values.slice(0, 1000).flatMap((value) => {
      const expanded = this.#symbols.expand(value, own);
      return expanded.ok
        ? [expanded.text + (expanded.text === '' ? text.slice(close + 1) : '')]
        : [];
    });
  }

  #conflicts(main: Unit, gathered: Gathered, own: ProfileVariables): void {
    const rules: ExecRule[] = [];
    for (const { rule, owner, priority, unit } of gathered.exec) {
      const expanded =
        rule.kind === 'file'
          ? this.#symbols.expandPath(rule.path.value, own)
          : { ok: true as const, text: '/{**,}' };
      if (expanded.ok)
        rules.push({
          rule,
          owner,
          priority,
          file: unit.file,
          path: expanded.text,
        });
      else if (expanded.reason === 'limit') this.#limit(rule, unit);
    }
    const { classesAreExact } = this.#dialect;
    const take = ` AppArmor ${upTo('classesAreExact')} take it.`;
    for (const conflict of execConflicts(
      rules,
      this.#budget,
      classesAreExact ? 'classes are exact' : 'classes are patterns',
    )) {
      const mixed = conflict.first.wildcard !== conflict.second.wildcard;
      this.#conflict(main, conflict, 'exec-conflict', classesAreExact && mixed ? take : '');
    }
    if (this.#target === undefined) {
      for (const conflict of execConflicts(rules, this.#budget, 'classes against patterns')) {
        this.#differsBefore('classesAreExact');
        this.#conflict(
          main,
          conflict,
          'exec-conflict-older',
          ` From AppArmor ${changedIn('classesAreExact')} on the one without * and ? wins; ${upTo('classesAreExact')} refuse it.`,
        );
      }
    }
    const seen = new Map<string, { mode: string }>();
    for (const { rule, unit } of gathered.changeProfile) {
      const mode = rule.execMode?.value === 'unsafe' ? 'unsafe' : 'safe';
      const key = `${rule.exec?.value} -> ${rule.target?.value ?? ''}`;
      const before = seen.get(key);
      if (before && before.mode !== mode) {
        this.#report(
          unit,
          'change-profile-conflict',
          rule.exec ?? rule,
          `Another rule starts ${rule.exec?.text} ${before.mode}, this one ${mode}.`,
          { expected: `${before.mode} in both` },
        );
      } else seen.set(key, { mode });
    }
  }

  /**
   * Finds an `if` after a network rule whose block, where it is taken, has none, as parsers up to 3.1 read them: includes
   * in place, each block by itself.
   */
  #networkBeforeIf(
    statements: readonly Statement[],
    unit: Unit,
    place: { network: boolean; seen: Set<Unit> },
  ): void {
    if (!this.#budget.spend(statements.length)) return;
    for (const one of statements) {
      if (one.kind === 'network') place.network = true;
      else if (one.kind === 'block')
        this.#networkBeforeIf(one.body, unit, { network: false, seen: place.seen });
      else if (one.kind === 'include') {
        for (const file of this.#include(one, unit)) {
          const next = this.#use(file);
          if (place.seen.has(next)) continue;
          place.seen.add(next);
          this.#networkBeforeIf(next.file.statements, next, place);
        }
      } else if (one.kind === 'conditional') {
        const taken = this.#taken(one, []);
        if (!taken) continue;
        const inside = { network: false, seen: place.seen };
        this.#networkBeforeIf(taken.body, unit, inside);
        if (!place.network || inside.network) continue;
        this.#differsBefore('networkBeforeIf');
        this.#report(
          unit,
          'network-before-if',
          { start: one.start, end: one.start + 2 },
          `A network rule stands before this "if", whose block has none: the apparmor_parser of ${upTo('networkBeforeIf')} dies here, and nothing is loaded.`,
          { expected: 'network rules after every "if"', parsers: 'refuse' },
        );
      }
    }
  }

  /** Notes that releases before a change decide otherwise about this file. */
  #differsBefore(change: Parameters<typeof changedIn>[0]): void {
    const release = changedIn(change);
    if (!this.#sameSince || compareReleases(release, this.#sameSince) > 0)
      this.#sameSince = release;
  }

  #conflict(
    main: Unit,
    conflict: Conflict,
    id: 'exec-conflict' | 'exec-conflict-older',
    more: string,
  ): void {
    // Of a rule of this file and one of an include, the one here is the one to look at.
    const swap = conflict.first.file === main.file && conflict.second.file !== main.file;
    const first = swap ? conflict.second : conflict.first;
    const second = swap ? conflict.first : conflict.second;
    const where = this.#units.get(second.file) ?? main;
    const mode = second.rule.kind === 'file' ? second.rule.mode : second.rule.keyword;
    const other = first.rule.kind === 'file' ? first.rule.path.text : 'file';
    this.#report(
      where,
      id,
      mode,
      `This says ${second.shown}, but the rule for ${other} says ${first.shown}, and both match some file.${more}`,
      { expected: 'the same transition in both, or patterns that do not meet' },
    );
  }
}

/** What a profile is made of once includes are read and conditions decided. */
class Gathered {
  readonly exec: (Summary['exec'][number] & { unit: Unit })[] = [];
  readonly changeProfile: { rule: Summary['changeProfile'][number]; unit: Unit }[] = [];
  readonly children: { profile: Profile; unit: Unit; path: readonly Unit[] }[] = [];
  readonly partial: { word: Word; unit: Unit }[] = [];
  readonly variables = new Map<string, { range: Range; unit: Unit }>();
  readonly lists: { statements: readonly Statement[]; unit: Unit }[] = [];
  readonly seen = new Set<Unit>();
  /** Whether some rules stand in an `if`. */
  conditions = false;

  add(summary: Summary, statements: readonly Statement[], unit: Unit, path: readonly Unit[]): void {
    for (const one of summary.exec) this.exec.push({ ...one, unit });
    for (const rule of summary.changeProfile) this.changeProfile.push({ rule, unit });
    for (const profile of summary.children) this.children.push({ profile, unit, path });
    for (const word of summary.partial) this.partial.push({ word, unit });
    if (summary.conditionals.length > 0) this.conditions = true;
    this.addVariables(summary.variables, unit);
    this.lists.push({ statements, unit });
  }

  addVariables(variables: ReadonlyMap<string, Range>, unit: Unit): void {
    for (const [name, range] of variables)
      if (!this.variables.has(name)) this.variables.set(name, { range, unit });
  }
}

/** The name the kernel shows: escapes removed, namespace in colons, children after `//`. */
export function kernelName(profile: Profile, parent?: string): string {
  const parts = splitName(profile.name.value) ?? { name: profile.name.value };
  const name = parts.name.replace(/\\(.)/g, '$1');
  if (parent !== undefined) return `${parent}//${name}`;
  return parts.namespace ? `:${parts.namespace}:${name}` : name;
}

/** In the head of a profile, apparmor_parser has set none yet: they are made of it. */
const headVariables: ProfileVariables = {};

/** The variables apparmor_parser sets for a profile; a hat has no program of its own. */
function profileVariables(profile: Profile, name: string): ProfileVariables {
  const own = splitName(profile.name.value)?.name ?? profile.name.value;
  const path = profile.attachment?.value ?? (own.startsWith('/') && !profile.hat ? own : undefined);
  return {
    profile_name: name,
    ...(path !== undefined && { attach_path: path, exec_path: path }),
  };
}

/** A path from the root; one that starts with a choice is taken to be one. */
function startsAbsolute(text: string): boolean {
  return text.startsWith('/') || text.startsWith('{');
}
