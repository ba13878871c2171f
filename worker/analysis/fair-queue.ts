/** Things that wait for their turn, each on behalf of somebody; whoever has many of them does not hold up the others. */
export interface FairQueue<Item> {
  /** False when too many wait already: of all, or on behalf of the same. */
  add: (onBehalfOf: string, item: Item) => boolean;
  /** Takes the oldest item of whoever has waited longest since their last turn. */
  next: () => Item | undefined;
  /** Takes all that wait. */
  drain: () => Item[];
}

/** Makes turns for at max `max` items, and at max `maxEach` on behalf of the same. */
export function createFairQueue<Item>(max: number, maxEach: number): FairQueue<Item> {
  // In the order of their turns.
  const waiting = new Map<string, Item[]>();
  let count = 0;
  return {
    add(onBehalfOf, item) {
      const own = waiting.get(onBehalfOf) ?? [];
      if (count >= max || own.length >= maxEach) return false;
      own.push(item);
      waiting.set(onBehalfOf, own);
      count++;
      return true;
    },
    next() {
      const [first] = waiting;
      if (!first) return undefined;
      const [onBehalfOf, own] = first;
      waiting.delete(onBehalfOf);
      const item = own.shift();
      if (own.length > 0) waiting.set(onBehalfOf, own);
      count--;
      return item;
    },
    drain() {
      const items = [...waiting.values()].flat();
      waiting.clear();
      count = 0;
      return items;
    },
  };
}
