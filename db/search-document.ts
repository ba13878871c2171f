// The search document of a version: a set of words from its manifest and its rules. Pure.
import { type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { Grade } from '../policy/index.ts';
import type { Manifest } from '../trust/index.ts';
import { ruleWords, wordsOf } from './search-text.ts';

/** Where a word occurs: in the name; also in the team, images, tags and names of profiles; also in the description; anywhere. */
export const scopes = [1, 2, 3, 4] as const;

/** The index's word for a word in a scope. */
export const scopedWord = (scope: (typeof scopes)[number], word: string) => `${scope}${word}`;

/** The facets, and the prefix of their values in the index. */
const letters = {
  ...{ team: 't', name: 'n', grade: 'g', image: 'i', tag: 'k', capability: 'c' },
  ...{ release: 'r', permits: 'p' },
};

/** The index's word for a value of a facet: hexadecimal, so that every value is one word of its own. */
export function facetWord(facet: keyof typeof letters, value: string): string {
  const bytes = [...new TextEncoder().encode(value)];
  return `f${letters[facet]}${bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** As {@link facetWord}, in SQL; FTS5 folds the case of the digits. */
export function facetWordSql(facet: keyof typeof letters, value: SQLWrapper): SQL<string> {
  return sql`${sql.raw(`'f${letters[facet]}'`)} || hex(${value})`;
}

/** The input of a search document. */
export interface Findable {
  team: string;
  name: string;
  manifest: Manifest;
  /** The profile's text. */
  text: string;
  grade: Grade;
  /** The capabilities that its rules allow (`capabilitiesOf`). */
  capabilities: string[];
}

/** The unique index words of a version, separated by spaces. */
export function documentOf({ team, name, text, grade, manifest, capabilities }: Findable): string {
  const { description, images, tags = [], profiles = [] } = manifest;
  const fields = [
    wordsOf(name),
    wordsOf([team, ...images, ...tags, ...profiles].join(' ')),
    wordsOf(description),
    ruleWords(text),
  ];
  const words = fields.flatMap((field, at) =>
    scopes.slice(at).flatMap((scope) => field.map((word) => scopedWord(scope, word))),
  );
  const facets = [
    facetWord('team', team),
    facetWord('name', name),
    facetWord('grade', grade),
    ...images.map((image) => facetWord('image', image)),
    ...tags.map((tag) => facetWord('tag', tag)),
    ...capabilities.map((capability) => facetWord('capability', capability)),
  ];
  return [...new Set([...words, ...facets])].join(' ');
}
