import { columnsOf, cutColumns } from './columns.ts';

/** Wraps each line to `width` between words and keeps its indent. */
export function wrapLines(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY) return text;
  return text
    .split('\n')
    .flatMap((line) => wrap(line, width, /^ */.exec(line)?.[0]))
    .join('\n');
}

/**
 * Wraps text between words into lines of at most `width` columns; all but the first begin with `indent`. A longer word
 * gets its own line and is not broken, so that it can be copied.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let rest = text;
  for (;;) {
    const end = cutColumns(rest, width).length;
    if (end === rest.length) break;
    const start = rest.search(/\S/);
    const last = rest.lastIndexOf(' ', end);
    const [next = ''] = /^[^ ]*/.exec(rest.slice(last + 1)) ?? [];
    // A word that fits on no line is not moved to the next one.
    const room = width - columnsOf(indent);
    const fits = last > start && room >= 0 && cutColumns(next, room) === next;
    const at = fits ? last : rest.indexOf(' ', Math.max(start, end));
    if (at < 0) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = `${indent}${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest];
}
