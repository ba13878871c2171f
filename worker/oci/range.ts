/** A part of a body: the first byte, and the one after the last. */
export interface Part {
  start: number;
  end: number;
}

/**
 * The part of a body of `size` bytes that a `Range` header requests (RFC 9110 section 14.2); `undefined` to send all of it,
 * as for several ranges and for other units; `unsatisfiable` if it starts behind the end.
 */
export function partOf(range: string, size: number): Part | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(range.trim()) ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) return 'unsatisfiable';
  return { start, end: last === '' ? size : Math.min(Number(last) + 1, size) };
}
