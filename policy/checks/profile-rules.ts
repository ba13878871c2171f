// What a profile is made of once its includes are read and its conditions evaluated.
import type { Range } from '../syntax/source.ts';
import type { Profile, Qualifiers, Statement, Word } from '../syntax/tree.ts';
import { ownerOf, type Summary } from './summary.ts';
import type { Unit } from './unit.ts';

/** What is around a list of rules in the profile that it counts for. */
export interface Place {
  /** The qualifiers of the blocks around it, outermost first. */
  blocks: readonly Qualifiers[];
  /** It is in an `if`. */
  conditional: boolean;
}

/** Some rules of a profile or of what it includes, in order. */
export interface RuleList {
  statements: readonly Statement[];
  unit: Unit;
  place: Place;
}

export class ProfileRules {
  readonly exec: (Summary['exec'][number] & { unit: Unit })[] = [];
  readonly changeProfile: { rule: Summary['changeProfile'][number]; unit: Unit }[] = [];
  readonly children: { profile: Profile; unit: Unit; path: readonly Unit[] }[] = [];
  /** Patterns that are only whole once their variables are expanded. */
  readonly partial: { word: Word; unit: Unit }[] = [];
  /** Every variable mentioned, where it is first. */
  readonly variables = new Map<string, { range: Range; unit: Unit }>();
  /** Statements that belong before the first profile. */
  readonly preamble: { statement: Summary['preamble'][number]; unit: Unit }[] = [];
  readonly lists: RuleList[] = [];
  /** The files that were read into the profile. */
  readonly included = new Set<Unit>();
  /** Whether some rules are inside an `if`. */
  conditions = false;

  add(summary: Summary, { statements, unit, place }: RuleList, path: readonly Unit[]): void {
    const outer = ownerOf(place.blocks)?.value;
    for (const one of summary.exec) this.exec.push({ ...one, owner: one.owner ?? outer, unit });
    for (const rule of summary.changeProfile) this.changeProfile.push({ rule, unit });
    for (const profile of summary.children) this.children.push({ profile, unit, path });
    for (const word of summary.partial) this.partial.push({ word, unit });
    for (const statement of summary.preamble) this.preamble.push({ statement, unit });
    if (summary.conditionals.length > 0) this.conditions = true;
    for (const [name, range] of summary.variables)
      if (!this.variables.has(name)) this.variables.set(name, { range, unit });
    this.lists.push({ statements, unit, place });
  }
}
