// What checking a profile needs from a list of statements, gathered once per parsed file and cached with it:
// an abstraction included by a hundred profiles is walked once.
import { checkPattern, variablesIn } from '../glob/aare.ts';
import type { RawDiagnostic } from '../raw-diagnostic.ts';
import type { ChangeProfileRule } from '../rules/change_profile.ts';
import type { BareFileRule, FileRule } from '../rules/file.ts';
import type { WordVisitor } from '../syntax/nodes.ts';
import type { Range } from '../syntax/source.ts';
import {
  type Abi,
  type Alias,
  type BooleanVariable,
  type Conditional,
  type ElseBlock,
  type Include,
  isRule,
  type PolicyFile,
  type Profile,
  type Qualifiers,
  type Rule,
  type Statement,
  type Variable,
  type Word,
} from '../syntax/tree.ts';
import { visitHeadWords, visitRuleWords } from '../syntax/words.ts';

export interface Summary {
  abis: Abi[];
  /** With the qualifiers of the blocks around them, outermost first. */
  includes: { include: Include; blocks: readonly Qualifiers[] }[];
  conditionals: { conditional: Conditional; blocks: readonly Qualifiers[] }[];
  children: Profile[];
  /** Rules that let programs run, with the qualifiers of the blocks around them. */
  exec: { rule: FileRule | BareFileRule; owner: string | undefined; priority: number }[];
  changeProfile: ChangeProfileRule[];
  /** Every variable mentioned, where it is first. */
  variables: Map<string, Range>;
  /** Patterns that are only whole once their variables are expanded. */
  partial: Word[];
  /** Statements that belong before the first profile. */
  preamble: (Variable | BooleanVariable | Alias)[];
  /** Broken patterns. */
  diagnostics: RawDiagnostic[];
}

const cache = new WeakMap<readonly Statement[], Summary>();

function emptySummary(): Summary {
  return {
    abis: [],
    includes: [],
    conditionals: [],
    children: [],
    exec: [],
    changeProfile: [],
    variables: new Map(),
    partial: [],
    preamble: [],
    diagnostics: [],
  };
}

/** The summary of a list of statements. */
export function summarize(statements: readonly Statement[]): Summary {
  const known = cache.get(statements);
  if (known) return known;
  const summary = emptySummary();
  cache.set(statements, summary);
  add(summary, statements, []);
  return summary;
}

/** Notes the variables of a word and checks its brackets. */
function note(summary: Summary, word: Word, pattern: boolean): void {
  const { value } = word;
  let variables = false;
  if (value.includes('@{')) {
    for (const name of variablesIn(value)) {
      variables = true;
      if (!summary.variables.has(name)) summary.variables.set(name, word);
    }
  }
  if (!pattern) return;
  const wrong = checkPattern(value);
  if (!wrong) return;
  if (variables) summary.partial.push(word);
  else {
    const start = word.start + wrong.at + (word.quoted ? 1 : 0);
    summary.diagnostics.push({
      id: 'glob',
      start,
      end: start + 1,
      message: wrong.message,
      expected: wrong.expected,
    });
  }
}

/** What the head of a profile mentions, as in {@link Summary}. */
export type Head = Pick<Summary, 'variables' | 'partial' | 'diagnostics'>;

/** The summary of the head of a profile: its name, attachment, xattrs and flags. */
export function summarizeHead(profile: Profile): Head {
  const summary: Summary = emptySummary();
  visitHeadWords(profile, (word, pattern) => note(summary, word, pattern));
  return summary;
}

function add(
  summary: Summary,
  statements: readonly Statement[],
  blocks: readonly Qualifiers[],
): void {
  const visit = (word: Word, pattern: boolean) => note(summary, word, pattern);
  for (const statement of statements) {
    switch (statement.kind) {
      case 'comment':
      case 'invalid':
        break;
      case 'abi':
        summary.abis.push(statement);
        break;
      case 'include':
        summary.includes.push({ include: statement, blocks });
        break;
      case 'variable':
      case 'boolean':
      case 'alias':
        summary.preamble.push(statement);
        break;
      case 'profile':
        summary.children.push(statement);
        break;
      case 'conditional':
        summary.conditionals.push({ conditional: statement, blocks });
        break;
      case 'block':
        add(summary, statement.body, [...blocks, statement.qualifiers]);
        break;
      default:
        addRule(summary, statement, blocks);
        visitRuleWords(statement, visit);
    }
  }
}

function addRule(summary: Summary, rule: Rule, blocks: readonly Qualifiers[]): void {
  if (rule.kind === 'change_profile' && rule.exec) summary.changeProfile.push(rule);
  if (rule.kind !== 'file' && rule.kind !== 'file-all') return;
  if (rule.qualifiers.effect?.value === 'deny') return;
  if (rule.kind === 'file' && (!rule.permissions.exec || rule.permissions.exec.mode === 'x'))
    return;
  const owner = rule.qualifiers.owner ?? ownerOf(blocks);
  summary.exec.push({
    rule,
    owner: owner?.value,
    priority: Number(rule.qualifiers.priority?.value ?? 0),
  });
}

/** The qualifier `owner` or `other` of the innermost block that has one. */
export const ownerOf = (blocks: readonly Qualifiers[]): Qualifiers['owner'] =>
  blocks.findLast(({ owner }) => owner)?.owner;

/** Everything `summarize` finds wrong in a file, nested lists included. */
export function patternDiagnostics(file: PolicyFile): RawDiagnostic[] {
  const diagnostics: RawDiagnostic[] = [];
  const visit = (statements: readonly Statement[]) => {
    const summary = summarize(statements);
    diagnostics.push(...summary.diagnostics);
    for (const child of summary.children) {
      diagnostics.push(...summarizeHead(child).diagnostics);
      visit(child.body);
    }
    for (const { conditional } of summary.conditionals)
      for (const branch of branches(conditional)) visit(branch);
  };
  visit(file.statements);
  return diagnostics;
}

/** The blocks of a conditional and of what follows its `else`, in order. */
export function branches(conditional: Conditional): Statement[][] {
  const found: Statement[][] = [];
  for (
    let one: Conditional | ElseBlock | undefined = conditional;
    one;
    one = one.kind === 'conditional' ? one.otherwise : undefined
  ) {
    found.push(one.body);
  }
  return found;
}

/** Calls `visit` for every word of the rules of a list and of its blocks. */
export function visitWords(statements: readonly Statement[], visit: WordVisitor): void {
  for (const one of statements) {
    if (one.kind === 'block') visitWords(one.body, visit);
    else if (isRule(one)) visitRuleWords(one, visit);
  }
}
