// Processor time, which does not depend on other load on the machine.

/** The processor time of `work`, in milliseconds. */
export function cpuTime(work: () => void): number {
  const start = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}

let usual: number | undefined;

/** The cost of `work` relative to sorting a hundred thousand paths, independent of the machine. */
export function cost(work: () => void): number {
  usual ??= cpuTime(sortPaths);
  const time = cpuTime(work);
  // The machine may be slower now. That does not matter for what takes less, and sorting would take most of the time.
  return time / (time < usual ? usual : Math.max(usual, cpuTime(sortPaths)));
}

function sortPaths(): void {
  Array.from({ length: 100_000 }, (_, at) => `/srv/${(at * 7919) % 100_003}/file`).sort();
}
