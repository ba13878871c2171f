/**
 * Reads an ASCII decimal as tree sizes, tile widths and timestamps are written: no sign, no space, no
 * leading zero, and no more than JavaScript counts exactly (2^53 - 1). `undefined` for anything else.
 */
export function parseDecimal(text: string): number | undefined {
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Whether `value` is a size, an index or a time that {@link parseDecimal} could have read. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
