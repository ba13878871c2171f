// Matches a path against many patterns at once, byte by byte as the kernel does. The automaton is determinised lazily, so
// that matching a path takes one step per byte.
import type { Budget } from '../budget.ts';
import { type Pattern, parsePattern, type Units } from './aare.ts';
import { type Automaton, closure, compile, has, union } from './automaton.ts';

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

const encoder = new TextEncoder();
/** Read back from bytes; those that are no UTF-8 are shown as U+FFFD. */
const decoder = new TextDecoder();

/** A pattern without variables, as the kernel matches it. */
export function bytePattern(text: string, units: Exclude<Units, 'characters'> = 'bytes'): Pattern {
  return parsePattern(bytes(text), units);
}

/** States that are remembered; a question needs no more than its path has bytes. */
const maxStates = 20_000;

interface State {
  nodes: readonly number[];
  /** The patterns that match what led here, by index, in order. */
  accepted: readonly number[];
  /** The state after each byte that was taken. */
  next: (State | undefined)[];
}

/** Tells which of many patterns match a path. */
export class Matcher {
  readonly #one: Automaton;
  /** The pattern that each end belongs to. */
  readonly #ends: ReadonlyMap<number, number>;
  #states = new Map<string, State>();
  #start: State;

  private constructor(parts: readonly Automaton[]) {
    const { one, ends } = union(parts);
    this.#one = one;
    this.#ends = new Map([...ends].map((end, index) => [end, index]));
    this.#start = this.#state(closure(one, [0]));
  }

  /** For patterns of bytes; undefined when the budget does not cover them, or one is too large. */
  static of(patterns: readonly Pattern[], budget: Budget): Matcher | undefined {
    const parts: Automaton[] = [];
    for (const pattern of patterns) {
      const part = compile(pattern);
      if (!part || !budget.spend(20 * part.moves.length)) return undefined;
      parts.push(part);
    }
    return new Matcher(parts);
  }

  /**
   * The indexes of the patterns that match a string of bytes, in order; undefined when the budget does not cover finding
   * out.
   */
  matching(string: string, budget: Budget): readonly number[] | undefined {
    let state = this.#start;
    for (const byte of string) {
      const next = this.#step(state, byte.charCodeAt(0), budget);
      if (!next) return undefined;
      state = next;
    }
    return state.accepted;
  }

  /**
   * The shortest path whose matching patterns are as wanted; `none` when there is none, undefined when the budget does
   * not cover finding out. Only paths as the kernel makes them count: from `/`, without `//`.
   */
  example(
    wanted: (accepted: readonly number[]) => boolean,
    budget: Budget,
  ): { path: string } | 'none' | undefined {
    const start = this.#step(this.#start, slash, budget);
    if (!start) return undefined;
    // A state counts apart after a slash, where no other may follow.
    const seen = [new Set<State>(), new Set([start])];
    let level = [{ state: start, path: '/', afterSlash: true }];
    while (level.length > 0) {
      const next: typeof level = [];
      for (const { state, path, afterSlash } of level) {
        if (wanted(state.accepted)) {
          return { path: decoder.decode(Uint8Array.from(path, (one) => one.charCodeAt(0))) };
        }
        for (const byte of this.#cuts(state)) {
          if (afterSlash && byte === slash) continue;
          const to = this.#step(state, byte, budget);
          if (!to) return undefined;
          const known = seen[byte === slash ? 1 : 0] as Set<State>;
          if (to.nodes.length === 0 || known.has(to)) continue;
          known.add(to);
          next.push({
            state: to,
            path: path + String.fromCharCode(byte),
            afterSlash: byte === slash,
          });
        }
      }
      level = next;
    }
    return 'none';
  }

  /** One byte for each way on from a state, a letter where there is one; the slash is apart. */
  #cuts(state: State): number[] {
    const cuts = new Set([1, slash, slash + 1]);
    for (const at of state.nodes) {
      for (const { ranges } of this.#one.moves[at] ?? []) {
        for (let i = 0; i < ranges.length; i += 2) {
          cuts.add(ranges[i] as number);
          cuts.add((ranges[i + 1] as number) + 1);
        }
      }
    }
    const sorted = [...cuts].filter((cut) => cut > 0 && cut < 256).sort((a, b) => a - b);
    return sorted.map((low, index) => {
      const high = (sorted[index + 1] ?? 256) - 1;
      return low <= letter && letter <= high ? letter : low;
    });
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
      if (this.#states.size >= maxStates) this.#forget();
      this.#states.set(key, state);
    }
    return state;
  }

  /** Frees the states: walks that hold some go on with them. */
  #forget(): void {
    this.#states = new Map();
    this.#start.next = [];
  }
}

const slash = 47;
const letter = 120;
