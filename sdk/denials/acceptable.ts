/**
 * Tries items, in their order, with `accepts`, which takes over the items it is given together or none of them. Those
 * that it never takes are the result: for `k` of `n`, it is asked about `k log n` times.
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
