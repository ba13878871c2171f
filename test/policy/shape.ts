// Compares policies regardless of formatting.
import { parse } from '../../policy/index.ts';

const layout = new Set([
  'start',
  'end',
  'open',
  'arrow',
  'blankBefore',
  'inner',
  'trailing',
  'closing',
  'headComment',
]);

/** The tree of a text without positions, comments and empty lines. */
export function shapeOf(text: string): string {
  const { file } = parse(text);
  return JSON.stringify(file.statements, (key, value) => {
    if (layout.has(key)) return undefined;
    return Array.isArray(value) ? value.filter((one) => one?.kind !== 'comment') : value;
  });
}

/** The comments of a text, sorted. */
export function commentsOf(text: string): string[] {
  const found: string[] = [];
  JSON.stringify(parse(text).file, (_, value) => {
    if (value?.kind === 'comment') found.push(value.text);
    return value;
  });
  return found.sort();
}
