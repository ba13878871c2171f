// The text of a rule with its variables replaced, as apparmor_parser does before it applies aliases and merges slashes.
import type { ProfileVariables, Symbols } from '../checks/symbols.ts';
import { maxExpansion } from '../checks/symbols.ts';
import { variableEndAt } from '../glob/aare.ts';
import { compareReleases, type Release } from '../release.ts';
import type { Alias } from '../syntax/tree.ts';

/** What the text of a rule means where it stands. */
export interface TextScope {
  release: Release;
  symbols: Symbols;
  variables: ProfileVariables;
  aliases: readonly Alias[];
  /** The values of variables that no file declares which was read. */
  usual?: Readonly<Record<string, readonly string[]>>;
}

/** How many values a variable may have. */
const maxValues = 4000;

/** How many variables one text may have, those in their values included. */
const maxVariables = 1000;

/**
 * Since 5.0, equal values count once, one value is trimmed as several are, and values after slashes at the start of a text
 * keep their own (measured with 4.1.0 and 5.0.2). What is presumed permits more, as before.
 */
const replacesAsSince50 = ({ release, usual }: TextScope) =>
  compareReleases(release, '5.0') >= 0 && !usual;

/** A value without the slashes that the text around it has. */
function trim(value: string, before: string, after: string, scope: TextScope): string {
  const start = after.startsWith('/') ? value.replace(/\/+$/, '') : value;
  const keeps = replacesAsSince50(scope) && /^\/+$/.test(before);
  return before.endsWith('/') && !keeps ? start.replace(/^\/+/, '') : start;
}

/**
 * The text with its variables replaced, one after the other, several values as a choice. Undefined when a variable is not
 * known, or the text gets too long.
 */
export function replaceVariables(text: string, scope: TextScope): string | undefined {
  let found = text;
  for (let replaced = 0; ; replaced++) {
    const at = firstVariable(found);
    if (at < 0) return found;
    if (replaced > maxVariables) return tooLong(scope);
    const end = variableEndAt(found, at);
    const before = found.slice(0, at);
    const after = found.slice(end);
    const name = found.slice(at + 2, end - 1);
    const all = scope.symbols.valuesOf(name, scope.variables, maxValues, scope.usual);
    if (!all || all.length === 0) return undefined;
    const newer = replacesAsSince50(scope);
    const values = newer ? [...new Set(all)] : all;
    const trims = newer || values.length > 1;
    const trimmed = trims ? values.map((one) => trim(one, before, after, scope)) : values;
    found = before + (trimmed.length > 1 ? `{${trimmed.join(',')}}` : trimmed[0]) + after;
    if (found.length > maxExpansion || !scope.symbols.budget.spend(found.length))
      return tooLong(scope);
  }
}

function tooLong({ symbols }: TextScope): undefined {
  symbols.exceeded = true;
}

/** Where the first variable starts that no backslash stands before; -1 where there is none. */
function firstVariable(text: string): number {
  for (let at = text.indexOf('@{'); at >= 0; at = text.indexOf('@{', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0 && variableEndAt(text, at) > 0) return at;
  }
  return -1;
}
