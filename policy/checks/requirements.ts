// Which AppArmor release each construct came with.
import { fileSince, variableSince } from '../base-policy.ts';
import { checkPattern, variablesIn } from '../glob/aare.ts';
import { compareReleases, type Release } from '../release.ts';
import { kindOf } from '../rules/kinds.ts';
import { parseText } from '../syntax/parser.ts';
import { splitFlag } from '../syntax/profile-head.ts';
import type { Range } from '../syntax/source.ts';
import type {
  Abi,
  Expression,
  PolicyFile,
  Profile,
  Rule,
  Statement,
  Word,
} from '../syntax/tree.ts';
import { visitHeadWords, visitRuleWords } from '../syntax/words.ts';
import { branches } from './summary.ts';

/** A construct and the release that brought it; older apparmor_parsers refuse the file. */
export interface Requirement extends Range {
  release: Release;
  what: string;
  /** Older releases whose newest point release takes it too, or reads over it. */
  backported?: readonly Release[];
  /** A file or a variable of the base policy: whether it is there is for the target's own files to say. */
  base?: 'file' | 'variable';
}

const flagReleases: Readonly<Record<string, Release>> = {
  enforce: '3.0',
  kill: '3.0',
  unconfined: '3.0',
  // 3.0 and 3.1 had dropped it.
  debug: '4.0',
  prompt: '4.0',
  default_allow: '4.0',
  interruptible: '4.0',
  'kill.signal': '4.0',
  'attach_disconnected.path': '4.0',
  error: '4.1',
  'attach_disconnected.ipc': '5.0',
};

/** Everything in a file that came after the oldest release, in no particular order. */
export function requirements(file: PolicyFile): Requirement[] {
  const found: Requirement[] = [];
  const need: Need = (release, what, range, more) => {
    found.push({ release, what, start: range.start, end: range.end, ...more });
  };
  const declared = new Set(
    file.statements.flatMap((one) => (one.kind === 'variable' ? [one.name] : [])),
  );
  const stack: (readonly Statement[])[] = [file.statements];
  for (let list = stack.pop(); list; list = stack.pop()) {
    for (const one of list) {
      switch (one.kind) {
        case 'abi':
          needsOfAbi(one, need);
          break;
        case 'include':
          if (one.ifExists) need('3.0', 'include if exists', one, { backported: ['2.13'] });
          else if (one.place === 'magic') {
            const since = fileSince(one.path);
            if (since) need(since, `<${one.path}>`, one.target, { base: 'file' });
          }
          break;
        case 'variable':
          for (const value of one.values) needsOfVariables(value, declared, need);
          if (one.trailing && !readsAsValues(one.trailing.text))
            need('4.0', 'this comment after values', one.trailing);
          if (one.operator.text === '?=' || one.operator.text === ':=')
            need('5.0', one.operator.text, one.operator);
          break;
        case 'boolean':
          if (one.trailing) need('4.0', 'a comment after a boolean', one.trailing);
          if (one.operator !== '=') need('5.0', `${one.operator} of a boolean`, one);
          if (one.valueInNextLine)
            need('5.0', 'a line end before the value of a boolean', one.value);
          if (one.value.kind !== 'literal')
            need('5.0', 'an expression as the value of a boolean', one.value);
          break;
        case 'profile':
          needsOfHead(one, declared, need);
          stack.push(one.body);
          break;
        case 'block':
          stack.push(one.body);
          break;
        case 'conditional':
          needsOfTest(one.test, need);
          stack.push(...branches(one));
          break;
        case 'comment':
        case 'alias':
        case 'invalid':
          break;
        default:
          needsOfRule(one, declared, need);
      }
    }
  }
  return found;
}

/** Whether releases that read a comment after values as more values take it: words without half a quote or bracket. */
function readsAsValues(comment: string): boolean {
  const { file, diagnostics } = parseText(`@{x} = ${comment}\n`, { target: '3.1' });
  return (
    diagnostics.length === 0 &&
    file.statements.every(
      (one) =>
        one.kind === 'variable' &&
        one.values.every(
          ({ value }) => variablesIn(value).length === 0 && checkPattern(value) === undefined,
        ),
    )
  );
}

type Need = (
  release: Release,
  what: string,
  range: Range,
  more?: Pick<Requirement, 'backported' | 'base'>,
) => void;

function needsOfAbi(one: Abi, need: Need): void {
  const backported = { backported: ['2.13'] } as const;
  // 2.13 reads over every abi, 3.0 to 4.1 look for a file of this name.
  if (one.path === 'default') {
    need('5.0', 'abi <default>', one, backported);
    return;
  }
  const since = one.place === 'magic' ? fileSince(one.path) : undefined;
  if (since === undefined || compareReleases(since, '3.0') <= 0)
    need('3.0', 'abi', one, backported);
  else need(since, `<${one.path}>`, one.target, { ...backported, base: 'file' });
}

/** The variables that newer releases declare, in their tunables or for each profile. */
function needsOfVariables(word: Word, declared: ReadonlySet<string>, need: Need): void {
  if (!word.value.includes('@{')) return;
  for (const name of variablesIn(word.value)) {
    if (declared.has(name)) continue;
    if (name === 'exec_path' || name === 'attach_path') need('5.0', `@{${name}}`, word);
    const since = variableSince(name);
    if (since) need(since, `@{${name}}`, word, { base: 'variable' });
  }
}

function needsOfHead(profile: Profile, declared: ReadonlySet<string>, need: Need): void {
  visitHeadWords(profile, (word) => needsOfVariables(word, declared, need));
  for (const flag of profile.flags?.values ?? []) {
    const { name } = splitFlag(flag.value);
    const release = flagReleases[name];
    if (release) need(release, `the flag ${name}`, flag);
  }
  if (profile.xattrs) need('3.0', 'xattrs', profile.xattrs);
  for (const identity of profile.identities) need('5.0', 'identities', identity);
}

function needsOfTest(test: Expression, need: Need): void {
  switch (test.kind) {
    case 'not':
      needsOfTest(test.operand, need);
      return;
    case 'and':
    case 'or':
      need('5.0', `"${test.kind}" in an if`, test);
      for (const one of test.operands) needsOfTest(one, need);
      return;
    case 'group':
      need('5.0', 'brackets in an if', test);
      needsOfTest(test.operand, need);
      return;
    case 'literal':
      need('5.0', `"${test.word.text}" in an if`, test);
      return;
    case 'compare':
      need('5.0', 'a comparison', test);
  }
}

function needsOfRule(rule: Rule, declared: ReadonlySet<string>, need: Need): void {
  const { priority, effect, audit } = rule.qualifiers;
  if (priority) need('4.1', 'priority=', priority);
  if (effect?.value === 'prompt') need('4.0', 'prompt', effect);
  if (audit?.value === 'quiet') need('5.0', 'quiet', audit);
  const kind = kindOf(rule);
  if (kind.since) need(kind.since, `the rule ${rule.kind}`, rule);
  kind.requirements?.(rule, need);
  visitRuleWords(rule, (word) => needsOfVariables(word, declared, need));
}
