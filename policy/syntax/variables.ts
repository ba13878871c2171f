// How variables are written: `@{NAME}`, `@NAME`, `${NAME}`, `$NAME`.
import { type Cursor, isLetter, isNameCharacter } from './cursor.ts';

const OPEN = 123;
const CLOSE = 125;

/** The length of an assignment operator at `at`. */
export function isAssignment(cursor: Cursor, at: number): number | undefined {
  const code = cursor.at(at);
  if (code === 61) return 1;
  if ((code === 43 || code === 63 || code === 58) && cursor.at(at + 1) === 61) return 2;
  // `@{X}+/path` is neither an assignment nor a path.
  return code === 43 && cursor.at(at - 1) === CLOSE ? 1 : undefined;
}

/** Where `@{NAME}`, `@NAME`, `${NAME}` or `$NAME` at `start` ends; undefined when it is none. */
export function variableEnd(cursor: Cursor, start: number): number | undefined {
  let at = start + 1;
  const braced = cursor.at(at) === OPEN;
  if (braced) at++;
  if (!isLetter(cursor.at(at))) return undefined;
  while (isNameCharacter(cursor.at(at))) at++;
  if (!braced) return at;
  return cursor.at(at) === CLOSE ? at + 1 : undefined;
}

/** `NAME` of `@{NAME}`, `@NAME`, `${NAME}` or `$NAME`. */
export function variableName(text: string): string {
  return text.startsWith('{', 1) ? text.slice(2, -1) : text.slice(1);
}
