// Variables and booleans as the preamble sets them.
import { type Budget, expandedCharacters } from '../budget.ts';
import { checkPattern, variableEndAt, variablesIn } from '../glob/aare.ts';

/** How long an expanded text may get, in characters. Real ones have a few thousand. */
export const maxExpansion = 200_000;

export type Expansion =
  | { ok: true; text: string }
  | { ok: false; reason: 'undefined' | 'cyclic' | 'limit' | 'unknown'; name: string };

/** Variables that apparmor_parser sets for each profile; none of them is known yet in its head. */
export interface ProfileVariables {
  profile_name?: string;
  attach_path?: string;
  exec_path?: string;
}

/** In the head of a profile none is set yet: they are made from it. */
export const headVariables: ProfileVariables = {};

const nothing: Readonly<Record<string, readonly string[]>> = {};

/** How deep the values of variables may refer to other variables. */
const maxNesting = 100;

export class Symbols {
  /** A text was not expanded since it, or the values of a variable, would exceed a limit. */
  exceeded = false;
  readonly variables = new Map<string, { values: string[]; conditional: boolean }>();
  readonly booleans = new Map<string, boolean | undefined>();
  readonly budget: Budget;
  /** A file that may set variables was not seen: what is not declared is taken as declared there. */
  open = false;
  /** As in `Dialect`. */
  definedIsWhetherSet = true;
  /** Variables that the target's tunables declare and those that were read do not. */
  readonly unseen = new Set<string>();
  /** Variables with a value that has half a bracket, and those that mention one. */
  #unbalanced: Set<string> | undefined;
  /** What `resolve` has found, apart for profiles that have a path, those that have none, and heads. */
  readonly #checked = {
    path: new Map<string, Expansion>(),
    none: new Map<string, Expansion>(),
    head: new Map<string, Expansion>(),
  };
  /** Expansions by the profile they are for, so that a text that many rules share is expanded once. */
  #expanded = new WeakMap<ProfileVariables, Map<string, Expansion>>();
  readonly #paths = new WeakMap<Expansion, Expansion>();
  /** What all expansions together may still grow to, in characters. */
  #room = expandedCharacters;

  /** `budget` pays for what looking at variables costs. */
  constructor(budget: Budget) {
    this.budget = budget;
  }

  /** A variable that is not declared may be, in a file that was not seen. */
  maySet(name: string): boolean {
    return this.open || this.unseen.has(name);
  }

  /** Whether some text was not expanded because there was no room left. */
  get exhausted(): boolean {
    return this.#room < 0;
  }

  /** Whether a variable and everything it mentions is declared and ends. */
  resolve(name: string, own: ProfileVariables): Expansion {
    if (!this.variables.has(name) && own[name as keyof ProfileVariables] !== undefined)
      return { ok: true, text: '' };
    const where = own.exec_path !== undefined ? 'path' : own.profile_name ? 'none' : 'head';
    const checked = this.#checked[where];
    const known = checked.get(name);
    if (known) return known;
    // Depth first with an explicit stack; `path` is what is being expanded.
    const path = new Set<string>();
    const stack: { name: string; next: string[] }[] = [];
    const enter = (one: string): Expansion | undefined => {
      const variable = this.variables.get(one);
      if (!variable) {
        if (own[one as keyof ProfileVariables] !== undefined) return undefined;
        return this.maySet(one) ? undefined : { ok: false, reason: 'undefined', name: one };
      }
      if (path.has(one)) return { ok: false, reason: 'cyclic', name: one };
      const before = checked.get(one);
      if (before) return before.ok ? undefined : before;
      path.add(one);
      stack.push({ name: one, next: variable.values.flatMap(variablesIn) });
      return undefined;
    };
    let failed = enter(name);
    while (!failed && stack.length > 0) {
      const top = stack.at(-1) as { name: string; next: string[] };
      const next = top.next.pop();
      if (next === undefined) {
        stack.pop();
        path.delete(top.name);
        checked.set(top.name, { ok: true, text: '' });
      } else failed = enter(next);
    }
    if (failed && !failed.ok) {
      // All that led here fail for the same reason; of a circle, each is a part of it.
      const names = [...path];
      const found = failed.reason === 'cyclic' ? names.indexOf(failed.name) : -1;
      const circle = found < 0 ? names.length : found;
      for (const [at, one] of names.entries())
        checked.set(one, at < circle ? failed : { ...failed, name: one });
      return checked.get(name) ?? failed;
    }
    return { ok: true, text: '' };
  }

  /** True when every value of the variable has whole brackets, so that a pattern around it can be checked without it. */
  balanced(name: string): boolean {
    this.#unbalanced ??= this.#findUnbalanced();
    return !this.#unbalanced.has(name);
  }

  #findUnbalanced(): Set<string> {
    const all = [...this.variables];
    const found = new Set(
      all.filter(([, { values }]) => values.some(checkPattern)).map(([name]) => name),
    );
    if (found.size === 0) return found;
    const mentionedBy = new Map<string, string[]>();
    for (const [name, { values }] of all) {
      for (const inner of values.flatMap(variablesIn)) {
        const others = mentionedBy.get(inner);
        if (others) others.push(name);
        else mentionedBy.set(inner, [name]);
      }
    }
    for (const one of found) for (const outer of mentionedBy.get(one) ?? []) found.add(outer);
    return found;
  }

  /**
   * The text with its variables replaced: one value as it is, several as `{a,b}`; and `//` with `/`, as in a path.
   * Bounded by `maxExpansion`, and all of a file by `expandedCharacters`. Variables of files that were not seen have
   * the values of `usual`.
   */
  expandPath(
    text: string,
    own: ProfileVariables,
    usual: Readonly<Record<string, readonly string[]>> = nothing,
  ): Expansion {
    if (!text.includes('@{') && !text.includes('//')) return { ok: true, text };
    const expanded = this.expand(text, own, usual);
    return expanded.ok ? (this.#paths.get(expanded) ?? this.#path(expanded)) : expanded;
  }

  /** `//` in a path means `/`. A pattern's `**` and classes never change by it. */
  #path(expanded: Extract<Expansion, { ok: true }>): Expansion {
    const path = expanded.text.includes('//')
      ? { ok: true as const, text: expanded.text.replace(/\/{2,}/g, '/') }
      : expanded;
    this.#paths.set(expanded, path);
    return path;
  }

  /** As {@link expandPath}, with slashes as they are. */
  expand(
    text: string,
    own: ProfileVariables,
    usual: Readonly<Record<string, readonly string[]>> = nothing,
  ): Expansion {
    if (!text.includes('@{')) return { ok: true, text };
    let known = this.#expanded.get(own);
    if (!known) {
      known = new Map();
      this.#expanded.set(own, known);
    }
    // With other values for what is not seen, a text means something else.
    const key = usual === nothing || (!this.open && this.unseen.size === 0) ? text : `\0${text}`;
    let expansion = known.get(key);
    if (!expansion) {
      expansion = this.#expand(text, own, usual);
      known.set(key, expansion);
    }
    return expansion;
  }

  #expand(
    text: string,
    own: ProfileVariables,
    usual: Readonly<Record<string, readonly string[]>>,
  ): Expansion {
    const limit = Math.min(maxExpansion, this.#room);
    let steps = 0;
    let out = '';
    let failure: Expansion | undefined;
    // `next` is what follows the piece: of `@{HOME}/x`, whose values end with a slash, only one slash stays.
    const open = new Set<string>();
    const walk = (piece: string, next: string): void => {
      let from = 0;
      for (
        let at = piece.indexOf('@{');
        at >= 0 && !failure;
        at = piece.indexOf('@{', Math.max(at + 2, from))
      ) {
        const end = variableEndAt(piece, at);
        if (end < 0) continue;
        out += piece.slice(from, at);
        from = end;
        const name = piece.slice(at + 2, end - 1);
        const values =
          this.variables.get(name)?.values ?? (this.maySet(name) ? usual[name] : undefined);
        const set = own[name as keyof ProfileVariables];
        if (out.length > limit) failure = { ok: false, reason: 'limit', name };
        else if (!values && set !== undefined) out += set;
        else if (!values)
          failure = { ok: false, reason: this.maySet(name) ? 'unknown' : 'undefined', name };
        else if (open.has(name)) failure = { ok: false, reason: 'cyclic', name };
        else if (steps > limit || open.size > maxNesting)
          failure = { ok: false, reason: 'limit', name };
        else {
          steps += 10;
          open.add(name);
          if (values.length > 1) out += '{';
          for (const [index, value] of values.entries()) {
            if (index > 0) out += ',';
            // Empty values cost too.
            if (++steps > limit) failure = { ok: false, reason: 'limit', name };
            if (failure) return;
            walk(value, piece[end] ?? next);
            if (failure) return;
          }
          if (values.length > 1) out += '}';
          open.delete(name);
        }
      }
      let end = piece.length;
      while (next === '/' && end > from && piece[end - 1] === '/') end--;
      out += piece.slice(from, end);
      if (out.length > limit)
        failure ??= { ok: false, reason: 'limit', name: [...open][0] ?? text };
    };
    walk(text, '');
    this.#room -= out.length + steps;
    return failure ?? { ok: true, text: out };
  }

  /**
   * Every value of a variable, those of the variables in it replaced, equal ones as often as they are made. Undefined
   * when a variable is not known, or there are more than `limit`. Variables of files that were not seen have the values
   * of `usual`.
   */
  valuesOf(
    variable: string,
    own: ProfileVariables,
    limit: number,
    usual: Readonly<Record<string, readonly string[]>> = nothing,
  ): string[] | undefined {
    const open = new Set<string>();
    let made = 0;
    const tooMany = () => {
      this.exceeded = true;
      return undefined;
    };
    const ofName = (name: string): string[] | undefined => {
      const set = own[name as keyof ProfileVariables];
      const values =
        this.variables.get(name)?.values ?? (this.maySet(name) ? usual[name] : undefined);
      // apparmor_parser takes the characters of a profile's name as they are, not as a pattern.
      if (!values)
        return set === undefined
          ? undefined
          : [set.replace(/\\.|[{}[\]*?]/g, (one) => (one.length > 1 ? one : `\\${one}`))];
      if (open.has(name)) return undefined;
      if (open.size > maxNesting || !this.budget.spend(10)) return tooMany();
      open.add(name);
      const each = values.map(walk);
      open.delete(name);
      return each.includes(undefined) ? undefined : (each.flat() as string[]);
    };
    const walk = (piece: string): string[] | undefined => {
      let found = [''];
      let from = 0;
      const append = (ends: readonly string[]) => {
        made += found.length * ends.length;
        if (made > 10 * limit || found.length * ends.length > limit) return false;
        found = found.flatMap((start) => ends.map((end) => start + end));
        return this.budget.spend(found.length);
      };
      for (
        let at = piece.indexOf('@{');
        at >= 0;
        at = piece.indexOf('@{', Math.max(at + 2, from))
      ) {
        const end = variableEndAt(piece, at);
        if (end < 0) continue;
        const values = ofName(piece.slice(at + 2, end - 1));
        if (!values) return undefined;
        if (!append([piece.slice(from, at)]) || !append(values)) return tooMany();
        from = end;
      }
      return append([piece.slice(from)]) ? found : tooMany();
    };
    return ofName(variable);
  }

  /** Forgets what was worked out, after a variable changed. */
  changed(): void {
    for (const checked of Object.values(this.#checked)) checked.clear();
    this.#unbalanced = undefined;
    this.#expanded = new WeakMap();
  }
}
