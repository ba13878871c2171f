// Time a piece of work takes of the processor: a busy machine does not make it slow.

/** Milliseconds of processor time that `work` uses. */
export function cpuTime(work: () => void): number {
  const start = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(start);
  return (user + system) / 1000;
}
