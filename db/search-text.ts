/** The maximum number of words of a query, and of a profile's rules. */
const maxQueryWords = 8;
const maxRuleWords = 2_000;

/** The maximum length of a word, in characters. Search terms are shorter in practice. */
const maxWordLength = 64;

/** A text's words, in lower case and without accents: letters and digits only. */
export function wordsOf(text: string): string[] {
  const plain = text.toLowerCase().normalize('NFKD').replaceAll(/\p{M}/gu, '');
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** The words of a query. Single letters are ignored beside longer words. */
export function queryWords(text: string): string[] {
  const words = [...new Set(wordsOf(text))].filter((word) => word.length <= maxWordLength);
  const long = words.filter((word) => word.length > 1);
  return (long.length > 0 ? long : words).slice(0, maxQueryWords);
}

/** The maximum length of a run of characters that is split into words, in UTF-16 units. */
const maxRunLength = 256;

/**
 * The unique words of a profile's rules, without comments. The text is untrusted: the work per character is bounded, and
 * compatibility characters, which may expand to eighteen others, are only normalized in short runs.
 */
export function ruleWords(text: string): string[] {
  const found = new Set<string>();
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '' || /^\s*#(?!\s*include)/.test(line)) continue;
    for (const [run] of line.matchAll(/[^\s!-/:-@[-`{-~]+/g)) {
      if (run.length > maxRunLength || seen.has(run)) continue;
      seen.add(run);
      for (const word of wordsOf(run)) if (word.length <= maxWordLength) found.add(word);
      if (found.size >= maxRuleWords) return [...found].slice(0, maxRuleWords);
    }
  }
  return [...found];
}

/** The length of words that misspelt queries can find, in characters. */
const minSpeltLength = 4;
const maxSpeltLength = 24;

/** Whether misspelt queries can find a word. */
export function isSpelt(word: string): boolean {
  return word.length >= minSpeltLength && word.length <= maxSpeltLength && /\p{L}/u.test(word);
}

/**
 * A word and its variants with one letter deleted. Two words are within one edit (insertion, deletion, substitution or
 * transposition) only if they share one of these, as in the SymSpell algorithm.
 */
export function spellingsOf(word: string): string[] {
  const letters = [...word];
  const shorter = letters.map((_, at) => letters.toSpliced(at, 1).join(''));
  return [...new Set([word, ...shorter])];
}

/** Whether two different words are within one edit of each other. */
export function withinOneEdit(one: string, other: string): boolean {
  const [a, b] = [[...one], [...other]];
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const left = a.slice(start, a.length - end);
  const right = b.slice(start, b.length - end);
  if (left.length <= 1 && right.length <= 1) return true;
  return left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0];
}
