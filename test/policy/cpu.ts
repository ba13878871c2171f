// Time a piece of work takes of the processor: a busy machine does not make it slow.

/** Milliseconds of processor time that `work` uses. */
export function cpuTime(work: () => void): number {
  const start = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

/** How many times as much `work` costs as sorting a hundred thousand paths does here and now: some machines are slow. */
export function cost(work: () => void): number {
  const before = cpuTime(sortPaths);
  const time = cpuTime(work);
  return time / Math.max(before, cpuTime(sortPaths));
}

function sortPaths(): void {
  Array.from({ length: 100_000 }, (_, at) => `/srv/${(at * 7919) % 100_003}/file`).sort();
}
