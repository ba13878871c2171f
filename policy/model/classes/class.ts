// What a class of permissions needs to be modelled: how its rules are compiled, and how what the kernel asks is looked up.
import { mergeSlashes } from '../../checks/aliases.ts';
import type { Pattern } from '../../glob/aare.ts';
import { bytePattern } from '../../glob/matcher.ts';
import type { Word } from '../../syntax/nodes.ts';
import type { EffectiveRule } from '../effective-rule.ts';
import { replaceVariables, type TextScope } from '../expansion.ts';
import type { TableEntry } from '../table.ts';

/** Why a rule has no entries: its variables are not known, or it has conditions that are not modelled. */
export type NoEntries = 'variables' | 'conditions';

/** A class of permissions other than those of files. */
export interface PermissionTable {
  /** The keyword of its rules, whose abi determines whether the class is mediated. */
  readonly keyword: string;
  /** The byte that every string of the class starts with (AA_CLASS_…); undefined: strings of file rules. */
  readonly prefix: number | undefined;
  readonly permissions: readonly string[];
  /** What a rule is compiled to; nothing where it is of another class. */
  entries(effective: EffectiveRule, scope: TextScope): readonly TableEntry[] | NoEntries;
  /** Strings like this one about what people know, to be tried as examples. */
  familiar?(string: string): readonly string[];
  /** A string of the class in words, such as `peer=foo`; `permissions`: what is said of it. */
  describe(string: string, permissions?: readonly string[]): string;
}

export const byte = (code: number): Pattern => ({ kind: 'set', ranges: [code, code] });
export const number16 = (value: number): Pattern => sequence(byte(value >> 8), byte(value & 0xff));
export const sequence = (...items: Pattern[]): Pattern => ({ kind: 'sequence', items });
export const choice = (...items: Pattern[]): Pattern => ({ kind: 'choice', items });
export const nothing: Pattern = { kind: 'sequence', items: [] };
export const anyByte: Pattern = { kind: 'set', ranges: [0, 255] };
export const anyBytes: Pattern = { kind: 'repeat', ranges: [0, 255] };
/** Any text, which NUL ends. */
export const anyText: Pattern = { kind: 'repeat', ranges: [1, 255] };
export const someText: Pattern = sequence({ kind: 'set', ranges: [1, 255] }, anyText);
export const nul = byte(0);

/** Patterns with a NUL between each. */
export function fields(...parts: Pattern[]): Pattern {
  return sequence(...parts.flatMap((one, index) => (index === 0 ? [one] : [nul, one])));
}

/** Compiles the words of a rule. `failed` is set if a variable can't be replaced. */
export class Texts {
  readonly #scope: TextScope;
  failed = false;

  constructor(scope: TextScope) {
    this.#scope = scope;
  }

  /** The pattern of a word; `otherwise` without one. */
  pattern(word: Word | undefined, otherwise: Pattern = anyText): Pattern {
    return word ? bytePattern(this.text(word)) : otherwise;
  }

  /** As {@link pattern}, in which `//` means `/`. */
  path(word: Word | undefined, otherwise: Pattern = anyText): Pattern {
    return word ? bytePattern(mergeSlashes(this.text(word))) : otherwise;
  }

  /** The text of a word, its variables replaced. */
  text(word: Word): string {
    const text = replaceVariables(word.value, this.#scope);
    this.failed ||= text === undefined;
    return text ?? '';
  }
}

/** Splits a string at its first NULs, into at most `count` fields. */
export function splitFields(string: string, count: number): string[] {
  const parts = string.split('\0');
  return [...parts.slice(0, count - 1), parts.slice(count - 1).join('\0')].slice(0, parts.length);
}
