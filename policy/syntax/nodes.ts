// The nodes that the whole tree is made of. Every node carries its offsets; texts keep how they were written.
import type { Range } from './source.ts';

/** One word of the source: `text` as written, with quotes and escapes; `value` without the surrounding quotes. */
export interface Word extends Range {
  text: string;
  value: string;
  quoted: boolean;
}

export interface Comment extends Range {
  kind: 'comment';
  text: string;
  blankBefore: boolean;
}

/** What may precede a rule (apparmor.d(5), "Qualifiers"). */
export interface Qualifiers {
  priority?: Word;
  audit?: Word;
  /** `allow`, `deny` or `prompt`. */
  effect?: Word;
  owner?: Word;
  /** As they were written, in order. */
  words: Word[];
}

export interface StatementBase extends Range {
  /** An empty line stood before it (and before its leading comments). */
  blankBefore: boolean;
  /** Comments inside the statement, in order. */
  inner?: Comment[];
  /** A comment after it on its last line. */
  trailing?: Comment;
}

/** `name=value`, `name=(a b)`, `name in (a b)`, or `peer=( name=value … )` with `conditions`. */
export interface Condition extends Range {
  name: Word;
  operator: '=' | 'in' | ':=';
  list: boolean;
  values: Word[];
  conditions?: Condition[];
}

/** What every rule has. */
export interface RuleBase extends StatementBase {
  kind: string;
  qualifiers: Qualifiers;
}

/** Called for each word of a rule or a profile's head that may hold variables; `pattern`: it is a glob too. */
export type WordVisitor = (word: Word, pattern: boolean) => void;
