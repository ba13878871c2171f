// Whether patterns and conditions of a rule match a request of a process (apparmor.d(5)).
import { automaton, matches } from '../glob/automaton.ts';
import { comparable } from '../glob/literal.ts';
import type { Word } from '../syntax/nodes.ts';

/** Yes, no, or `undefined`: a pattern or condition whose meaning is not known here. */
export type Match = boolean | undefined;

/** Where a rule stands: the variables that count there. */
export interface Scope {
  /** The text with its variables replaced; `undefined` when they are not known. */
  expand(text: string): string | undefined;
}

/** Whether all match: false if any is false, else undefined if any is unknown. */
export function every(...all: Match[]): Match {
  if (all.includes(false)) return false;
  return all.includes(undefined) ? undefined : true;
}

/** Longer patterns are not compared. */
const maxPattern = 4000;

/** Whether a pattern matches a text. */
export function matchesPattern(scope: Scope, pattern: string, text: string): Match {
  const expanded = scope.expand(pattern);
  if (expanded === undefined || expanded.length > maxPattern) return undefined;
  const one = automaton(expanded);
  return one && matches(one, comparable(text));
}

/** Whether a word that a rule may have matches a text that may not be known. */
export function matchesWord(scope: Scope, word: Word | undefined, text: string | undefined): Match {
  if (word === undefined) return true;
  return text === undefined ? undefined : matchesPattern(scope, word.value, text);
}

/** As a pattern for paths, in which `//` means `/`. */
export function matchesPath(scope: Scope, word: Word, path: string): Match {
  const expanded = scope.expand(word.value);
  return expanded === undefined
    ? undefined
    : matchesPattern(scope, expanded.replace(/\/{2,}/g, '/'), path);
}

/** A stack of profiles, `a//&b`, matches as a whole, or each of them does (aa_label_match in the kernel's label.c). */
export function matchesLabel(
  scope: Scope,
  word: Word | undefined,
  label: string | undefined,
): Match {
  if (!word) return true;
  if (label === undefined) return undefined;
  const whole = matchesPattern(scope, word.value, label);
  const profiles = label.split('//&');
  if (whole || profiles.length === 1) return whole;
  return every(...profiles.map((one) => matchesPattern(scope, word.value, one)));
}
