// The FTS5 expressions of a search. Pure.
import {
  everyCapability,
  type Grade,
  type Release,
  releases,
  type TopicId,
} from '../policy/index.ts';
import { isProfileName } from '../trust/index.ts';
import { facetWord, scopedWord, scopes } from './search-document.ts';

/** The filters of a search. */
export interface Filters {
  team?: string | undefined;
  /** A container image that the profiles are for. */
  image?: string | undefined;
  tag?: string | undefined;
  /** A capability that the profiles allow. */
  capability?: string | undefined;
  grade?: Grade | undefined;
  /** An AppArmor release that the profiles can be used with. */
  release?: Release | undefined;
  /** A topic of what the profiles permit, except harmless ones. */
  permits?: TopicId | undefined;
}

/** The terms of a search: every word, or a similar one. */
export interface SearchTerms {
  /** Names that match the query exactly. */
  names: string[];
  words: { word: string; alike: string[] }[];
  /** Whether the last word may be a prefix, as while typing. */
  lastIsPrefix: boolean;
}

export function termsOf(text: string, words: string[], alike: string[][]): SearchTerms {
  const names = ['-', '_', '.'].map((between) => words.join(between));
  if (words.length === 1) names.push(...(alike[0] ?? []));
  if (isProfileName(text.trim().toLowerCase())) names.push(text.trim().toLowerCase());
  return {
    names: [...new Set(names)],
    words: words.map((word, at) => ({ word, alike: alike[at] ?? [] })),
    // A single letter is a prefix of too many words.
    lastIsPrefix: (words.at(-1) ?? '').length > 1,
  };
}

type Scope = (typeof scopes)[number];

/** The number of {@link levelsOf}. */
export const levelCount = 1 + 2 * scopes.length;

/** The FTS5 expression for all words in a scope. */
export function expressionOf(
  { words, lastIsPrefix }: SearchTerms,
  scope: Scope,
  mayLackEnd: boolean,
): string {
  return all(
    words.map(({ word, alike }, at) => {
      const end = mayLackEnd && lastIsPrefix && at === words.length - 1 ? '*' : '';
      const others = alike.map((other) => `"${scopedWord(scope, other)}"`);
      return any([`"${scopedWord(scope, word)}"${end}`, ...others]);
    }),
  );
}

/** FTS5 expressions, best matches first, each excluding the matches of those before it. */
export function levelsOf(terms: SearchTerms): string[] {
  const levels = [any(terms.names.map((name) => facetWord('name', name)))];
  let before = levels[0] as string;
  for (const scope of scopes) {
    const whole = expressionOf(terms, scope, false);
    const lastIsPrefix = expressionOf(terms, scope, true);
    levels.push(without(whole, before), without(lastIsPrefix, any([whole, before])));
    before = lastIsPrefix;
  }
  return levels;
}

/** The level of {@link levelsOf} that a matching profile belongs to, by its index words. */
export function levelIn(indexed: string, { names, words, lastIsPrefix }: SearchTerms): number {
  const known = new Set(indexed.split(' '));
  if (names.some((name) => known.has(facetWord('name', name)))) return 0;
  const has = (scope: Scope, { word, alike }: SearchTerms['words'][number]) =>
    [word, ...alike].some((one) => known.has(scopedWord(scope, one)));
  const hasPrefix = (start: string) => [...known].some((one) => one.startsWith(start));
  for (const scope of scopes) {
    if (words.every((word) => has(scope, word))) return 2 * scope - 1;
    const matched = words.every(
      (one, at) =>
        has(scope, one) ||
        (lastIsPrefix && at === words.length - 1 && hasPrefix(scopedWord(scope, one.word))),
    );
    if (matched) return 2 * scope;
  }
  return 2 * scopes.length;
}

/** The FTS5 expressions of the filters. The team alone needs no search without words. */
export function facetsOf(
  { team, image, tag, capability, grade, release, permits }: Filters,
  hasWords: boolean,
): string[] {
  const filters: string[][] = [];
  if (image !== undefined) filters.push(imageNames(image).map((one) => facetWord('image', one)));
  if (tag !== undefined) filters.push([facetWord('tag', tag)]);
  if (capability !== undefined) {
    filters.push([capability, everyCapability].map((one) => facetWord('capability', one)));
  }
  if (grade !== undefined) filters.push([facetWord('grade', grade)]);
  if (release !== undefined) {
    const upTo = releases.slice(0, releases.indexOf(release) + 1);
    filters.push(upTo.map((one) => facetWord('release', one)));
  }
  if (permits !== undefined) filters.push([facetWord('permits', permits)]);
  if (team !== undefined && (hasWords || filters.length > 0))
    filters.push([facetWord('team', team)]);
  return filters.map(any);
}

/** The names of an image that a profile may list: as given, without tag and digest, without Docker Hub's prefixes. */
function imageNames(image: string): string[] {
  const bare = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
  return [...new Set([image, bare, bare.replace(/^(?:docker\.io\/)?(?:library\/)?/, '')])];
}

export const any = (expressions: string[]) => `(${expressions.join(' OR ')})`;
export const all = (expressions: string[]) => `(${expressions.join(' AND ')})`;
export const without = (expression: string, other: string) => `(${expression} NOT ${other})`;

/** Matches nothing: no profile has this word. */
export const nothing = '"f"';
