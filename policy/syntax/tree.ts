// The tree of a policy file. The nodes of rules are in rules/, each with its kind.
import { type Rule, ruleNodes } from '../rules/kinds.ts';
import type { Comment, Condition, Qualifiers, StatementBase, Word } from './nodes.ts';
import type { Range } from './source.ts';

export type { Rule } from '../rules/kinds.ts';
export type * from './nodes.ts';

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
  value: Expression;
  /** A line ends between the operator and the value. */
  valueInNextLine?: boolean;
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

/** Whether a statement is a rule. */
export function isRule(statement: Statement): statement is Rule {
  return ruleNodes.has(statement.kind);
}
