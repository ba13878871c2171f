// Variables and booleans as the preamble sets them.
import { checkPattern, variableEndAt } from '../glob/aare.ts';
import { variablesIn } from './words.ts';

/** How long an expanded text may get, in characters. Real ones have a few thousand. */
export const maxExpansion = 200_000;

export type Expansion =
  | { ok: true; text: string }
  | { ok: false; reason: 'undefined' | 'cyclic' | 'limit' | 'unknown'; name: string };

/** Variables that apparmor_parser sets for each profile. */
export interface ProfileVariables {
  profile_name?: string;
  attach_path?: string;
  exec_path?: string;
}

export class Symbols {
  readonly variables = new Map<string, { values: string[]; conditional: boolean }>();
  readonly booleans = new Map<string, boolean>();
  /** A file that may set variables was not seen: what is not declared is taken as declared there. */
  open = false;
  /** Variables with a value that has half a bracket. */
  #broken: Set<string> | undefined;
  readonly #checked = new Map<string, Expansion>();

  /** Whether a variable and everything it mentions is declared and ends. */
  resolve(name: string, own: ProfileVariables): Expansion {
    if (!this.variables.has(name) && own[name as keyof ProfileVariables] !== undefined)
      return { ok: true, text: '' };
    const known = this.#checked.get(name);
    if (known) return known;
    // Depth first with an explicit stack; `path` is what is being expanded.
    const path = new Set<string>();
    const stack: { name: string; next: string[] }[] = [];
    const enter = (one: string): Expansion | undefined => {
      const variable = this.variables.get(one);
      if (!variable) {
        if (own[one as keyof ProfileVariables] !== undefined) return undefined;
        return this.open ? undefined : { ok: false, reason: 'undefined', name: one };
      }
      if (path.has(one)) return { ok: false, reason: 'cyclic', name: one };
      if (this.#checked.get(one)?.ok) return undefined;
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
        this.#checked.set(top.name, { ok: true, text: '' });
      } else failed = enter(next);
    }
    if (failed && !failed.ok && failed.reason === 'cyclic') this.#checked.set(name, failed);
    return failed ?? { ok: true, text: '' };
  }

  /** True when every value of the variable has whole brackets, so that a pattern around it can be judged without it. */
  balanced(name: string): boolean {
    this.#broken ??= new Set(
      [...this.variables].filter(([, { values }]) => values.some(checkPattern)).map(([one]) => one),
    );
    if (this.#broken.size === 0) return true;
    const reached = new Set([name]);
    for (const one of reached) {
      if (this.#broken.has(one)) return false;
      for (const value of this.variables.get(one)?.values ?? []) {
        for (const inner of variablesIn(value)) reached.add(inner);
      }
    }
    return true;
  }

  /** The text with its variables replaced: one value as it is, several as `{a,b}`. Bounded by `maxExpansion`.
   * `usual` stands in for variables of files that were not seen. */
  expand(
    text: string,
    own: ProfileVariables,
    usual: Readonly<Record<string, readonly string[]>> = {},
  ): Expansion {
    if (!text.includes('@{')) return { ok: true, text };
    let out = '';
    let failure: Expansion | undefined;
    // `next` is what follows the piece: of `@{HOME}/x`, whose values end with a slash, only one slash stays.
    const walk = (piece: string, open: readonly string[], next: string): void => {
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
        const values = this.variables.get(name)?.values ?? (this.open ? usual[name] : undefined);
        const set = own[name as keyof ProfileVariables];
        if (!values && set !== undefined) out += set;
        else if (!values)
          failure = { ok: false, reason: this.open ? 'unknown' : 'undefined', name };
        else if (open.includes(name)) failure = { ok: false, reason: 'cyclic', name };
        else if (out.length > maxExpansion || open.length > 100)
          failure = { ok: false, reason: 'limit', name };
        else {
          if (values.length > 1) out += '{';
          for (const [index, value] of values.entries()) {
            if (index > 0) out += ',';
            walk(value, [...open, name], piece[end] ?? next);
            if (failure) return;
          }
          if (values.length > 1) out += '}';
        }
      }
      let end = piece.length;
      while (next === '/' && end > from && piece[end - 1] === '/') end--;
      out += piece.slice(from, end);
      if (out.length > maxExpansion)
        failure ??= { ok: false, reason: 'limit', name: open[0] ?? text };
    };
    walk(text, [], '');
    return failure ?? { ok: true, text: out };
  }

  /** Forgets what was worked out, after a variable changed. */
  changed(): void {
    this.#checked.clear();
    this.#broken = undefined;
  }
}
