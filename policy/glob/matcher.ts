// Matches a path against many patterns in one pass, byte by byte as the kernel does. The automaton is determinised lazily, so
// that matching a path takes one step per byte.
import { Budget } from '../budget.ts';
import { type Pattern, parsePattern, type Units } from './aare.ts';
import { type Automaton, compileAll, has, type Move } from './automaton.ts';

/** A text as a string of its bytes in UTF-8; a lone surrogate from U+DC80 to U+DCFF stands for the byte it ends with. */
export function bytes(text: string): string {
  return text.replace(beyondAscii, bytesOf);
}

// Most texts have none, or a few in a long run of others.
const beyondAscii = /[^\0-\x7f]+/g;

function bytesOf(text: string): string {
  let found = '';
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    if (code >= 0xdc80 && code <= 0xdcff) found += String.fromCharCode(code & 0xff);
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
  /** Of the states of a matcher, each has its own, from 1 on; 0: nothing can match any more. */
  id: number;
  /** The nodes of the automaton, in order. */
  nodes: readonly number[];
  /** The patterns that match what led here, by index, in order: one array for all states of a matcher that have the same. */
  accepted: readonly number[];
  /** The state after each byte that was taken. */
  next: (State | undefined)[];
  /** All of its steps, after the first call of `steps`. */
  steps?: readonly Step[];
  /** Another state whose nodes have the same hash. */
  other?: State | undefined;
}

/** Where no pattern matches any more. */
export const deadState: State = { id: 0, nodes: [], accepted: [], next: [], steps: [] };

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
  /** The states by the hashes of their nodes. */
  #states = new Map<number, State>();
  #size = 0;
  readonly #accepted = new Map<string, readonly number[]>();
  #start: State;
  /** The number of the closure that reached each node last, and how many there were. */
  readonly #reached: Uint32Array;
  /** Where the bytes of a state's moves are cut. */
  readonly #cuts = new Uint8Array(257);
  #closures = 0;
  /** Pays in place of those who ask. */
  readonly #payer: Budget | undefined;

  private constructor(
    one: Automaton,
    ends: ReadonlyMap<number, readonly number[]>,
    payer?: Budget,
  ) {
    this.#one = one;
    this.#ends = ends;
    this.#payer = payer;
    this.#reached = new Uint32Array(one.moves.length);
    this.#start = this.#state(this.#closure([0]));
  }

  /** For patterns of bytes; undefined when the budget does not cover them, or one is too large. */
  static of(patterns: readonly Pattern[], budget: Budget): Matcher | undefined {
    const all = compileAll(patterns, budget);
    return all && new Matcher(all.one, all.ends);
  }

  /**
   * For patterns that belong to the program: what they cost does not depend on any input, and is spent once for all
   * questions.
   */
  static ofProgram(patterns: readonly Pattern[]): Matcher {
    const budget = new Budget(Number.POSITIVE_INFINITY);
    const all = compileAll(patterns, budget);
    if (!all) throw new Error('a pattern is too large');
    return new Matcher(all.one, all.ends, budget);
  }

  /**
   * The indexes of the patterns that match a string of bytes, in order; undefined when the budget does not cover finding
   * out.
   */
  matching(string: string, asker: Budget): readonly number[] | undefined {
    if (this.#size > maxStates) this.#forget();
    if (this.#payer && !asker.spend(string.length)) return undefined;
    const budget = this.#payer ?? asker;
    let state = this.#start;
    for (const byte of string) {
      const next = this.#step(state, byte.charCodeAt(0), budget);
      if (!next || next === deadState) return next?.accepted;
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
  steps(state: State, asker: Budget): readonly Step[] | undefined {
    if (state.steps) return state.steps;
    if (this.#size > maxStates) return undefined;
    const budget = this.#payer ?? asker;
    // Most moves are over one byte: where the others are the same, so is the step, but for those bytes.
    const wide: Move[] = [];
    const single = new Map<number, number[]>();
    const cuts = this.#cuts.fill(0);
    for (const node of state.nodes) {
      for (const move of this.#one.moves[node] ?? []) {
        const { ranges, to } = move;
        const [low, high] = ranges as [number, number];
        if (ranges.length === 2 && low === high) {
          const others = single.get(low);
          if (others) others.push(to);
          else single.set(low, [to]);
        } else {
          wide.push(move);
          for (let i = 0; i < ranges.length; i += 2) {
            cuts[ranges[i] as number] = 1;
            cuts[(ranges[i + 1] as number) + 1] = 1;
          }
        }
      }
    }
    if (!budget.spend(20 + 2 * wide.length + 5 * single.size)) return undefined;
    const found: Step[] = [];
    let common = noNodes;
    let commonTo: State | undefined;
    for (let low = 0, high = 0; low < 256; low = high + 1) {
      if (low === 0 || cuts[low]) {
        if (!budget.spend(5 + wide.length)) return undefined;
        const reached: number[] = [];
        for (const { ranges, to } of wide) if (has(ranges, low)) reached.push(to);
        common = this.#closure(reached);
        if (!budget.spend(2 * common.length)) return undefined;
        commonTo = undefined;
      }
      const own = single.get(low);
      high = low;
      if (!own) while (high < 255 && !cuts[high + 1] && !single.has(high + 1)) high++;
      const nodes = own ? this.#withMore(common, own) : common;
      let to = nodes === common ? commonTo : undefined;
      if (!to && nodes.length > 0) {
        if (!budget.spend(10 + 2 * nodes.length)) return undefined;
        to = this.#state(nodes);
        if (nodes === common) commonTo = to;
      }
      if (!to) continue;
      const last = found.at(-1);
      if (last && last.to === to && last.high === low - 1) last.high = high;
      else found.push({ low, high, to });
    }
    state.steps = found;
    return found;
  }

  #step(state: State, byte: number, budget: Budget): State | undefined {
    const known =
      state.next[byte] ??
      (state.steps &&
        (state.steps.find(({ low, high }) => low <= byte && byte <= high)?.to ?? deadState));
    if (known) return budget.spend(1) ? known : undefined;
    const reached: number[] = [];
    for (const node of state.nodes) {
      for (const { ranges, to } of this.#one.moves[node] ?? [])
        if (has(ranges, byte)) reached.push(to);
    }
    const nodes = this.#closure(reached);
    if (!budget.spend(10 + state.nodes.length + 5 * nodes.length)) return undefined;
    const next = this.#state(nodes);
    state.next[byte] = next;
    return next;
  }

  /** The nodes reached from these by empty moves that have other moves or end a pattern, in order. */
  #closure(from: readonly number[]): readonly number[] {
    return from.length === 0 ? noNodes : this.#withMore(noNodes, from);
  }

  /** A closure, with that of further nodes; the same array if there is nothing more. */
  #withMore(closure: readonly number[], from: readonly number[]): readonly number[] {
    const { moves, empty } = this.#one;
    const mark = ++this.#closures;
    for (const node of closure) this.#reached[node] = mark;
    const all: number[] = [];
    const reach = (node: number) => {
      if (this.#reached[node] === mark) return;
      this.#reached[node] = mark;
      all.push(node);
    };
    for (const node of from) reach(node);
    for (const node of all) for (const to of empty[node] ?? []) reach(to);
    const more = all.filter((node) => (moves[node]?.length ?? 0) > 0 || this.#ends.has(node));
    if (more.length === 0) return closure;
    return [...closure, ...more].sort((a, b) => a - b);
  }

  #state(nodes: readonly number[]): State {
    const hash = hashOf(nodes);
    const first = this.#states.get(hash);
    for (let at = first; at; at = at.other) if (isSame(at.nodes, nodes)) return at;
    const state: State = {
      ...{ id: ++this.#size, nodes, accepted: this.#acceptedBy(nodes), next: [] },
      other: first,
    };
    this.#states.set(hash, state);
    return state;
  }

  /** The patterns that end in these nodes, in order. */
  #acceptedBy(nodes: readonly number[]): readonly number[] {
    const accepted: number[] = [];
    for (const node of nodes)
      for (const pattern of this.#ends.get(node) ?? []) accepted.push(pattern);
    accepted.sort((a, b) => a - b);
    const key = accepted.join();
    const known = this.#accepted.get(key);
    if (!known) this.#accepted.set(key, accepted);
    return known ?? accepted;
  }

  /** Frees the states. */
  #forget(): void {
    this.#states = new Map();
    this.#size = 0;
    this.#start = this.#state(this.#closure([0]));
  }
}

const noNodes: readonly number[] = [];

/** FNV-1a, over numbers in place of bytes. */
function hashOf(nodes: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < nodes.length; i++) hash = Math.imul(hash ^ (nodes[i] as number), 0x01000193);
  return hash;
}

function isSame(one: readonly number[], two: readonly number[]): boolean {
  if (one.length !== two.length) return false;
  for (let i = 0; i < one.length; i++) if (one[i] !== two[i]) return false;
  return true;
}
