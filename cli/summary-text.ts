// Lines of a summary as sentences.
import type { SummaryExample, SummaryLine } from '../policy/index.ts';

/** The characters of the examples of a line without --all; at least one is shown. */
const shownCharacters = 90;

/** A line with as many examples as fit. */
export function sentenceOf({ text, examples }: SummaryLine): string {
  const shown: string[] = [];
  let characters = 0;
  // Examples of several permissions may read alike.
  const texts = new Set(examples.map(exampleText));
  for (const one of texts) {
    characters += one.length + 2;
    if (shown.length > 0 && characters > shownCharacters) break;
    shown.push(one);
  }
  const more = texts.size - shown.length;
  return `${text}: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** An example with what is special about it. */
export function exampleText({ text, permissions, how, note }: SummaryExample): string {
  const owner = permissions.every((one) => one.startsWith('owner ')) ? 'its own' : '';
  const details = [owner, how, note].filter(Boolean).join(', ');
  return details === '' ? text : `${text} (${details})`;
}
