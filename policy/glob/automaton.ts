// Deciding questions about patterns: do two of them match a common path, does one match all of another's?
// Patterns become nondeterministic automata; questions walk pairs of states, with a bound on the work.
import { type Pattern, parsePattern, type Ranges } from './aare.ts';

/** A nondeterministic automaton without empty moves; state 0 is the start. */
export interface Automaton {
  moves: { ranges: Ranges; to: number }[][];
  accepting: boolean[];
}

const maxStates = 20_000;
const maxSteps = 400_000;

interface Draft {
  moves: { ranges: Ranges; to: number }[][];
  empty: number[][];
}

/** Builds the automaton of a pattern without variables; undefined when it would be too large. */
export function automaton(pattern: string): Automaton | undefined {
  const draft: Draft = { moves: [[]], empty: [[]] };
  const end = build(draft, parsePattern(pattern), 0);
  if (end === undefined) return undefined;
  return withoutEmptyMoves(draft, end);
}

function state(draft: Draft): number {
  draft.empty.push([]);
  return draft.moves.push([]) - 1;
}

function build(draft: Draft, pattern: Pattern, from: number): number | undefined {
  if (draft.moves.length > maxStates) return undefined;
  if (pattern.kind === 'set') {
    const to = state(draft);
    draft.moves[from]?.push({ ranges: pattern.ranges, to });
    return to;
  }
  if (pattern.kind === 'repeat') {
    const to = state(draft);
    draft.empty[from]?.push(to);
    draft.moves[to]?.push({ ranges: pattern.ranges, to });
    return to;
  }
  if (pattern.kind === 'sequence') {
    let at: number | undefined = from;
    for (const item of pattern.items) {
      at = build(draft, item, at);
      if (at === undefined) return undefined;
    }
    return at;
  }
  const to = state(draft);
  for (const item of pattern.items) {
    const start = state(draft);
    draft.empty[from]?.push(start);
    const end = build(draft, item, start);
    if (end === undefined) return undefined;
    draft.empty[end]?.push(to);
  }
  return to;
}

function withoutEmptyMoves(draft: Draft, end: number): Automaton | undefined {
  const numbers = new Map<number, number>([[0, 0]]);
  const queue = [0];
  const result: Automaton = { moves: [], accepting: [] };
  let work = 0;
  for (let i = 0; i < queue.length; i++) {
    const closure = new Set([queue[i] as number]);
    const moves: { ranges: Ranges; to: number }[] = [];
    let accepting = false;
    for (const one of closure) {
      if (++work > maxSteps) return undefined;
      if (one === end) accepting = true;
      for (const next of draft.empty[one] ?? []) closure.add(next);
      for (const move of draft.moves[one] ?? []) {
        let to = numbers.get(move.to);
        if (to === undefined) {
          to = queue.push(move.to) - 1;
          numbers.set(move.to, to);
        }
        moves.push({ ranges: move.ranges, to });
      }
    }
    result.moves.push(moves);
    result.accepting.push(accepting);
  }
  return result;
}

function overlap(a: Ranges, b: Ranges): boolean {
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    if ((a[i + 1] as number) < (b[j] as number)) i += 2;
    else if ((b[j + 1] as number) < (a[i] as number)) j += 2;
    else return true;
  }
  return false;
}

/** Whether some path matches both; undefined when the bound on the work was reached. */
export function intersects(a: Automaton, b: Automaton): boolean | undefined {
  const width = b.moves.length;
  const seen = new Set([0]);
  const stack = [0];
  let steps = 0;
  while (stack.length > 0) {
    const pair = stack.pop() as number;
    const x = Math.floor(pair / width);
    const y = pair % width;
    if (a.accepting[x] && b.accepting[y]) return true;
    for (const left of a.moves[x] ?? []) {
      for (const right of b.moves[y] ?? []) {
        if (++steps > maxSteps) return undefined;
        const next = left.to * width + right.to;
        if (!seen.has(next) && overlap(left.ranges, right.ranges)) {
          seen.add(next);
          stack.push(next);
        }
      }
    }
  }
  return false;
}

/**
 * Whether every path that `inner` matches is matched by one of `outer`; undefined when the bound on the work was
 * reached. Walks states of `inner` with sets of states of `outer`, splitting characters where the sets change.
 */
export function covers(outer: readonly Automaton[], inner: Automaton): boolean | undefined {
  const union: Automaton = { moves: [], accepting: [] };
  const starts: number[] = [];
  for (const one of outer) {
    const base = union.moves.length;
    starts.push(base);
    for (const [index, moves] of one.moves.entries()) {
      union.moves.push(moves.map((move) => ({ ranges: move.ranges, to: move.to + base })));
      union.accepting.push(one.accepting[index] as boolean);
    }
  }
  const sets: number[][] = [starts];
  const numbers = new Map([[starts.join(), 0]]);
  const seen = new Set(['0 0']);
  const stack: [number, number][] = [[0, 0]];
  const steps = new Map<number, { cuts: number[]; to: number[] }>();
  let work = 0;
  // The deterministic step of a set: where the character line is cut, and the set each piece leads to.
  const step = (set: number): { cuts: number[]; to: number[] } | undefined => {
    const known = steps.get(set);
    if (known) return known;
    const cuts = new Set<number>([1]);
    const moves = (sets[set] as number[]).flatMap((one) => union.moves[one] ?? []);
    for (const { ranges } of moves) {
      for (let i = 0; i < ranges.length; i += 2) {
        cuts.add(ranges[i] as number);
        cuts.add((ranges[i + 1] as number) + 1);
      }
    }
    const sorted = [...cuts].sort((x, y) => x - y).filter((cut) => cut <= 0xffff);
    const to = sorted.map((cut) => {
      const reached = new Set<number>();
      for (const move of moves) {
        work++;
        if (overlap(move.ranges, [cut, cut])) reached.add(move.to);
      }
      const list = [...reached].sort((x, y) => x - y);
      const key = list.join();
      let number = numbers.get(key);
      if (number === undefined) {
        number = sets.push(list) - 1;
        numbers.set(key, number);
      }
      return number;
    });
    const result = { cuts: sorted, to };
    steps.set(set, result);
    return work > maxSteps ? undefined : result;
  };
  while (stack.length > 0) {
    const [x, set] = stack.pop() as [number, number];
    if (inner.accepting[x] && !(sets[set] as number[]).some((one) => union.accepting[one]))
      return false;
    if (inner.moves[x]?.length === 0) continue;
    const next = step(set);
    if (!next) return undefined;
    for (const move of inner.moves[x] ?? []) {
      for (const [index, cut] of next.cuts.entries()) {
        if (++work > maxSteps) return undefined;
        const end = (next.cuts[index + 1] ?? 0x10000) - 1;
        if (!overlap(move.ranges, [cut, end])) continue;
        const key = `${move.to} ${next.to[index]}`;
        if (seen.has(key)) continue;
        seen.add(key);
        stack.push([move.to, next.to[index] as number]);
      }
    }
  }
  return true;
}

/** Whether the pattern of `a` matches this path. */
export function matches(a: Automaton, path: string): boolean {
  let current = new Set([0]);
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    const next = new Set<number>();
    for (const one of current) {
      for (const move of a.moves[one] ?? [])
        if (overlap(move.ranges, [code, code])) next.add(move.to);
    }
    if (next.size === 0) return false;
    current = next;
  }
  return [...current].some((one) => a.accepting[one]);
}
