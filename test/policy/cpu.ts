// Processor time, which does not depend on other load on the machine.

/** The processor time of `work`, in milliseconds. */
export function cpuTime(work: () => void): number {
  const start = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

/** The cost of `work` relative to sorting a hundred thousand paths, independent of the machine. */
export function cost(work: () => void): number {
  const before = cpuTime(sortPaths);
  const time = cpuTime(work);
  return time / Math.max(before, cpuTime(sortPaths));
}

function sortPaths(): void {
  Array.from({ length: 100_000 }, (_, at) => `/srv/${(at * 7919) % 100_003}/file`).sort();
}
