// What there is to know about one kind of rule. Everything else, the parser, printer, checks, model and the advice of
// `denials`, asks the kinds that are registered in kinds.ts.
import type { Release } from '../release.ts';
import type { Cursor } from '../syntax/cursor.ts';
import type { Qualifiers, RuleBase, Word, WordVisitor } from '../syntax/nodes.ts';
import type { Range } from '../syntax/source.ts';
import type { AuditRecord, RecordField } from './record.ts';

/** What a rule starts with: its qualifiers, and its keyword, which are read. */
export interface RuleHead {
  qualifiers: Qualifiers;
  start: number;
  blankBefore: boolean;
  keyword: Word;
}

/** Notes a construct that came with a release; `backported`: older ones whose newest point release takes it too. */
export type Need = (
  release: Release,
  what: string,
  range: Range,
  more?: { backported?: readonly Release[] },
) => void;

/** The kernel's classes of permissions (AA_CLASS_…, security/apparmor/include/apparmor.h): each decides alone. */
export type PermissionClass =
  | 'capability'
  | 'dbus'
  | 'domain'
  | 'file'
  | 'io_uring'
  | 'mount'
  | 'mqueue'
  | 'network'
  | 'ptrace'
  | 'rlimit'
  | 'signal'
  | 'unix'
  | 'userns'
  | 'every class';

/** Abi files that AppArmor ships, oldest first, as far as they differ in what they mediate. */
export const abis = [
  'kernel-5.4-vanilla',
  'kernel-5.4-outoftree-network',
  '3.0',
  '4.0',
  '5.0',
] as const;

/** The words of the language that a rule of a kind may have after its keyword, as far as there are lists of them. */
export interface Vocabulary {
  /** Names of permissions, families and so on. */
  words: readonly string[];
  /** Names of conditions, and of those inside of `peer=( )`. */
  conditions: readonly string[];
  peer: readonly string[];
  /** The values of conditions. */
  values: Readonly<Record<string, readonly string[]>>;
}

/** What is read, printed, checked and looked up of a rule. */
export interface RuleSyntax<Rule extends RuleBase> {
  /** What the tree calls its rules. */
  readonly nodes: readonly Rule['kind'][];
  /** The words that start one. */
  readonly keywords: readonly string[];
  /** Further words that, because of it, cannot be the path of a file rule. */
  readonly reserves?: readonly string[];
  /** The release its keywords came with, where not in every release. */
  readonly since?: Release;
  /** The first abi file that asks the kernel to mediate it, where not every one does. */
  readonly abi?: (typeof abis)[number];
  /** What an editor completes. */
  readonly vocabulary?: Vocabulary;
  /** `owner` may qualify it. */
  readonly owned?: boolean;
  /** Reads the rest of a rule, up to its comma; `undefined` after reporting what is wrong. */
  parse(cursor: Cursor, head: RuleHead): Rule | undefined;
  /** The parts in canonical order, without qualifiers; a line may break between those of a rule with conditions. */
  print(rule: Rule): string[];
  /** Visits the words that may hold variables. */
  visitWords(rule: Rule, visit: WordVisitor): void;
  /** Constructs inside the rule that came later than the keyword. */
  requirements?(rule: Rule, need: Need): void;
}

/** What a rule permits. `Own` are the accesses that have rules of this kind. */
export interface RuleMeaning<Rule, Own extends { kind: string }> {
  readonly class: PermissionClass;
  /** The permissions of the class that a rule grants or denies, each once, in their longest names. */
  permissions(rule: Rule): readonly string[];
  readonly accesses: readonly Own['kind'][];
  /**
   * The words of the narrowest rule that allows an access; `undefined` where the language has no words for it.
   * `pattern` makes the pattern for a path, name or label.
   */
  narrowest(access: Own, pattern: (text: string) => string): string[] | undefined;
}

/** How denials become rules. */
export interface RuleAdvice<Own extends { kind: string }> {
  /** The operations whose records are about this kind. */
  readonly operations?: RegExp;
  /** Whether a record is about this kind, where its operation does not say. */
  logs?(record: AuditRecord): boolean;
  /** What a record was about; `undefined` when no rule could allow it, or it does not say enough. */
  requested(record: AuditRecord): Own | Elsewhere | undefined;
  /** The fields that a record about this always has: where one is missing, no rule may be made of it. */
  required(access: Own, record: AuditRecord): readonly RecordField[];
  /** Fields of a record that contradict each other: no rule may be made of it either. */
  contradiction?(record: AuditRecord): RecordField | undefined;
  /** What the narrowest rule permits, as the end of the sentence "The profile's processes may …". */
  describe(access: Own): string;
}

/** An access that another kind of rule is about: a socket with a path is a file. */
type Elsewhere = { kind: 'file' | 'link' };

/** A kind of rule. */
export interface RuleKind<Rule extends RuleBase, Own extends { kind: string }>
  extends RuleSyntax<Rule>,
    RuleMeaning<Rule, Own>,
    RuleAdvice<Own> {}
