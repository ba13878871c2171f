// Places new rules in a profile: after the last of their kind, and never below an unrelated comment.
import { kindOfKeyword, type ProfileModel, parse, type Statement } from '../../policy/index.ts';
import { tunables } from './generalise.ts';

/** Adds rules to a profile in a text. */
export function insertRules(
  source: string,
  { node: profile }: ProfileModel,
  rules: readonly string[],
): string {
  const brace = profile.end - 1;
  const line = source.lastIndexOf('\n', brace - 1) + 1;
  const indent = source.slice(line, brace);
  // With the brace on a line of its own, the rules go on lines before it; otherwise both get new lines.
  if (!/^[ \t]*$/.test(indent)) {
    return insert(source, brace, `\n${rules.map((rule) => `  ${rule}\n`).join('')}`);
  }
  const pieces: { at: number; text: string }[] = [];
  const last: string[] = [];
  for (const [kind, some] of Map.groupBy(rules, kindOf)) {
    const text = some.map((rule) => `${indent}  ${rule}\n`).join('');
    const place = endOfKind(source, profile.body, kind, line);
    if (place) pieces.push({ at: place.at, text: place.before + text + place.after });
    else last.push(text);
  }
  const { body, closing } = profile;
  const isEmpty = body.length + closing.length === 0;
  const startsPart = isEmpty || /\n[ \t]*\n$/.test(source.slice(0, line)) ? '' : '\n';
  if (last.length > 0) pieces.push({ at: line, text: startsPart + last.join('\n') });
  let text = source;
  for (const piece of pieces.sort((a, b) => b.at - a.at)) text = insert(text, piece.at, piece.text);
  return text;
}

/** Adds the include of the tunables to the top of a text. */
export function insertTunables(source: string): string {
  const { statements } = parse(source).file;
  const abi = statements.find((one) => one.kind === 'abi');
  if (abi) {
    const end = source.indexOf('\n', abi.trailing?.end ?? abi.end);
    return insert(source, end < 0 ? source.length : end, `\n${tunables}`);
  }
  // Before the comment of the first statement.
  let first = statements.findIndex((one) => one.kind !== 'comment');
  while (first > 0 && !statements[first]?.blankBefore) first--;
  return insert(source, statements[first]?.start ?? 0, `${tunables}\n\n`);
}

/** The group that a rule belongs to. */
function kindOf(rule: string): string {
  const word = /^([a-z_]+)[ ,]/.exec(rule.replace(/^(?:(?:owner|audit|deny|allow) )+/, ''))?.[1];
  return groupOf(kindOfKeyword(word ?? ''));
}

/** The position after the last rule of a kind, separated from that rule's comment. */
function endOfKind(
  source: string,
  body: readonly Statement[],
  kind: string,
  before: number,
): { at: number; before: string; after: string } | undefined {
  const index = body.findLastIndex((one) => groupOf(one.kind) === kind);
  const found = body[index];
  if (!found || found.kind === 'comment') return undefined;
  const end = source.indexOf('\n', found.trailing?.end ?? found.end) + 1;
  if (end === 0 || end > before) return undefined;
  let first = index;
  while (first > 0 && !body[first]?.blankBefore) first--;
  const commented = body.slice(first, index).some((one) => one.kind === 'comment');
  if (!commented) return { at: end, before: '', after: '' };
  const isLast = end === before || /^[ \t]*\n/.test(source.slice(end, end + 200));
  return { at: end, before: '\n', after: isLast ? '' : '\n' };
}

function groupOf(kind: Statement['kind']): string {
  return kind === 'file-all' || kind === 'link' ? 'file' : kind;
}

/** Inserts a text at a position. */
export function insert(text: string, at: number, what: string): string {
  return text.slice(0, at) + what + text.slice(at);
}
