// Deciding questions about patterns: do two of them match a common path, does one match all of another's?
// Patterns become nondeterministic automata; questions walk pairs of states, with a bound on the work.
import { type Pattern, parsePattern, type Ranges } from './aare.ts';

interface Move {
  ranges: Ranges;
  to: number;
}

/** A nondeterministic automaton: state 0 is the start, `end` the one that accepts. */
export interface Automaton {
  /** Moves of each state over a character. */
  moves: Move[][];
  /** Moves of each state over nothing. */
  empty: number[][];
  end: number;
}

const maxStates = 20_000;

/** How much work is left for questions; a question that uses it up has no answer. */
export interface Effort {
  steps: number;
}

/** The effort for one question by itself. */
export const oneQuestion = (): Effort => ({ steps: 400_000 });

/** Builds the automaton of a pattern without variables; undefined when it would be too large. */
export function automaton(pattern: string): Automaton | undefined {
  const draft: Automaton = { moves: [[]], empty: [[]], end: 0 };
  const end = build(draft, parsePattern(pattern), 0);
  return end === undefined ? undefined : { ...draft, end };
}

function state(draft: Automaton): number {
  draft.empty.push([]);
  return draft.moves.push([]) - 1;
}

/** Adds a pattern after the state `from`; returns the state it ends in. */
function build(draft: Automaton, pattern: Pattern, from: number): number | undefined {
  if (draft.moves.length > maxStates) return undefined;
  switch (pattern.kind) {
    case 'set': {
      const to = state(draft);
      draft.moves[from]?.push({ ranges: pattern.ranges, to });
      return to;
    }
    case 'repeat': {
      const to = state(draft);
      draft.empty[from]?.push(to);
      draft.moves[to]?.push({ ranges: pattern.ranges, to });
      return to;
    }
    case 'sequence': {
      let at: number | undefined = from;
      for (const item of pattern.items) {
        at = build(draft, item, at);
        if (at === undefined) return undefined;
      }
      return at;
    }
    case 'choice': {
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
  }
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
export function intersects(
  a: Automaton,
  b: Automaton,
  effort: Effort = oneQuestion(),
): boolean | undefined {
  const width = b.moves.length;
  const seen = new Set([0]);
  const stack = [0];
  const visit = (x: number, y: number) => {
    const next = x * width + y;
    if (seen.has(next)) return;
    seen.add(next);
    stack.push(next);
  };
  while (stack.length > 0) {
    const pair = stack.pop() as number;
    const x = Math.floor(pair / width);
    const y = pair % width;
    if (x === a.end && y === b.end) return true;
    effort.steps -= 1 + (a.moves[x] as Move[]).length * (b.moves[y] as Move[]).length;
    if (effort.steps < 0) return undefined;
    for (const to of a.empty[x] as number[]) visit(to, y);
    for (const to of b.empty[y] as number[]) visit(x, to);
    for (const left of a.moves[x] as Move[]) {
      for (const right of b.moves[y] as Move[]) {
        if (overlap(left.ranges, right.ranges)) visit(left.to, right.to);
      }
    }
  }
  return false;
}

/** The states reached from these over nothing, sorted. */
function closure(one: Automaton, states: Iterable<number>): number[] {
  const reached = new Set(states);
  for (const at of reached) for (const to of one.empty[at] as number[]) reached.add(to);
  return [...reached].sort((x, y) => x - y);
}

/** Several automata as one that matches what any of them does. */
function union(all: readonly Automaton[]): { one: Automaton; ends: Set<number> } {
  const one: Automaton = { moves: [[]], empty: [[]], end: -1 };
  const ends = new Set<number>();
  for (const part of all) {
    const base = one.moves.length;
    one.empty[0]?.push(base);
    ends.add(base + part.end);
    for (const [index, moves] of part.moves.entries()) {
      one.moves.push(moves.map(({ ranges, to }) => ({ ranges, to: to + base })));
      one.empty.push((part.empty[index] as number[]).map((to) => to + base));
    }
  }
  return { one, ends };
}

/** The deterministic steps of a set of states: where the characters are cut, and the set each piece leads to. */
interface Steps {
  cuts: number[];
  to: number[];
}

/**
 * Whether every path that `inner` matches is matched by one of `outer`; undefined when the bound on the work was
 * reached. Walks states of `inner` with sets of states of `outer`.
 */
export function covers(
  outer: readonly Automaton[],
  inner: Automaton,
  effort: Effort = oneQuestion(),
): boolean | undefined {
  const { one, ends } = union(outer);
  const sets = [closure(one, [0])];
  const numbers = new Map([[sets[0]?.join(), 0]]);
  const known: (Steps | undefined)[] = [];
  const stepsOf = (set: number): Steps => {
    const before = known[set];
    if (before) return before;
    const moves = (sets[set] as number[]).flatMap((at) => one.moves[at] as Move[]);
    const cuts = new Set([1]);
    for (const { ranges } of moves) {
      for (let i = 0; i < ranges.length; i += 2) {
        cuts.add(ranges[i] as number);
        cuts.add((ranges[i + 1] as number) + 1);
      }
    }
    const sorted = [...cuts].filter((cut) => cut <= 0xffff).sort((x, y) => x - y);
    const to = sorted.map((cut) => {
      effort.steps -= moves.length;
      const reached = moves
        .filter(({ ranges }) => overlap(ranges, [cut, cut]))
        .map((move) => move.to);
      const next = closure(one, reached);
      effort.steps -= next.length;
      const key = next.join();
      const number = numbers.get(key) ?? sets.push(next) - 1;
      numbers.set(key, number);
      return number;
    });
    const steps = { cuts: sorted, to };
    known[set] = steps;
    return steps;
  };
  const seen = new Set(['0 0']);
  const stack: [number, number][] = [[0, 0]];
  const visit = (x: number, set: number) => {
    const key = `${x} ${set}`;
    if (seen.has(key)) return;
    seen.add(key);
    stack.push([x, set]);
  };
  while (stack.length > 0) {
    const [x, set] = stack.pop() as [number, number];
    if (x === inner.end && !(sets[set] as number[]).some((at) => ends.has(at))) return false;
    for (const to of inner.empty[x] as number[]) visit(to, set);
    const moves = inner.moves[x] as Move[];
    if (moves.length === 0) continue;
    const steps = stepsOf(set);
    for (const move of moves) {
      for (const [index, cut] of steps.cuts.entries()) {
        const last = (steps.cuts[index + 1] ?? 0x10000) - 1;
        if (overlap(move.ranges, [cut, last])) visit(move.to, steps.to[index] as number);
      }
    }
    effort.steps -= 1 + moves.length * steps.cuts.length;
    if (effort.steps < 0) return undefined;
  }
  return true;
}

/** Whether the pattern of `one` matches this path; undefined when the bound on the work was reached. */
export function matches(
  one: Automaton,
  path: string,
  effort: Effort = oneQuestion(),
): boolean | undefined {
  let current = closure(one, [0]);
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    const next = current.flatMap((at) =>
      (one.moves[at] as Move[])
        .filter(({ ranges }) => overlap(ranges, [code, code]))
        .map((move) => move.to),
    );
    if (next.length === 0) return false;
    current = closure(one, next);
    effort.steps -= next.length + current.length;
    if (effort.steps < 0) return undefined;
  }
  return current.includes(one.end);
}
