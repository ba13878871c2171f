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
    const at = last > start ? last : rest.indexOf(' ', Math.max(start, width));
    if (at < 0) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = `${indent}${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest];
}
