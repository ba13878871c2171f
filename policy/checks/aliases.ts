// What aliases make of the paths of rules, as apparmor_parser applies them: to texts whose variables are replaced, and
// whose slashes are not merged yet.
import type { Budget } from '../budget.ts';
import type { Alias } from '../syntax/tree.ts';

/** What a copy costs beside its characters. */
const copySteps = 200;

/**
 * A text itself and what aliases make of it, and of a second text along with it; undefined when the budget does not cover
 * it. A copy may be much longer than its text, and whatever reads it takes time with its length.
 */
export function withAliases<Second extends string | undefined>(
  text: string,
  second: Second,
  aliases: readonly Alias[],
  budget: Budget,
): [string, Second][] | undefined {
  if (!budget.spend(aliases.length)) return undefined;
  const found: [string, Second][] = [[text, second]];
  for (const { from, to } of aliases) {
    const replace = <T extends string | undefined>(one: T) =>
      (one?.startsWith(from.value) ? to.value + one.slice(from.value.length) : one) as T;
    const copy: [string, Second] = [replace(text), replace(second)];
    if (copy[0] === text && copy[1] === second) continue;
    if (!budget.spend(copySteps + copy[0].length + (copy[1]?.length ?? 0))) return undefined;
    found.push(copy);
  }
  return found;
}

/** `//` means `/`, except two that the text starts with (POSIX 4.16). */
export function mergeSlashes(text: string): string {
  const apart = /^\/\/(?!\/)/.test(text) ? '//' : '';
  return apart + text.slice(apart.length).replace(/\/{2,}/g, '/');
}
