/**
 * Parses an ASCII decimal, as in tree sizes, tile widths and timestamps: no sign, space or leading zero, and at most
 * 2^53 - 1. `undefined` for anything else.
 */
export function parseDecimal(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Whether `value` is a valid size, index or time: a result of {@link parseDecimal}. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
