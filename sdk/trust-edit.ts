import { importPublicKey, type PublicKey } from '../trust/index.ts';

/** A string in a TOML array, and its position. */
interface Element {
  start: number;
  end: number;
  value: string;
}

/**
 * Sets a team's keys in the text of a trust file. Unchanged keys and their comments stay; a team without keys is
 * removed; a new team is appended. Returns `undefined` for layouts it does not handle. It recognises the usual layout
 * only, so the caller must parse the result and compare it.
 */
export async function editTeam(
  text: string,
  team: string,
  { keys, threshold }: { keys: readonly PublicKey[]; threshold: number },
): Promise<string | undefined> {
  const table = findTable(text, team);
  if (!table) {
    if (keys.length === 0) return undefined;
    const list = keys.map((key) => `"${key.text}"`).join(', ');
    return `${text.trimEnd()}\n\n[teams.${team}]\nkeys = [${list}]\nthreshold = ${threshold}\n`;
  }
  if (keys.length === 0) return removeTable(text, table);
  const found = findArray(text, table);
  if (!found) return undefined;
  const wanted = new Set<string>(keys.map(({ keyId }) => keyId));
  const present = new Set<string>();
  let edited = text;
  let { end } = found;
  for (const element of [...found.elements].reverse()) {
    const key = await importPublicKey(element.value);
    if (key && wanted.has(key.keyId)) {
      present.add(key.keyId);
      continue;
    }
    const [from, to] = extentOf(edited, element, end);
    edited = edited.slice(0, from) + edited.slice(to);
    end -= to - from;
  }
  const added = keys.filter(({ keyId }) => !present.has(keyId));
  return added.length === 0 ? edited : insert(edited, found.start, end, added);
}

/** The text from the line after a team's header to the next header. */
function findTable(
  text: string,
  team: string,
): { header: number; start: number; end: number } | undefined {
  const header = new RegExp(
    `^[ \\t]*\\[[ \\t]*teams[ \\t]*\\.[ \\t]*("?)${team}\\1[ \\t]*\\][^\\n]*\\n?`,
    'm',
  );
  const found = header.exec(text);
  if (!found) return undefined;
  const start = found.index + found[0].length;
  const next = /^[ \t]*\[/m.exec(text.slice(start));
  return { header: found.index, start, end: next ? start + next.index : text.length };
}

/**
 * Removes a table, up to its last line that is neither empty nor a comment: later comments may belong to what follows.
 */
function removeTable(
  text: string,
  { header, start, end }: ReturnType<typeof findTable> & {},
): string {
  const lines = text.slice(start, end).split(/(?<=\n)/);
  const last = lines.findLastIndex((line) => !/^\s*(#.*)?$/.test(line));
  const following = lines.slice(last + 1).join('');
  return `${text.slice(0, header)}${following.replace(/^\n/, '')}${text.slice(end)}`;
}

/** The array of keys in a table: its strings and the positions of its brackets. */
function findArray(
  text: string,
  { start, end }: { start: number; end: number },
): { start: number; end: number; elements: Element[] } | undefined {
  const opening = /^[ \t]*keys[ \t]*=[ \t]*\[/m.exec(text.slice(start, end));
  if (!opening) return undefined;
  const first = start + opening.index + opening[0].length;
  const elements: Element[] = [];
  const token = /\s+|,|#[^\n]*|"""([\s\S]*?)"""|'''([\s\S]*?)'''|"([^"\\\n]*)"|'([^'\n]*)'|\]/y;
  token.lastIndex = first;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    if (match[0] === ']') return { start: first, end: match.index, elements };
    const value = match.slice(1).find((group) => group !== undefined);
    if (value !== undefined) {
      elements.push({ start: match.index, end: token.lastIndex, value });
    }
  }
  return undefined;
}

/** The range of an element with its comma, and its line and comment if it has a line of its own. */
function extentOf(
  text: string,
  { start, end }: Element,
  close: number,
): [from: number, to: number] {
  const before = /(^|\n)[ \t]*$/.exec(text.slice(0, start));
  const line = /^[ \t]*,?[ \t]*(#[^\n]*)?\n/.exec(text.slice(end, close));
  if (before && line)
    return [start - (before[0].length - (before[1] ?? '').length), end + line[0].length];
  const comma = /^[ \t]*,[ \t]*/.exec(text.slice(end, close));
  if (comma) return [start, end + comma[0].length];
  // For the last element of a line, the comma before it is removed too.
  const previous = /,?[ \t]*$/.exec(text.slice(0, start));
  return [start - (previous?.[0].length ?? 0), end];
}

/** Inserts keys after the last one, before the bracket. */
function insert(text: string, start: number, end: number, added: readonly PublicKey[]): string {
  const inside = text.slice(start, end);
  const quoted = added.map((key) => `"${key.text}"`);
  if (!inside.includes('\n')) {
    const head = inside.trimEnd().replace(/,$/, '');
    const list = head.trim() === '' ? quoted.join(', ') : `${head}, ${quoted.join(', ')}`;
    const space = /^\s/.test(inside) ? ' ' : '';
    return text.slice(0, start) + list + space + text.slice(end);
  }
  const indent = /\n([ \t]*)["']/.exec(inside)?.[1] ?? '  ';
  // The comma after the last string, which a comment may follow.
  const elements = [
    ...inside.matchAll(/("""[\s\S]*?"""|'''[\s\S]*?'''|"[^"\n]*"|'[^'\n]*')(\s*,)?/g),
  ];
  const last = elements.at(-1);
  const at = last && !last[2] ? start + last.index + last[0].length : undefined;
  const ready = at === undefined ? text : `${text.slice(0, at)},${text.slice(at)}`;
  const close = at === undefined ? end : end + 1;
  const head = ready.slice(0, close).trimEnd();
  const tail = ready
    .slice(0, close)
    .slice(head.length)
    .replace(/^[^\n]*/, '');
  return `${head}\n${quoted.map((one) => `${indent}${one},`).join('\n')}${tail || '\n'}${ready.slice(close)}`;
}
