/** The maximum number of items of a group. */
const maxGroup = 16;

interface Waiting<Item, Result> {
  item: Item;
  resolve: (result: Result) => void;
  reject: (error: unknown) => void;
}

/**
 * Runs one group of items at a time. An item that arrives while nothing runs is a group of its own, at once; those that
 * arrive meanwhile are the next, in order. `run` returns a result for each item, or rejects for all.
 */
export function createGroups<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly PromiseSettledResult<Result>[]>,
): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let running = false;

  async function runAll(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, maxGroup);
      try {
        const results = await run(group.map(({ item }) => item));
        for (const [at, { resolve, reject }] of group.entries()) {
          const result = results[at] as PromiseSettledResult<Result>;
          if (result.status === 'fulfilled') resolve(result.value);
          else reject(result.reason);
        }
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    running = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void runAll();
    });
}
