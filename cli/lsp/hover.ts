// What the editor shows about the word under the pointer.
import { type Hover, MarkupKind } from 'vscode-languageserver/node';
import {
  type Abi,
  capabilityMeanings,
  explain,
  type Include,
  isRule,
  type Profile,
  printedRule,
  type Rule,
  type Statement,
  statementsAt,
  summarizeRule,
  unknownReasons,
  variableOccurrences,
  variablesOf,
} from '../../policy/index.ts';
import { sentenceOf } from '../summary-text.ts';
import { fenceFor } from '../terminal/fence.ts';
import { visible, visibleLine } from '../terminal/io.ts';
import { rangeOf } from './diagnostics.ts';
import { filesOf } from './includes.ts';
import type { OpenFile } from './open-file.ts';

/** How many lines of an included file, and how many values of a variable, are shown. */
const maxLines = 40;

/** How many characters of policy are shown. */
const maxCharacters = 4000;

/** What the word at an offset means; nothing for one without a meaning of its own. */
export function hover(open: OpenFile, offset: number): Hover | null {
  const found = about(open, offset);
  if (!found) return null;
  const { text, range } = found;
  return {
    contents: { kind: MarkupKind.Markdown, value: text },
    range: rangeOf(open.document, range),
  };
}

interface About {
  text: string;
  range: { start: number; end: number };
}

function about(open: OpenFile, offset: number): About | undefined {
  const id = suppressedId(open, offset);
  if (id) return id;
  const variable = variableOccurrences(open.tree).find((one) => holds(one, offset));
  if (variable?.sigil === '@') return { text: aboutVariable(open, variable.name), range: variable };
  const around = statementsAt(open.tree, offset);
  const statement = around.at(-1);
  if (!statement) return undefined;
  if (statement.kind === 'include' || statement.kind === 'abi')
    return { text: aboutInclude(open, statement), range: statement };
  if (statement.kind === 'capability') {
    const word = statement.words.find((one) => holds(one, offset));
    const text = word && aboutCapability(word.value);
    if (word && text) return { text, range: word };
  }
  if (!isRule(statement)) return undefined;
  return { text: aboutRule(open, statement, around), range: statement };
}

const holds = ({ start, end }: About['range'], offset: number) => start <= offset && offset < end;

/** The id at an offset in a comment `# lint-ignore ID: reason`, explained. */
function suppressedId({ text }: OpenFile, offset: number): About | undefined {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const [line = ''] = text.slice(lineStart, lineStart + 1000).split('\n', 1);
  const comment = /#\s*lint-ignore\s[^:]*/.exec(line);
  for (const word of comment?.[0].matchAll(/[\w-]+/g) ?? []) {
    const start = lineStart + (comment?.index ?? 0) + word.index;
    const range = { start, end: start + word[0].length };
    const found = holds(range, offset) ? explain(word[0]) : undefined;
    if (found)
      return {
        text: `**${found.id}** (${found.severity}): ${found.title}\n\n${found.text}`,
        range,
      };
  }
  return undefined;
}

function aboutVariable({ text, options }: OpenFile, name: string): string {
  const found = variablesOf(text, options).of(name);
  if (!found) return `\`@{${name}}\` is not declared here or in an included file.`;
  const { values, expanded } = found;
  const lists = expanded && expanded.join(' ') !== values.join(' ') ? [values, expanded] : [values];
  const shown = lists.map((list) => code(list.slice(0, maxLines).join('\n'), list.length));
  return [`**@{${name}}**`, ...shown].join('\n\n');
}

function aboutCapability(name: string): string | undefined {
  if (!Object.hasOwn(capabilityMeanings, name)) return undefined;
  const meaning = capabilityMeanings[name as keyof typeof capabilityMeanings];
  return `**CAP_${name.toUpperCase()}**: ${meaning}`;
}

function aboutInclude(open: OpenFile, statement: Include | Abi): string {
  const files = filesOf(open, statement);
  if (files.length === 0) return `${inline(statement.path)} was not found.`;
  if (files.length > 1) return files.map(({ file }) => `- ${inline(file)}`).join('\n');
  const [{ file, source } = { file: '', source: '' }] = files;
  const lines = source.split('\n');
  return `${inline(file)}\n\n${code(lines.slice(0, maxLines).join('\n'), lines.length)}`;
}

function aboutRule({ tree, options }: OpenFile, rule: Rule, around: readonly Statement[]): string {
  const profile = around.findLast((one): one is Profile => one.kind === 'profile');
  const { denies, lines, mediated, unknown } = summarizeRule(tree, rule, profile, options);
  const said = mediated
    ? lines.map((line) => `- ${line.severity}: ${asText(visible(sentenceOf(line)))}`)
    : [
        'The abi of this file does not mediate this, so the rule has no effect: all of it is permitted.',
      ];
  const heading = lines.length === 0 || !mediated ? [] : [denies ? 'It denies:' : 'It permits:'];
  const rest = unknown === undefined ? '' : `Not all of it is known: ${unknownReasons[unknown]}.`;
  const parts = [code(printedRule(rule), 1), ...heading, said.join('\n'), rest];
  return parts.filter(Boolean).join('\n\n');
}

/** A block of policy; `lines` is how many lines there are in all. */
function code(text: string, lines: number): string {
  const start = text.slice(0, maxCharacters).toWellFormed();
  const shown = visible(start.length < text.length ? `${start}…` : text);
  const fence = fenceFor(shown, 3);
  const more = lines > maxLines ? `\n\n… and ${lines - maxLines} more lines` : '';
  return `${fence}apparmor\n${shown}\n${fence}${more}`;
}

/** A name on one line, such as that of a file: no part of it is markup. */
function inline(text: string): string {
  const shown = visibleLine(text);
  const fence = fenceFor(shown, 1);
  // Spaces within the fences are not shown, if there is more than spaces (CommonMark 0.31, section 6.1).
  return `${fence} ${shown} ${fence}`;
}

/** Text of a policy in Markdown: no part of it is markup. */
function asText(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#!|~]/g, '\\$&');
}
