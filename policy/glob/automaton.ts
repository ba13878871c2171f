// Deciding questions about patterns: do two of them match a common path, does one match all of another's?
// Patterns become nondeterministic automata; questions walk pairs of states, with a bound on the work.
import { Budget } from '../budget.ts';
import { type Pattern, parsePattern, type Ranges } from './aare.ts';

export interface Move {
  ranges: Ranges;
  to: number;
}

/** A nondeterministic automaton: state 0 is the start, `end` the one that accepts. */
export interface Automaton {
  /** Moves of each state over a character. */
  moves: Move[][];
  /** The empty moves of each state. */
  empty: number[][];
  end: number;
}

const maxStates = 20_000;

/** The budget of a comparison outside an analysis. */
const defaultBudget = () => new Budget(400_000);

// The same patterns come up again and again: one analysis builds each automaton once, and a cache has those of the last
// analyses.
const ofRun = new WeakMap<Budget, Map<string, Automaton | undefined>>();
const cache = new Map<string, Automaton | undefined>();
let cachedStates = 0;
const maxCachedStates = 50_000;

/** What an automaton costs for each character of its pattern: a state is made of several objects. */
const stepsPerCharacter = 20;

/**
 * The automaton of a pattern without variables; undefined when it would be too large, or when the budget does not
 * cover it. An analysis pays for it once, also when it is cached: results must not depend on earlier analyses.
 */
export function automaton(
  pattern: string,
  budget: Budget = defaultBudget(),
): Automaton | undefined {
  let run = ofRun.get(budget);
  if (!run) {
    run = new Map();
    ofRun.set(budget, run);
  }
  const known = run.get(pattern);
  if (known || run.has(pattern)) return known;
  if (!budget.spend(stepsPerCharacter * pattern.length)) return undefined;
  const made = cache.has(pattern) ? cache.get(pattern) : make(pattern);
  run.set(pattern, made);
  return made;
}

/** The automaton of a pattern that was read; undefined when it would be too large. */
export function compile(pattern: Pattern): Automaton | undefined {
  const draft: Automaton = { moves: [noMoves], empty: [nowhere], end: 0 };
  const end = build(draft, pattern, 0);
  return end === undefined ? undefined : { ...draft, end };
}

function make(pattern: string): Automaton | undefined {
  const made = compile(parsePattern(pattern));
  const size = (made?.moves.length ?? maxStates) + pattern.length;
  cachedStates += size;
  if (cachedStates > maxCachedStates) {
    cache.clear();
    cachedStates = size;
  }
  cache.set(pattern, made);
  return made;
}

// Most states have one way on: those that have none of a kind share these.
const noMoves: Move[] = [];
const nowhere: number[] = [];

function addMove(draft: Automaton, from: number, move: Move): void {
  const moves = draft.moves[from];
  if (moves === noMoves) draft.moves[from] = [move];
  else moves?.push(move);
}

function addEmpty(draft: Automaton, from: number, to: number): void {
  const empty = draft.empty[from];
  if (empty === nowhere) draft.empty[from] = [to];
  else empty?.push(to);
}

function state(draft: Automaton): number {
  draft.empty.push(nowhere);
  return draft.moves.push(noMoves) - 1;
}

/** Adds a pattern after the state `from`, which stays without moves to it; returns the state it ends in. */
function build(
  draft: Automaton & { limit?: number },
  pattern: Pattern,
  from: number,
): number | undefined {
  if (draft.moves.length > (draft.limit ?? maxStates)) return undefined;
  switch (pattern.kind) {
    case 'set': {
      const to = state(draft);
      addMove(draft, from, { ranges: pattern.ranges, to });
      return to;
    }
    case 'repeat': {
      const to = state(draft);
      addEmpty(draft, from, to);
      addMove(draft, to, { ranges: pattern.ranges, to });
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
        const end = build(draft, item, from);
        if (end === undefined) return undefined;
        addEmpty(draft, end, to);
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

/** Whether some path matches both; undefined when the budget does not cover finding out. */
export function intersects(
  a: Automaton,
  b: Automaton,
  budget: Budget = defaultBudget(),
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
    const pairs = (a.moves[x] as Move[]).length * (b.moves[y] as Move[]).length;
    // A pair of states costs more than a pair of moves: it is looked up.
    if (!budget.spend(10 + 2 * pairs)) return undefined;
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

/**
 * Whether some string matches both patterns; undefined when the budget does not cover finding out, or one is too large: the
 * budget is exhausted then.
 */
export function patternTextsIntersect(a: string, b: string, budget: Budget): boolean | undefined {
  if (a === b) return true;
  const left = automaton(a, budget);
  const right = automaton(b, budget);
  const common = left && right ? intersects(left, right, budget) : undefined;
  if (common === undefined) budget.exhaust();
  return common;
}

/** Whether a set of characters has this one. */
export function has(ranges: Ranges, code: number): boolean {
  for (let i = 0; i < ranges.length; i += 2) {
    if (code < (ranges[i] as number)) return false;
    if (code <= (ranges[i + 1] as number)) return true;
  }
  return false;
}

/** The states reached from these by empty moves, sorted. */
function closure(one: Automaton, states: Iterable<number>): number[] {
  const reached = new Set(states);
  for (const at of reached) for (const to of one.empty[at] as number[]) reached.add(to);
  return [...reached].sort((x, y) => x - y);
}

/**
 * Many patterns as one automaton, in which the beginnings that they share are the same states: as many rules of a profile
 * begin alike, that is a small part of what each alone would take. `ends` has the patterns that end in a state, by index.
 * The patterns are of bytes. Undefined when the budget does not cover it, or a pattern is too large.
 */
export function compileAll(
  patterns: readonly Pattern[],
  budget: Budget,
): { one: Automaton; ends: Map<number, number[]> } | undefined {
  const draft = { moves: [noMoves], empty: [nowhere], end: -1, limit: 0 };
  const ends = new Map<number, number[]>();
  // The states after each beginning, by the state before and the next byte, or the number of another next item.
  const afterByte = new Map<number, number>();
  const afterItem = new Map<number, number>();
  const numbers = new Map<string, number>();
  for (const [index, pattern] of patterns.entries()) {
    const before = draft.moves.length;
    draft.limit = before + maxStates;
    const items = itemsOf(pattern);
    let at: number | undefined = 0;
    for (const item of items) {
      const from: number = at;
      const unit = unitOf(item);
      const next = unit === undefined ? afterItem : afterByte;
      const key =
        unit === undefined
          ? from * maxItems + numberOf(item, numbers, budget)
          : from * 0x100 + unit;
      at = next.get(key) ?? build(draft, item, from);
      if (at === undefined) {
        // What a pattern means that is too large stays unknown, as over budget.
        budget.exhaust();
        return undefined;
      }
      next.set(key, at);
    }
    if (!budget.spend(20 + items.length + 20 * (draft.moves.length - before))) return undefined;
    const others = ends.get(at);
    if (others) others.push(index);
    else ends.set(at, [index]);
  }
  return { one: draft, ends };
}

/** The items of a pattern and of the sequences in it, in order. */
function itemsOf(pattern: Pattern): readonly Pattern[] {
  if (pattern.kind !== 'sequence') return [pattern];
  return pattern.items.some(({ kind }) => kind === 'sequence')
    ? pattern.items.flatMap(itemsOf)
    : pattern.items;
}

/** The only unit that a pattern matches. */
function unitOf(pattern: Pattern): number | undefined {
  if (pattern.kind !== 'set' || pattern.ranges.length !== 2) return undefined;
  const [low, high] = pattern.ranges;
  return low === high ? low : undefined;
}

/** More than there are items. */
const maxItems = 2 ** 26;

/** The number of an item: equal items have the same. */
function numberOf(item: Pattern, numbers: Map<string, number>, budget: Budget): number {
  const text = textOf(item);
  budget.spend(text.length);
  const number = numbers.get(text) ?? numbers.size;
  numbers.set(text, number);
  return number;
}

/** A text that equal patterns have in common. */
function textOf(pattern: Pattern): string {
  switch (pattern.kind) {
    case 'set':
      return `[${pattern.ranges}]`;
    case 'repeat':
      return `*[${pattern.ranges}]`;
    case 'sequence':
      return pattern.items.map(textOf).join('');
    case 'choice':
      return `{${pattern.items.map(textOf)}}`;
  }
}

/** Several automata as one that matches what any of them does. */
export function union(all: readonly Automaton[]): { one: Automaton; ends: Set<number> } {
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
 * Whether every path that `inner` matches is matched by one of `outer`; undefined when the budget does not cover
 * finding out. Walks states of `inner` with sets of states of `outer`.
 */
export function covers(
  outer: readonly Automaton[],
  inner: Automaton,
  budget: Budget = defaultBudget(),
): boolean | undefined {
  if (!budget.spend(10 * outer.reduce((sum, part) => sum + part.moves.length, 0))) return undefined;
  const { one, ends } = union(outer);
  const sets = [closure(one, [0])];
  const numbers = new Map([[sets[0]?.join(), 0]]);
  const known: (Steps | undefined)[] = [];
  const stepsOf = (set: number): Steps => {
    const before = known[set];
    if (before) return before;
    const moves = (sets[set] as number[]).flatMap((at) => one.moves[at] as Move[]);
    budget.spend((sets[set] as number[]).length + 5 * moves.length);
    const cuts = new Set([0]);
    for (const { ranges } of moves) {
      for (let i = 0; i < ranges.length; i += 2) {
        cuts.add(ranges[i] as number);
        cuts.add((ranges[i + 1] as number) + 1);
      }
    }
    const sorted = [...cuts].filter((cut) => cut <= 0xffff).sort((x, y) => x - y);
    const to: number[] = [];
    for (const cut of sorted) {
      // The walk ends before it needs what is missing.
      if (!budget.spend(5 + moves.length)) break;
      const reached = moves.filter(({ ranges }) => has(ranges, cut)).map((move) => move.to);
      const next = closure(one, reached);
      budget.spend(5 * next.length);
      const key = next.join();
      const number = numbers.get(key) ?? sets.push(next) - 1;
      numbers.set(key, number);
      to.push(number);
    }
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
    if (!budget.spend(5 + moves.length * steps.cuts.length)) return undefined;
    for (const move of moves) {
      for (const [index, cut] of steps.cuts.entries()) {
        const last = (steps.cuts[index + 1] ?? 0x10000) - 1;
        if (overlap(move.ranges, [cut, last])) visit(move.to, steps.to[index] as number);
      }
    }
  }
  return true;
}

// Matching is called so often that it allocates nothing: each state has the step in which it was last reached.
let reached = new Uint32Array(1024);
let step = 0;

/** Adds a state, and those reached from it by empty moves, to the states of the current step. */
function reach(one: Automaton, into: number[], from: number): void {
  if (reached[from] === step) return;
  const first = into.length;
  reached[from] = step;
  into.push(from);
  for (let at = first; at < into.length; at++) {
    for (const to of one.empty[into[at] as number] as number[]) {
      if (reached[to] === step) continue;
      reached[to] = step;
      into.push(to);
    }
  }
}

/** Whether the pattern of `one` matches this path; undefined when the budget does not cover finding out. */
export function matches(
  one: Automaton,
  path: string,
  budget: Budget = defaultBudget(),
): boolean | undefined {
  if (reached.length < one.moves.length || step + path.length > 0xfffffff0) {
    reached = new Uint32Array(2 * Math.max(reached.length, one.moves.length));
    step = 0;
  }
  let current: number[] = [];
  let next: number[] = [];
  step++;
  reach(one, current, 0);
  for (let i = 0; i < path.length; i++) {
    if (!budget.spend(2 + 2 * current.length)) return undefined;
    const code = path.charCodeAt(i);
    next.length = 0;
    step++;
    for (const at of current) {
      for (const { ranges, to } of one.moves[at] as Move[]) {
        if (has(ranges, code)) reach(one, next, to);
      }
    }
    if (next.length === 0) return false;
    [current, next] = [next, current];
  }
  return reached[one.end] === step;
}
