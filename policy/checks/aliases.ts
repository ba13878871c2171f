// What aliases make of the paths of rules, as apparmor_parser applies them: to texts whose variables are replaced, and
// whose slashes are not merged yet.
import type { Alias } from '../syntax/tree.ts';

/** A text itself and what aliases make of it, and of a second text along with it. */
export function withAliases<Second extends string | undefined>(
  text: string,
  second: Second,
  aliases: readonly Alias[],
): [string, Second][] {
  const found: [string, Second][] = [[text, second]];
  for (const { from, to } of aliases) {
    const replace = <T extends string | undefined>(one: T) =>
      (one?.startsWith(from.value) ? to.value + one.slice(from.value.length) : one) as T;
    if (replace(text) !== text || replace(second) !== second)
      found.push([replace(text), replace(second)]);
  }
  return found;
}

/** `//` means `/`, except two that the text starts with (POSIX 4.16). */
export function mergeSlashes(text: string): string {
  const apart = /^\/\/(?!\/)/.test(text) ? '//' : '';
  return apart + text.slice(apart.length).replace(/\/{2,}/g, '/');
}
