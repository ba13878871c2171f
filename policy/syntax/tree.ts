// The tree of a policy file. Every node carries its offsets; texts keep how they were written.
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

/** What can stand before a rule (apparmor.d(5), "Qualifiers"). */
export interface Qualifiers {
  priority?: Word;
  audit?: Word;
  access?: Word;
  owner?: Word;
  /** As they were written, in order. */
  words: Word[];
}

interface StatementBase extends Range {
  /** An empty line stood before it (and before its leading comments). */
  blankBefore: boolean;
  /** Comments inside the statement, in order. */
  inner?: Comment[];
  /** A comment after it on its last line. */
  trailing?: Comment;
}

export type IncludeKind = 'magic' | 'relative' | 'absolute';

export interface Include extends StatementBase {
  kind: 'include';
  hash: boolean;
  ifExists: boolean;
  target: Word;
  path: string;
  place: IncludeKind;
}

export interface Abi extends StatementBase {
  kind: 'abi';
  target: Word;
  path: string;
  place: IncludeKind;
}

export interface Alias extends StatementBase {
  kind: 'alias';
  from: Word;
  to: Word;
}

export interface Variable extends StatementBase {
  kind: 'variable';
  name: string;
  nameWord: Word;
  operator: Word;
  values: Word[];
}

export interface BooleanVariable extends StatementBase {
  kind: 'boolean';
  name: string;
  nameWord: Word;
  operator: string;
  value: Word;
}

/** `name=value`, `name=(a b)`, `name in (a b)`, or `peer=( name=value … )` with `conditions`. */
export interface Condition extends Range {
  name: Word;
  operator: '=' | 'in' | ':=';
  list: boolean;
  values: Word[];
  conditions?: Condition[];
}

export interface Profile extends StatementBase {
  kind: 'profile';
  keyword?: Word;
  hat: boolean;
  name: Word;
  attachment?: Word;
  identities: Condition[];
  xattrs?: Condition;
  flags?: { values: Word[] } & Range;
  open: number;
  body: Statement[];
  /** Comments between the last statement and the closing brace. */
  closing: Comment[];
  headComment?: Comment;
}

export interface Block extends StatementBase {
  kind: 'block';
  qualifiers: Qualifiers;
  open: number;
  body: Statement[];
  closing: Comment[];
  headComment?: Comment;
}

export type Expression =
  | ({ kind: 'not'; operand: Expression } & Range)
  | ({ kind: 'and' | 'or'; operands: Expression[] } & Range)
  | ({ kind: 'group'; operand: Expression } & Range)
  | ({ kind: 'defined'; variable: Word } & Range)
  | ({ kind: 'boolean'; variable: Word } & Range)
  | ({ kind: 'literal'; value: boolean; word: Word } & Range)
  | ({ kind: 'compare'; operator: string; left: Word; right: Word } & Range);

export interface Conditional extends StatementBase {
  kind: 'conditional';
  test: Expression;
  open: number;
  body: Statement[];
  closing: Comment[];
  headComment?: Comment;
  otherwise?: Conditional | ElseBlock;
}

export interface ElseBlock extends StatementBase {
  kind: 'else';
  open: number;
  body: Statement[];
  closing: Comment[];
  headComment?: Comment;
}

export interface ExecTransition {
  /** `i`nherit, `u`nconfined, `p`rofile, `c`hild; `x` is the bare x of a deny rule. */
  mode: 'i' | 'u' | 'p' | 'c' | 'x';
  fallback?: 'i' | 'u';
  /** The environment is scrubbed (upper case letter, or `safe`). */
  safe: boolean;
}

export interface Permissions {
  read: boolean;
  write: boolean;
  append: boolean;
  link: boolean;
  lock: boolean;
  mmap: boolean;
  exec?: ExecTransition;
}

interface RuleBase extends StatementBase {
  qualifiers: Qualifiers;
}

/** `file,` alone: everything. */
export interface BareFileRule extends RuleBase {
  kind: 'file-all';
  keyword: Word;
}

export interface FileRule extends RuleBase {
  kind: 'file';
  keyword?: Word;
  execMode?: Word;
  path: Word;
  mode: Word;
  permissions: Permissions;
  leading: boolean;
  subset?: Word;
  target?: Word;
}

export interface LinkRule extends RuleBase {
  kind: 'link';
  keyword: Word;
  subset?: Word;
  path: Word;
  target: Word;
}

export interface RlimitRule extends RuleBase {
  kind: 'rlimit';
  keyword: Word;
  name: Word;
  value: Word[];
}

export interface ChangeProfileRule extends RuleBase {
  kind: 'change_profile';
  keyword: Word;
  execMode?: Word;
  exec?: Word;
  target?: Word;
}

export type KeywordRuleKind =
  | 'all'
  | 'capability'
  | 'dbus'
  | 'io_uring'
  | 'mount'
  | 'mqueue'
  | 'network'
  | 'pivot_root'
  | 'ptrace'
  | 'signal'
  | 'unix'
  | 'userns';

/** The rules that share one shape: keyword, access list, conditions, words, `->` target. */
export interface KeywordRule extends RuleBase {
  kind: KeywordRuleKind;
  keyword: Word;
  access: Word[];
  accessList: boolean;
  conditions: Condition[];
  words: Word[];
  arrow?: Range;
  target?: Word;
}

export type Rule =
  | FileRule
  | BareFileRule
  | LinkRule
  | RlimitRule
  | ChangeProfileRule
  | KeywordRule;

/** A piece that could not be parsed; preserved so that the formatter never loses text. */
export interface Invalid extends StatementBase {
  kind: 'invalid';
  text: string;
}

export type Statement =
  | Comment
  | Include
  | Abi
  | Alias
  | Variable
  | BooleanVariable
  | Profile
  | Block
  | Conditional
  | Rule
  | Invalid;

export interface PolicyFile {
  text: string;
  statements: Statement[];
}

const otherKinds = new Set<string>(
  Object.keys({
    comment: true,
    include: true,
    abi: true,
    alias: true,
    variable: true,
    boolean: true,
    profile: true,
    block: true,
    conditional: true,
    invalid: true,
  } satisfies Record<Exclude<Statement['kind'], Rule['kind']>, true>),
);

/** Whether a statement is a rule. */
export function isRule(statement: Statement): statement is Rule {
  return !otherKinds.has(statement.kind);
}
