// Matches a path against many patterns in one pass, byte by byte as the kernel does. The automaton is determinised lazily, so
// that matching a path takes one step per byte.
import type { Budget } from '../budget.ts';
import { type Pattern, parsePattern, type Units } from './aare.ts';
import { type Automaton, compileAll, has, type Move } from './automaton.ts';

/** A text as a string of its bytes in UTF-8; a lone surrogate from U+DC80 to U+DCFF stands for the byte it ends with. */
export function bytes(text: string): string {
  let found = '';
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code < 0x80) found += character;
    else if (code >= 0xdc80 && code <= 0xdcff) found += String.fromCharCode(code & 0xff);
    else for (const byte of encoder.encode(character)) found += String.fromCharCode(byte);
  }
  return found;
}

/** Bytes as text; those that are no UTF-8 are shown as U+FFFD. */
export function textOf(string: string): string {
  return decoder.decode(Uint8Array.from(string, (one) => one.charCodeAt(0)));
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A pattern without variables, as the kernel matches it. */
export function bytePattern(text: string, units: Exclude<Units, 'characters'> = 'bytes'): Pattern {
  return parsePattern(bytes(text), units);
}

/** States that are remembered between questions, and that one walk may meet. */
const maxStates = 50_000;

/** Where a walk over strings stands. */
export interface State {
  /** The nodes of the automaton, in order; none once all steps are known. */
  nodes: ArrayLike<number>;
  /** The patterns that match what led here, by index, in order. */
  accepted: readonly number[];
  /** The state after each byte that was taken. */
  next: (State | undefined)[];
  /** All of its steps, after the first call of `steps`. */
  steps?: readonly Step[];
}

/** A step over any byte of a range. */
export interface Step {
  low: number;
  high: number;
  to: State;
}

/** Tells which of many patterns match a path. */
export class Matcher {
  readonly #one: Automaton;
  /** The patterns that end in a state. */
  readonly #ends: ReadonlyMap<number, readonly number[]>;
  #states = new Map<string, State>();
  #start: State;
  /** The number of the closure that reached each node last, and how many there were. */
  readonly #reached: Uint32Array;
  #closures = 0;

  private constructor(one: Automaton, ends: ReadonlyMap<number, readonly number[]>) {
    this.#one = one;
    this.#ends = ends;
    this.#reached = new Uint32Array(one.moves.length);
    this.#start = this.#state(this.#closure([0]));
  }

  /** For patterns of bytes; undefined when the budget does not cover them, or one is too large. */
  static of(patterns: readonly Pattern[], budget: Budget): Matcher | undefined {
    const all = compileAll(patterns, budget);
    return all && new Matcher(all.one, all.ends);
  }

  /**
   * The indexes of the patterns that match a string of bytes, in order; undefined when the budget does not cover finding
   * out.
   */
  matching(string: string, budget: Budget): readonly number[] | undefined {
    if (this.#states.size > maxStates) this.#forget();
    let state = this.#start;
    for (const byte of string) {
      const next = this.#step(state, byte.charCodeAt(0), budget);
      if (!next) return undefined;
      state = next;
    }
    return state.accepted;
  }

  /** Where every walk starts. */
  get start(): State {
    return this.#start;
  }

  /**
   * Every step from a state, by ranges of bytes in order; steps to where nothing can match any more are left out.
   * Undefined when the budget does not cover them, or the walk has met too many states.
   */
  steps(state: State, budget: Budget): readonly Step[] | undefined {
    if (state.steps) return state.steps;
    if (this.#states.size > maxStates) return undefined;
    const moves: Move[] = [];
    for (let i = 0; i < state.nodes.length; i++)
      for (const move of this.#one.moves[state.nodes[i] as number] ?? []) moves.push(move);
    const cuts = new Set<number>([0]);
    for (const { ranges } of moves) {
      for (let i = 0; i < ranges.length; i += 2) {
        cuts.add(ranges[i] as number);
        cuts.add((ranges[i + 1] as number) + 1);
      }
    }
    const lows = [...cuts].filter((cut) => cut < 256).sort((a, b) => a - b);
    if (!budget.spend(10 + lows.length * moves.length)) return undefined;
    const found: Step[] = [];
    for (const [index, low] of lows.entries()) {
      const high = (lows[index + 1] ?? 256) - 1;
      const reached: number[] = [];
      for (const { ranges, to } of moves) if (has(ranges, low)) reached.push(to);
      if (reached.length === 0) continue;
      const nodes = this.#closure(reached);
      if (!budget.spend(10 + 5 * nodes.length)) return undefined;
      found.push({ low, high, to: this.#state(nodes) });
    }
    state.steps = found;
    // Most of the memory of a state.
    state.nodes = [];
    return found;
  }

  #step(state: State, byte: number, budget: Budget): State | undefined {
    const known =
      state.next[byte] ??
      (state.steps &&
        (state.steps.find(({ low, high }) => low <= byte && byte <= high)?.to ?? nothing));
    if (known) return budget.spend(1) ? known : undefined;
    const reached: number[] = [];
    for (let i = 0; i < state.nodes.length; i++) {
      for (const { ranges, to } of this.#one.moves[state.nodes[i] as number] ?? [])
        if (has(ranges, byte)) reached.push(to);
    }
    const nodes = this.#closure(reached);
    if (!budget.spend(10 + state.nodes.length + 5 * nodes.length)) return undefined;
    const next = this.#state(nodes);
    state.next[byte] = next;
    return next;
  }

  /** The nodes reached from these by empty moves that have other moves or end a pattern, in order. */
  #closure(from: readonly number[]): Uint32Array {
    const all: number[] = [];
    const { moves, empty } = this.#one;
    const closure = ++this.#closures;
    const reach = (node: number) => {
      if (this.#reached[node] === closure) return;
      this.#reached[node] = closure;
      all.push(node);
    };
    for (const node of from) reach(node);
    for (const node of all) for (const to of empty[node] ?? []) reach(to);
    const found = all.filter((node) => (moves[node]?.length ?? 0) > 0 || this.#ends.has(node));
    return Uint32Array.from(found).sort();
  }

  #state(nodes: Uint32Array): State {
    const key = keyOf(nodes);
    let state = this.#states.get(key);
    if (!state) {
      const accepted: number[] = [];
      for (const node of nodes)
        for (const pattern of this.#ends.get(node) ?? []) accepted.push(pattern);
      state = { nodes, accepted: accepted.sort((a, b) => a - b), next: [] };
      this.#states.set(key, state);
    }
    return state;
  }

  /** Frees the states. */
  #forget(): void {
    this.#states = new Map();
    this.#start = this.#state(this.#closure([0]));
  }
}

/** Where no pattern matches any more. */
const nothing: State = { nodes: [], accepted: [], next: [], steps: [] };

/** A short text for a list of nodes: two characters each, as there may be more than 65536. */
function keyOf(nodes: Uint32Array): string {
  const units = new Uint16Array(nodes.buffer, nodes.byteOffset, 2 * nodes.length);
  let key = '';
  for (let i = 0; i < units.length; i += 4096)
    key += String.fromCharCode(...units.subarray(i, i + 4096));
  return key;
}
