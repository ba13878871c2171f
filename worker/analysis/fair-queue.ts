/** A queue that serves its owners in turn, so that one with many items does not delay the others. */
export interface FairQueue<Item> {
  /** Returns false when the queue, or the owner's share of it, is full. */
  add: (onBehalfOf: string, item: Item) => boolean;
  /** Takes the oldest item of the owner whose turn is next. */
  next: () => Item | undefined;
  /** Takes all items. */
  drain: () => Item[];
}

/** Creates a queue of at most `max` items, and at most `maxEach` of one owner. */
export function createFairQueue<Item>(max: number, maxEach: number): FairQueue<Item> {
  // Owners in the order of their turns.
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
