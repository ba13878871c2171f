// The canonical text of a tree: two blanks per level, one statement per line, comments and single empty lines preserved.
import { kindOf } from '../rules/kinds.ts';
import { conditionText, wordList } from './conditions.ts';
import type {
  Block,
  Comment,
  Condition,
  Conditional,
  ElseBlock,
  Expression,
  PolicyFile,
  Profile,
  Rule,
  Statement,
} from './tree.ts';

const width = 100;

/** Deeper nesting than in real profiles is not indented further, so that the output stays near the size of the input. */
const maxIndent = 80;

/** Prints a tree that was read without errors. Reading the result gives the same tree. */
export function print(file: PolicyFile): string {
  const lines: string[] = [];
  printStatements(file.statements, '', lines);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

function printStatements(statements: readonly Statement[], indent: string, lines: string[]): void {
  for (const [index, one] of statements.entries()) {
    if (one.blankBefore && index > 0) lines.push('');
    if (one.kind === 'comment') {
      lines.push(indent + one.text);
      continue;
    }
    for (const comment of one.inner ?? []) lines.push(indent + comment.text);
    const first = lines.length;
    printStatement(one, indent, lines);
    if (one.trailing && lines.length > first) lines[lines.length - 1] += ` ${one.trailing.text}`;
  }
}

type Braced = Pick<Profile, 'body' | 'closing' | 'headComment'>;

function printBody(head: string, part: Braced, indent: string, lines: string[]): void {
  lines.push(`${head} {${part.headComment ? ` ${part.headComment.text}` : ''}`);
  const inside: Statement[] = [...part.body, ...part.closing];
  printStatements(inside, indent.length < maxIndent ? `${indent}  ` : indent, lines);
  lines.push(`${indent}}`);
}

function printStatement(one: Exclude<Statement, Comment>, indent: string, lines: string[]): void {
  switch (one.kind) {
    case 'profile':
      printBody(indent + profileHead(one), one, indent, lines);
      return;
    case 'block':
      printBlock(one, indent, lines);
      return;
    case 'conditional':
      printConditional(one, indent, lines);
      return;
    case 'variable': {
      const start = `${indent}${one.nameWord.text} ${one.operator.text}`;
      lines.push(
        ...wrap(
          start,
          one.values.map((word) => word.text),
          `${indent}  `,
          ' \\',
        ),
      );
      return;
    }
    case 'include':
      lines.push(
        `${indent}${one.hash ? '#' : ''}include ${one.ifExists ? 'if exists ' : ''}${one.target.text}`,
      );
      return;
    case 'abi':
      lines.push(`${indent}abi ${one.target.text},`);
      return;
    case 'alias':
      lines.push(`${indent}alias ${one.from.text} -> ${one.to.text},`);
      return;
    case 'boolean':
      lines.push(`${indent}${one.nameWord.text} ${one.operator} ${expressionText(one.value)}`);
      return;
    case 'invalid':
      lines.push(indent + one.text);
      return;
    default:
      printRule(one, indent, lines);
  }
}

function profileHead(one: Profile): string {
  const head = [
    ...(one.keyword ? [one.keyword.text] : []),
    (one.hat && !one.keyword ? '^' : '') + one.name.text,
    ...(one.attachment ? [one.attachment.text] : []),
    ...attachmentConditions(one),
    ...(one.flags ? [`flags=(${wordList(one.flags.values)})`] : []),
  ];
  return head.join(' ');
}

/** What a program needs besides its path for the profile to be attached, in canonical form. */
export function attachmentConditions({ identities, xattrs }: Profile): string[] {
  return [
    ...identities.map((identity) => `+ ${conditionText(identity)}`),
    ...(xattrs ? [xattrsText(xattrs)] : []),
  ];
}

function xattrsText(xattrs: Condition): string {
  const items = (xattrs.conditions ?? []).map(({ name, values }) =>
    [name, ...values].map((word) => word.text).join('='),
  );
  return `xattrs=(${items.join(' ')})`;
}

function printBlock(one: Block, indent: string, lines: string[]): void {
  const head = one.qualifiers.words.map((word) => word.text).join(' ');
  // Without qualifiers the brace gets its own line.
  const first = lines.length;
  printBody(indent + head, one, indent, lines);
  if (head === '') lines[first] = indent + (lines[first] as string).trimStart();
}

function printConditional(one: Conditional, indent: string, lines: string[]): void {
  printBody(`${indent}if ${expressionText(one.test)}`, one, indent, lines);
  for (let part: Conditional | ElseBlock | undefined = one.otherwise; part; ) {
    lines.pop();
    const head = part.kind === 'else' ? 'else' : `else if ${expressionText(part.test)}`;
    printBody(`${indent}} ${head}`, part, indent, lines);
    part = part.kind === 'conditional' ? part.otherwise : undefined;
  }
}

function expressionText(one: Expression): string {
  switch (one.kind) {
    case 'not':
      return `not ${expressionText(one.operand)}`;
    case 'and':
    case 'or':
      return one.operands.map(expressionText).join(` ${one.kind} `);
    case 'group':
      return `(${expressionText(one.operand)})`;
    case 'defined':
      return `defined ${one.variable.text}`;
    case 'boolean':
      return one.variable.text;
    case 'literal':
      return one.word.text;
    case 'compare':
      return `${one.left.text} ${one.operator} ${one.right.text}`;
  }
}

function printRule(one: Rule, indent: string, lines: string[]): void {
  const pieces = rulePieces(one);
  const text = `${indent}${pieces.join(' ')},`;
  // Only rules with conditions are long; the parts of others belong together.
  if (text.length <= width || !('conditions' in one)) lines.push(text);
  else {
    const [first = '', ...rest] = pieces;
    const broken = wrap(indent + first, rest, `${indent}    `, '');
    broken[broken.length - 1] += ',';
    lines.push(...broken);
  }
}

/** The canonical text of one rule, on one line. */
export function printedRule(rule: Rule): string {
  return `${rulePieces(rule).join(' ')},`;
}

/** The parts of a rule, in canonical order; a line may break between them. */
function rulePieces(rule: Rule): string[] {
  return [...rule.qualifiers.words.map((word) => word.text), ...kindOf(rule).print(rule)];
}

/** Fills lines with `parts` up to the width; a broken line ends with `mark`. */
function wrap(start: string, parts: readonly string[], indent: string, mark: string): string[] {
  const lines: string[] = [];
  let line = start;
  for (const part of parts) {
    if (
      line.length + 1 + part.length + mark.length > width &&
      line !== start &&
      line.trim() !== ''
    ) {
      lines.push(line + mark);
      line = indent + part;
    } else line += ` ${part}`;
  }
  lines.push(line);
  return lines;
}
