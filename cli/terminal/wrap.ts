/** Lines broken between words where they are longer than `width`, each going on as far in as it begins. */
export function wrapLines(text: string, width: number): string {
  if (width === Number.POSITIVE_INFINITY) return text;
  return text
    .split('\n')
    .flatMap((line) => wrap(line, width, /^ */.exec(line)?.[0]))
    .join('\n');
}

/**
 * Text broken between words into lines of at most `width` characters, all but the first with `indent` before them. A
 * word that is longer has a line of its own, whole: it may be what somebody copies.
 */
export function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const start = rest.search(/\S/);
    const last = rest.lastIndexOf(' ', width);
    const next = rest.slice(last + 1).search(/ |$/);
    // Where the next word is too long for any line it may as well stand here.
    const fits = last > start && indent.length + next <= width;
    const at = fits ? last : rest.indexOf(' ', Math.max(start, width));
    if (at < 0) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = `${indent}${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest];
}
