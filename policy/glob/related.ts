// Which patterns can have a path in common, told by how they begin and end: it spares most questions to automata.
import type { Budget } from '../budget.ts';
import { isPlain, literalPrefix, literalSuffix } from './aare.ts';

/** What every path of a pattern begins and ends with. */
export interface Outline {
  pattern: string;
  prefix: string;
  suffix: string;
  /** The pattern matches itself and nothing else. */
  plain: boolean;
}

/** The outline of a pattern without variables. */
export function outline(pattern: string): Outline {
  const prefix = literalPrefix(pattern);
  const plain = isPlain(pattern);
  return { pattern, prefix, suffix: plain ? pattern : literalSuffix(pattern), plain };
}

/** False when two patterns certainly have no path in common. */
export function mayMeet(a: Outline, b: Outline): boolean {
  if (a.plain && b.plain) return a.pattern === b.pattern;
  return (
    (a.prefix.startsWith(b.prefix) || b.prefix.startsWith(a.prefix)) &&
    (a.suffix.endsWith(b.suffix) || b.suffix.endsWith(a.suffix))
  );
}

/** Patterns by how they begin. */
export class Outlines<One extends { outline: Outline }> {
  /** Those that begin alike, in order. */
  readonly #byPrefix = new Map<string, One[]>();
  /** How long beginnings are, shortest first. */
  readonly #lengths: readonly number[];
  /** The beginnings, sorted once somebody asks. */
  #prefixes: string[] | undefined;

  constructor(all: Iterable<One>) {
    for (const one of all) {
      const { prefix } = one.outline;
      const others = this.#byPrefix.get(prefix);
      if (others) others.push(one);
      else this.#byPrefix.set(prefix, [one]);
    }
    const lengths = new Set([...this.#byPrefix.keys()].map((prefix) => prefix.length));
    this.#lengths = [...lengths].sort((a, b) => a - b);
  }

  get empty(): boolean {
    return this.#byPrefix.size === 0;
  }

  /** Those that begin with a beginning of `text`, shortest first; each costs a step. Ends when the budget does. */
  *beginning(text: string, budget: Budget): Generator<One> {
    for (const length of this.#lengths) {
      if (length > text.length || !budget.spend(1 + (length >> 4))) return;
      yield* paid(this.#byPrefix.get(text.slice(0, length)), budget);
    }
  }

  /** Those that may have a path in common with a pattern; each that begins alike costs a step. Ends when the budget does. */
  *meeting(other: Outline, budget: Budget): Generator<One> {
    for (const one of this.beginning(other.prefix, budget)) {
      if (mayMeet(one.outline, other)) yield one;
    }
    for (const prefix of this.#longer(other.prefix)) {
      for (const one of paid(this.#byPrefix.get(prefix), budget)) {
        if (mayMeet(one.outline, other)) yield one;
      }
      if (budget.exhausted) return;
    }
  }

  /** The beginnings that begin with this one and go on. */
  *#longer(prefix: string): Generator<string> {
    this.#prefixes ??= [...this.#byPrefix.keys()].sort();
    const sorted = this.#prefixes;
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle] as string) <= prefix) low = middle + 1;
      else high = middle;
    }
    for (let at = low; at < sorted.length; at++) {
      const next = sorted[at] as string;
      if (!next.startsWith(prefix)) return;
      yield next;
    }
  }
}

function* paid<One>(all: readonly One[] | undefined, budget: Budget): Generator<One> {
  for (const one of all ?? []) {
    if (!budget.spend(1)) return;
    yield one;
  }
}
