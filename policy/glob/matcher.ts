// Matches a path against many patterns in one pass, byte by byte as the kernel does. The automaton is determinised lazily, so
// that matching a path takes one step per byte.
import type { Budget } from '../budget.ts';
import { type Pattern, parsePattern, type Units } from './aare.ts';
import { type Automaton, closure, compileAll, has } from './automaton.ts';

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
  nodes: readonly number[];
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

  private constructor(one: Automaton, ends: ReadonlyMap<number, readonly number[]>) {
    this.#one = one;
    this.#ends = ends;
    this.#start = this.#state(closure(one, [0]));
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
    const moves = state.nodes.flatMap((at) => this.#one.moves[at] ?? []);
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
      const reached = moves.filter(({ ranges }) => has(ranges, low)).map(({ to }) => to);
      if (reached.length === 0) continue;
      const nodes = closure(this.#one, reached);
      if (!budget.spend(10 + 5 * nodes.length)) return undefined;
      found.push({ low, high: (lows[index + 1] ?? 256) - 1, to: this.#state(nodes) });
    }
    state.steps = found;
    return found;
  }

  #step(state: State, byte: number, budget: Budget): State | undefined {
    const known = state.next[byte];
    if (known) return budget.spend(1) ? known : undefined;
    const reached: number[] = [];
    for (const at of state.nodes) {
      for (const { ranges, to } of this.#one.moves[at] ?? [])
        if (has(ranges, byte)) reached.push(to);
    }
    const nodes = closure(this.#one, reached);
    if (!budget.spend(10 + state.nodes.length + 5 * nodes.length)) return undefined;
    const next = this.#state(nodes);
    state.next[byte] = next;
    return next;
  }

  #state(nodes: readonly number[]): State {
    const key = nodes.join();
    let state = this.#states.get(key);
    if (!state) {
      const accepted = nodes.flatMap((at) => this.#ends.get(at) ?? []).sort((a, b) => a - b);
      state = { nodes, accepted, next: [] };
      this.#states.set(key, state);
    }
    return state;
  }

  /** Frees the states. */
  #forget(): void {
    this.#states = new Map();
    this.#start = { nodes: this.#start.nodes, accepted: this.#start.accepted, next: [] };
  }
}
