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

/** What stands under one key, in order. Nearly always it is one thing, and then there is no list. */
class Lists<One> {
  readonly #found = new Map<string, One | One[]>();

  add(key: string, one: One): void {
    const before = this.#found.get(key);
    if (before === undefined) this.#found.set(key, one);
    else if (Array.isArray(before)) before.push(one);
    else this.#found.set(key, [before, one]);
  }

  get(key: string): readonly One[] {
    const found = this.#found.get(key);
    return found === undefined ? [] : Array.isArray(found) ? found : [found];
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
   * Those that are this text, and the patterns that begin with a beginning of it, shortest first; each costs a step.
   * Ends when the budget does.
   */
  *beginning(text: string, budget: Budget): Generator<One> {
    for (const length of this.#lengths) {
      if (length > text.length || !budget.spend(1 + (length >> 4))) break;
      for (const one of this.#others.get(text.slice(0, length))) {
        if (!budget.spend(1)) return;
        yield one;
      }
    }
    for (const one of this.#plain.get(text)) {
      if (!budget.spend(1)) return;
      yield one;
    }
  }

  /** Those that may have a path in common with a pattern; each that begins alike costs a step. Ends when the budget does. */
  *intersecting(other: Outline, budget: Budget): Generator<One> {
    const { prefix } = other;
    for (const one of this.beginning(prefix, budget)) {
      if (mayIntersect(one.outline, other)) yield one;
    }
    if (other.plain) return;
    this.#sorted ??= { plain: [...this.#plain.keys].sort(), others: [...this.#others.keys].sort() };
    const { plain, others } = this.#sorted;
    for (const [keys, lists] of [[others, this.#others] as const, [plain, this.#plain] as const]) {
      for (let at = after(keys, prefix); keys[at]?.startsWith(prefix); at++) {
        for (const one of lists.get(keys[at] as string)) {
          if (!budget.spend(1)) return;
          if (mayIntersect(one.outline, other)) yield one;
        }
      }
    }
  }
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
