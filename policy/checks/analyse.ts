// Checks a parsed file as apparmor_parser does after reading it: walks its includes, conditions and profiles, and
// calls every check on the way.
import { profileSteps } from '../budget.ts';
import type { Release } from '../release.ts';
import { kernelName, splitName } from '../syntax/profile-head.ts';
import type { Profile, Statement } from '../syntax/tree.ts';
import type { Visitor } from './check.ts';
import { checks } from './checks.ts';
import { takenBlock } from './conditional.ts';
import { type AnalysisOptions, Context } from './context.ts';
import { checkAbi, included, isRecursive } from './includes.ts';
import { type Place, ProfileRules, type RuleList } from './profile-rules.ts';
import { summarize, summarizeHead } from './summary.ts';
import type { ProfileVariables, Symbols } from './symbols.ts';
import type { Unit } from './unit.ts';

/** A profile that the file defines, with the children that it has after conditions are evaluated. */
export interface ProfileReport {
  /** As the kernel shows it: `:ns:name`, children as `parent//child`. */
  name: string;
  profile: Profile;
  unit: Unit;
  children: ProfileReport[];
  /** The rules of the profile and of what it includes, conditions evaluated. */
  rules: readonly RuleList[];
  variables: ProfileVariables;
}

export interface Analysis {
  units: Unit[];
  symbols: Symbols;
  profiles: ProfileReport[];
  /** Includes and abi files that were not read because there is no resolver. */
  unseen: string[];
  /** The lowest release that decides about this file as the newest does; undefined with a target. */
  sameSince: Release | undefined;
}

/** Checks `main`; diagnostics are added to it and to copies of the units that it includes. */
export function analyse(main: Unit, options: AnalysisOptions = {}): Analysis {
  return new Walk(new Context(main, options)).run();
}

class Walk {
  readonly #context: Context;
  readonly #visitors: readonly Visitor[];
  readonly #profiles: { profile: Profile; unit: Unit }[] = [];
  /** Files that were read into the preamble. */
  readonly #preambles = new Set<Unit>();

  constructor(context: Context) {
    this.#context = context;
    this.#visitors = checks.map((check) =>
      check.create(context, (...diagnostic) => context.report(...diagnostic)),
    );
  }

  run(): Analysis {
    const context = this.#context;
    this.#preamble(context.main, []);
    const profiles = this.#profiles.flatMap(({ profile, unit }) =>
      this.#profile(profile, unit, undefined),
    );
    for (const visitor of this.#visitors) visitor.end?.();
    if (context.budget.exhausted) {
      context.report(
        context.main,
        'limit',
        this.#profiles[0]?.profile.name ?? { start: 0, end: 0 },
        'Checking this file exceeds the limit, so it was checked only in part.',
        {
          expected:
            'fewer profiles, fewer or narrower patterns in rules with x, fewer values of variables',
        },
      );
    }
    return {
      units: [...context.units.values()],
      symbols: context.symbols,
      profiles,
      unseen: [...context.unseen],
      sameSince: context.sameSince,
    };
  }

  #preamble(unit: Unit, path: readonly Unit[]): void {
    const context = this.#context;
    for (const statement of unit.file.statements) {
      if (statement.kind === 'include') {
        for (const next of included(statement, unit, context)) {
          if (context.dialect.includesOnce && this.#preambles.has(next)) continue;
          this.#preambles.add(next);
          if (this.#profiles.length > 0) {
            const range = unit === context.main ? statement.target : context.includedAt.get(unit);
            if (range && !context.includedAt.has(next)) context.includedAt.set(next, range);
          }
          if (!context.budget.spend(1 + next.file.statements.length)) return;
          if (!isRecursive(statement, unit, next, path, context))
            this.#preamble(next, [...path, unit]);
        }
      } else if (statement.kind === 'abi') checkAbi(statement, unit, context);
      for (const visitor of this.#visitors)
        visitor.statement?.(statement, unit, this.#profiles.length > 0);
      if (statement.kind === 'profile') this.#profiles.push({ profile: statement, unit });
    }
  }

  #profile(
    profile: Profile,
    unit: Unit,
    parent: { name: string; path: readonly Unit[] } | undefined,
  ): ProfileReport | [] {
    if (!this.#context.budget.spend(profileSteps)) return [];
    const name = kernelName(profile, parent?.name);
    const variables = profileVariables(profile, name);
    const rules = new ProfileRules();
    this.#gather(profile.body, unit, parent?.path ?? [], rules, { blocks: [], conditional: false });
    const head = summarizeHead(profile);
    for (const visitor of this.#visitors)
      visitor.profile?.({ name, parent: parent?.name, profile, unit, head, rules, variables });
    return {
      name,
      profile,
      unit,
      rules: rules.lists,
      variables,
      children: rules.children.flatMap((child) =>
        this.#profile(child.profile, child.unit, { name, path: child.path }),
      ),
    };
  }

  /** Adds a list of statements to the rules of a profile, with what it includes and the blocks that count. */
  #gather(
    statements: readonly Statement[],
    unit: Unit,
    path: readonly Unit[],
    into: ProfileRules,
    place: Place,
  ): void {
    const context = this.#context;
    if (!context.budget.spend(statements.length)) return;
    const summary = summarize(statements);
    into.add(summary, { statements, unit, place }, path);
    for (const abi of summary.abis) checkAbi(abi, unit, context);
    const within = (blocks: Place['blocks']) =>
      blocks.length === 0 ? place.blocks : [...place.blocks, ...blocks];
    for (const { include, blocks } of summary.includes) {
      const inside = { ...place, blocks: within(blocks) };
      for (const next of included(include, unit, context)) {
        // A file is read once into a profile, so including it again, even from itself, adds nothing.
        if (context.dialect.includesOnce && into.included.has(next)) continue;
        if (isRecursive(include, unit, next, path, context)) continue;
        into.included.add(next);
        const range = unit === context.main ? include.target : context.includedAt.get(unit);
        if (range && !context.includedAt.has(next)) context.includedAt.set(next, range);
        this.#gather(next.file.statements, next, [...path, unit], into, inside);
      }
    }
    for (const { conditional, blocks } of summary.conditionals) {
      const taken = takenBlock(conditional, context.symbols, unit.diagnostics);
      if (taken)
        this.#gather(taken.body, unit, path, into, { blocks: within(blocks), conditional: true });
    }
  }
}

/** The variables apparmor_parser sets for a profile; a hat has no program of its own. */
function profileVariables(profile: Profile, name: string): ProfileVariables {
  const own = splitName(profile.name.value)?.name ?? profile.name.value;
  const path = profile.attachment?.value ?? (own.startsWith('/') && !profile.hat ? own : undefined);
  return {
    profile_name: name,
    ...(path !== undefined && { attach_path: path, exec_path: path }),
  };
}
