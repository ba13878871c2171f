// The parts that rules are written with.
import { literal, quoted } from '../glob/literal.ts';

/** `name=value` that matches exactly a text, or nothing: labels and names of buses are chosen by those who have them. */
export function exactly(name: string, text: string | undefined): string[] {
  return text === undefined ? [] : [`${name}=${literal(text)}`];
}

/** `name=value` with the pattern for a text, or nothing. */
export function matching(
  name: string,
  text: string | undefined,
  pattern: (text: string) => string,
): string[] {
  return text === undefined ? [] : [`${name}=${quoted(pattern(text))}`];
}

/** Words in brackets, each once. */
export function bracketed(words: readonly string[]): string {
  return `(${[...new Set(words)].join(', ')})`;
}

/** Whether there are words, and each is one of the language's. */
export function areOf(words: readonly string[], vocabulary: readonly string[]): boolean {
  return words.length > 0 && words.every((word) => vocabulary.includes(word));
}

/** Whether a pattern can match a path: `//` in patterns means `/`, except two that it starts with (POSIX 4.16). */
export function isMatchable(path: string | undefined): boolean {
  return path === undefined || !path.replace(/^\/\/(?!\/)/, '').includes('//');
}

/** apparmor_parser requires this of the path of a mount point. */
export function isAbsolute(path: string): boolean {
  return path.startsWith('/');
}

/** `a, b and c`, for a sentence. */
export function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** The processes of a label, for a sentence. */
export function processesOf(label: string | undefined): string {
  if (label === undefined) return 'every process';
  return label === 'unconfined' ? 'unconfined processes' : `processes of ${label}`;
}
