// The rules of one class as apparmor_parser compiles them and the kernel looks them up: what it asks for is a string of
// bytes, and the entries whose pattern matches the string decide.
import type { Budget } from '../budget.ts';
import type { Pattern } from '../glob/aare.ts';
import { Matcher, type State } from '../glob/matcher.ts';
import { combine, type Decision, unknown } from './decision.ts';
import { type EffectiveRule, isQuiet } from './effective-rule.ts';

/** One pattern of a rule, and what it grants or denies there. */
export interface TableEntry {
  /** Undefined: apparmor_parser adds it, for what another rule or a hat needs. */
  effective: EffectiveRule | undefined;
  pattern: Pattern;
  permissions: ReadonlySet<string>;
  /** Its use is logged, or what it denies; by default where the rule says `audit`. */
  logs?: boolean;
  /** Only for kernels that do not know rules of this kind. */
  fallback?: boolean;
}

/** What is decided about one permission, and whether its use is logged. */
export interface Grant {
  decision: Decision;
  /** What is granted: the exec transition, where there is one. */
  how: string;
  /** Use of what is granted is logged; what is denied is not. */
  logging: '' | 'audit' | 'quiet';
}

/** What tables of any entries have; without `entries`, nothing is known of what decides. */
export type Compared = Pick<Table<never>, 'columns' | 'matcher' | 'grants'> & {
  readonly entries?: readonly TableEntry[];
};

export class Table<Entry extends TableEntry = TableEntry> implements Compared {
  readonly matcher: Matcher;
  readonly entries: readonly Entry[];
  /** What is decided apart: permissions, of files for owners and others. */
  readonly columns: readonly string[];
  readonly #grant: (entries: readonly Entry[], column: string) => Grant;
  /** What sets of entries decide. */
  readonly #known = new Map<readonly number[], readonly Grant[]>();

  private constructor(
    entries: readonly Entry[],
    columns: readonly string[],
    grant: (entries: readonly Entry[], column: string) => Grant,
    matcher: Matcher,
  ) {
    this.entries = entries;
    this.columns = columns;
    this.#grant = grant;
    this.matcher = matcher;
  }

  /** The table of entries; undefined when the budget does not cover it. */
  static of<Entry extends TableEntry>(
    entries: readonly Entry[],
    columns: readonly string[],
    grant: (entries: readonly Entry[], column: string) => Grant,
    budget: Budget,
  ): Table<Entry> | undefined {
    const matcher = Matcher.of(
      entries.map(({ pattern }) => pattern),
      budget,
    );
    return matcher && new Table(entries, columns, grant, matcher);
  }

  /** The entries that match a string of bytes; undefined when the budget does not cover finding out. */
  matching(string: string, budget: Budget): readonly Entry[] | undefined {
    return this.matcher.matching(string, budget)?.map((index) => this.entries[index] as Entry);
  }

  /** What is decided about a string of bytes in one column. */
  decide(string: string, column: string, budget: Budget): Decision {
    const matching = this.matching(string, budget);
    return matching ? this.#grant(matching, column).decision : unknown('budget');
  }

  /** What is decided in each column about the strings that lead to a state. */
  grants(state: Accepting): readonly Grant[] {
    const known = this.#known.get(state.accepted) ?? this.#granted(state, []);
    this.#known.set(state.accepted, known);
    return known;
  }

  /** This table with more entries. */
  extended(more: readonly Entry[]): Extension {
    return {
      table: this,
      patterns: more.map(({ pattern }) => pattern),
      grants: (state, added) =>
        this.#granted(
          state,
          added.map((index) => more[index] as Entry),
        ),
    };
  }

  #granted({ accepted }: Accepting, more: readonly Entry[]): readonly Grant[] {
    const entries = [...accepted.map((index) => this.entries[index] as Entry), ...more];
    return this.columns.map((column) => this.#grant(entries, column));
  }
}

/** A table, and what it would grant with more entries. */
export interface Extension {
  readonly table: Compared;
  /** The patterns of the further entries. */
  readonly patterns: readonly Pattern[];
  /** What is decided in each column about the strings of a state that further entries match too, those of these indexes. */
  grants(state: Accepting, added: readonly number[]): readonly Grant[];
}

/** The entries that match a string, by index. */
export type Accepting = Pick<State, 'accepted'>;

/** What entries decide together about a permission, those that have it: the highest priority counts, and deny wins. */
export function grantOf(entries: readonly TableEntry[], permission: string): Grant {
  const applying = entries.filter((one) => one.permissions.has(permission));
  if (applying.length === 0) return noGrant;
  const { decision, counting } = combine(applying);
  return { decision, how: '', logging: loggingOf(decision, counting) };
}

/** What is decided where no rule says anything. */
export const noGrant: Grant = { decision: { granted: false, rules: [] }, how: '', logging: '' };

/** Whether the use of what is granted, or of what is denied, is logged as a rule says and not as usual. */
export function loggingOf(
  decision: Decision,
  counting: readonly Pick<TableEntry, 'effective' | 'logs'>[],
): Grant['logging'] {
  if (decision.granted !== false) {
    const audits = ({ effective, logs }: (typeof counting)[number]) =>
      logs ?? effective?.qualifiers.audit?.value === 'audit';
    return counting.some(audits) ? 'audit' : '';
  }
  const isKeptOut = ({ effective, logs }: (typeof counting)[number]) =>
    effective?.deny && (logs === undefined ? isQuiet(effective) : !logs);
  return counting.some(isKeptOut) ? 'quiet' : '';
}
