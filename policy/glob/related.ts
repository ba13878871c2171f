// Which patterns can have a path in common, by how they begin and end: most pairs need no automata.
import type { Budget } from '../budget.ts';
import { isPlain, literalPrefix, literalSuffix } from './aare.ts';

/** What every path of a pattern begins and ends with. */
export interface Outline {
  pattern: string;
  prefix: string;
  suffix: string;
  /** The pattern matches only itself. */
  plain: boolean;
}

/** The outline of a pattern without variables. */
export function outline(pattern: string): Outline {
  const prefix = literalPrefix(pattern);
  const plain = isPlain(pattern);
  return { pattern, prefix, suffix: plain ? pattern : literalSuffix(pattern), plain };
}

/** False when two patterns certainly have no path in common. */
export function mayIntersect(a: Outline, b: Outline): boolean {
  if (a.plain && b.plain) return a.pattern === b.pattern;
  return (
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) &&
    (a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix))
  );
}

/** The items under one key, in order. A single item, the usual case, is stored without a list. */
class Lists<One> {
  readonly #found = new Map<string, One | One[]>();

  add(key: string, one: One): void {
    const before = this.#found.get(key);
    if (before === undefined) this.#found.set(key, one);
    else if (Array.isArray(before)) before.push(one);
    else this.#found.set(key, [before, one]);
  }

  /** Whether something under a key passes the test; each costs a step. False when the budget ends. */
  some(key: string, budget: Budget, test: (one: One) => boolean): boolean {
    const found = this.#found.get(key);
    if (found === undefined) return false;
    if (!Array.isArray(found)) return budget.spend(1) && test(found);
    for (const one of found) {
      if (!budget.spend(1)) return false;
      if (test(one)) return true;
    }
    return false;
  }

  get keys(): IterableIterator<string> {
    return this.#found.keys();
  }

  get empty(): boolean {
    return this.#found.size === 0;
  }
}

/** Patterns by how they begin. */
export class Outlines<One extends { outline: Outline }> {
  readonly #plain = new Lists<One>();
  readonly #others = new Lists<One>();
  /** How long the beginnings of those that are not plain are, shortest first. */
  readonly #lengths: readonly number[];
  /** What they begin with and the plain ones are, sorted on first use. */
  #sorted: { plain: string[]; others: string[] } | undefined;

  constructor(all: Iterable<One>) {
    const lengths = new Set<number>();
    for (const one of all) {
      const { plain, prefix, pattern } = one.outline;
      if (plain) this.#plain.add(pattern, one);
      else {
        this.#others.add(prefix, one);
        lengths.add(prefix.length);
      }
    }
    this.#lengths = [...lengths].sort((a, b) => a - b);
  }

  get empty(): boolean {
    return this.#plain.empty && this.#others.empty;
  }

  /**
   * Tests those that are this text, and the patterns that begin with a beginning of it, shortest first, until one passes;
   * each costs a step. Returns whether one did: false when the budget ends. Not a generator, whose results would be most
   * of the garbage of a long file.
   */
  someBeginning(text: string, budget: Budget, test: (one: One) => boolean): boolean {
    for (const length of this.#lengths) {
      if (length > text.length || !budget.spend(1 + (length >> 4))) break;
      if (this.#others.some(text.slice(0, length), budget, test)) return true;
      if (budget.exhausted) return false;
    }
    return this.#plain.some(text, budget, test);
  }

  /** As {@link someBeginning}, for those that may have a path in common with a pattern; each that begins alike costs a step. */
  someIntersecting(other: Outline, budget: Budget, test: (one: One) => boolean): boolean {
    const { prefix } = other;
    const related = (one: One) => mayIntersect(one.outline, other) && test(one);
    if (this.someBeginning(prefix, budget, related)) return true;
    if (other.plain) return false;
    this.#sorted ??= { plain: [...this.#plain.keys].sort(), others: [...this.#others.keys].sort() };
    const { plain, others } = this.#sorted;
    return (
      someAfter(others, this.#others, prefix, budget, related) ||
      someAfter(plain, this.#plain, prefix, budget, related)
    );
  }
}

/** Tests the items under longer keys that begin with this text. */
function someAfter<One>(
  sorted: readonly string[],
  lists: Lists<One>,
  text: string,
  budget: Budget,
  test: (one: One) => boolean,
): boolean {
  for (let at = after(sorted, text); sorted[at]?.startsWith(text); at++) {
    if (lists.some(sorted[at] as string, budget, test)) return true;
    if (budget.exhausted) return false;
  }
  return false;
}

/** Where in a sorted list the texts that come after this one begin. */
function after(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) <= text) low = middle + 1;
    else high = middle;
  }
  return low;
}
