// What may be written at a place. The text there is not finished, so it is read word by word, not by the parser.
import { maySuppress } from '../lint/lint.ts';
import { lintRules } from '../lint/rules.ts';
import { execTransitions } from '../rules/file.ts';
import type { Vocabulary } from '../rules/kind.ts';
import { kindByKeyword } from '../rules/kinds.ts';
import { simple } from '../syntax/file-modes.ts';
import { plainFlags, valuedFlags } from '../syntax/profile-head.ts';
import { qualifierOrder } from '../syntax/qualifiers.ts';
import type { PolicyFile } from '../syntax/tree.ts';
import { statementsAt } from '../syntax/walk.ts';
import { enclosingName, profileOccurrences } from './profiles.ts';
import { variableOccurrences } from './variables.ts';

/** One way to go on. */
export interface Completion {
  text: string;
  kind: 'keyword' | 'condition' | 'value' | 'permission' | 'profile' | 'variable' | 'rule id';
  detail?: string;
}

/** What may stand at a place. */
export interface CompletionPlace {
  /** Where the word starts that is to be completed. */
  start: number;
  words: readonly Completion[];
  /** What else may stand there that is not in the file: the caller knows what there is. */
  also?: 'path' | 'magic include' | 'relative include' | 'variable';
}

/** A place in a file that may be the body of profiles. */
interface Cursor {
  file: PolicyFile;
  offset: number;
  isBody: boolean;
}

/** How far before the place its statement may start. */
const maxStatement = 2000;

/**
 * What may be written at an offset.
 *
 * @param isBody the file is included into profiles, such as an abstraction
 */
export function completionAt(file: PolicyFile, offset: number, isBody = false): CompletionPlace {
  const statement = statementBefore(file.text, offset);
  const comment = /(?:^|\s)#(?!include)\s*(lint-ignore\s[^:]*)?/.exec(statement);
  if (comment) {
    const ids = comment[1] === undefined ? [] : suppressible;
    return place(offset, /[\w-]*$/, statement, as('rule id', ids));
  }
  const include = /^(?:#?include(?:\s+if\s+exists)?|abi)\s+(?:<([^>]*)|"([^"]*))$/.exec(statement);
  if (include) {
    const [, magic, relative = ''] = include;
    const start = offset - (magic ?? relative).length;
    return { start, words: [], also: magic === undefined ? 'relative include' : 'magic include' };
  }
  const variable = /([@$])\{?\w*$/.exec(statement);
  if (variable) {
    const names = variableOccurrences(file)
      .filter(({ sigil, declares }) => declares && sigil === variable[1])
      .map(({ name, sigil }) => (sigil === '@' ? `@{${name}}` : `$${name}`));
    const words = as('variable', [...new Set(names)]);
    const start = offset - variable[0].length;
    return variable[1] === '@' ? { start, words, also: 'variable' } : { start, words };
  }
  const path = /(?:^|[\s=("])(\/[^\s",(){}]*)$/.exec(statement);
  if (path) return { start: offset - (path[1] ?? '').length, words: [], also: 'path' };
  return place(
    offset,
    /[^\s,(){}<>="]*$/,
    statement,
    wordsAfter({ file, offset, isBody }, statement),
  );
}

function place(
  offset: number,
  word: RegExp,
  statement: string,
  words: readonly Completion[],
): CompletionPlace {
  return { start: offset - (word.exec(statement)?.[0].length ?? 0), words };
}

const as = (kind: Completion['kind'], texts: Iterable<string>): Completion[] =>
  [...texts].map((text) => ({ text, kind }));

const suppressible = lintRules.map(({ id }) => id).filter(maySuppress);

/**
 * The statement up to an offset. A rule may span lines: lines before belong to it unless they end with a comma or a
 * bracket, or are a comment, an include or an assignment.
 */
function statementBefore(text: string, offset: number): string {
  const lines = text.slice(Math.max(0, offset - maxStatement), offset).split('\n');
  let found = lines.pop() ?? '';
  for (let line = lines.pop(); line !== undefined; line = lines.pop()) {
    if (/^\s*(?:$|#|include\b|@\{\w+\}\s*[+?:]?=|\$)|[,{}]\s*(?:#.*)?$/.test(line)) break;
    found = `${line}\n${found}`;
  }
  return afterLastEnd(found).trimStart();
}

/** What follows the last comma, brace or block that ends a statement. */
function afterLastEnd(text: string): string {
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    if (character === '#' && !/\S/.test(text[at - 1] ?? ' ') && !text.startsWith('#include', at))
      break;
    if (character === '(') depth++;
    if (character === ')') depth--;
    const next = text[at + 1] ?? '\n';
    const ends = depth === 0 && character === ',' && /\s/.test(next);
    const opens =
      (character === '{' || character === '}') && /\s/.test(next) && /\s/.test(text[at - 1] ?? ' ');
    if (ends || opens) start = at + 1;
  }
  return text.slice(start);
}

/** The words that may follow those of a statement; its last one is not finished. */
function wordsAfter(at: Cursor, statement: string): readonly Completion[] {
  const { file, offset } = at;
  const words = statement.replace(/[^\s,(){}<>="]*$/, '').match(/"[^"]*"|[^\s,]+/g) ?? [];
  const rest = words.slice(words.findLastIndex(isQualifier) + 1);
  const [first] = rest;
  if (first === undefined) return startsOf(at, words);
  const names = profileNames(file);
  if (
    first === 'profile' ||
    first === 'hat' ||
    first.startsWith('^') ||
    /flags=\(/.test(statement)
  ) {
    return /flags=\([^)]*$/.test(statement) ? as('value', flags) : as('keyword', ['flags=(']);
  }
  const arrow = /(\w*)\s*->\s*\S*$/.exec(statement);
  if (arrow) {
    // A transition to a child names it without its parent.
    const parent = enclosingName(statementsAt(file, offset));
    const isChild = /^[^\s]*c[iu]?x$/i.test(arrow[1] ?? '') && parent !== undefined;
    return as('profile', isChild ? childrenOf(parent, names) : names);
  }
  const vocabulary = kindByKeyword.get(first.replace(/\(.*/s, ''))?.vocabulary;
  if (vocabulary) {
    const isPeer = /\bpeer=(?:\([^)]*\blabel=)?[^\s(),=]*$/.test(statement);
    return isPeer ? as('profile', names) : ofVocabulary(vocabulary, statement);
  }
  if (first === 'include' || first === 'abi' || first === 'alias' || first === 'if') return [];
  return modes;
}

const isQualifier = (word: string) => Object.hasOwn(qualifierOrder, word.replace(/=.*/, ''));

const flags = [...plainFlags, ...valuedFlags.map((one) => `${one}=`)];

/** What a rule of a kind may go on with. */
function ofVocabulary(vocabulary: Vocabulary, statement: string): readonly Completion[] {
  const { words, conditions, peer, values } = vocabulary;
  const condition = /(\w+)\s*(?:=|\bin\b)\s*(?:\([^)]*|[^\s(]*)$/.exec(statement);
  if (condition?.[1] === 'peer')
    return as(
      'condition',
      peer.map((one) => `${one}=`),
    );
  if (condition) return as('value', values[condition[1] ?? ''] ?? []);
  // In brackets after the keyword are permissions.
  if (/^[^=]*\([^)]*$/.test(statement)) return as('permission', words);
  return [
    ...as('value', words),
    ...as(
      'condition',
      conditions.map((one) => `${one}=`),
    ),
  ];
}

/** What a statement may start with, or go on with after qualifiers. */
function startsOf(
  { file, offset, isBody }: Cursor,
  qualifiers: readonly string[],
): readonly Completion[] {
  const order = Math.max(
    -1,
    ...qualifiers.map((one) => qualifierOrder[one.replace(/=.*/, '')] ?? -1),
  );
  const further = Object.entries(qualifierOrder).flatMap(([word, at]) =>
    at > order && word !== 'user' && word !== 'other'
      ? [word === 'priority' ? 'priority=' : word]
      : [],
  );
  const rules = [...further, ...kindByKeyword.keys()];
  if (qualifiers.length > 0) return as('keyword', rules);
  const isInside =
    isBody ||
    statementsAt(file, offset).some(
      ({ kind, start }) =>
        (kind === 'profile' || kind === 'block' || kind === 'conditional') && start < offset,
    );
  const statements = isInside
    ? ['include', 'profile', 'hat', 'if', ...rules]
    : ['abi', 'include', 'alias', 'profile', 'hat', 'if'];
  return as('keyword', statements);
}

const profileNames = (file: PolicyFile) =>
  new Set(profileOccurrences(file).flatMap(({ name, profile }) => (profile ? [name] : [])));

const childrenOf = (parent: string, names: Iterable<string>) =>
  [...names].flatMap((one) =>
    one.startsWith(`${parent}//`) ? [one.slice(parent.length + 2)] : [],
  );

/** Access modes of file rules. */
const modes: readonly Completion[] = [
  ...Object.entries(simple).flatMap(([letter, detail]): Completion[] =>
    letter === letter.toLowerCase() ? [{ text: letter, kind: 'permission', detail }] : [],
  ),
  ...['rw', 'rk', 'rwk', 'mr'].map((text): Completion => ({ text, kind: 'permission' })),
  ...Object.entries(execTransitions).map(
    ([text, detail]): Completion => ({ text, kind: 'permission', detail }),
  ),
];
