/**
 * Tries items in order with `accepts`, which takes all of the given items or none. Returns the items that were never
 * taken. For `k` of `n`, calls `accepts` about `k log n` times.
 */
export function refusedOf<Item>(
  items: readonly Item[],
  accepts: (items: readonly Item[]) => boolean,
): Item[] {
  if (items.length === 0 || accepts(items)) return [];
  if (items.length === 1) return [...items];
  const half = items.length >> 1;
  return [...refusedOf(items.slice(0, half), accepts), ...refusedOf(items.slice(half), accepts)];
}
