const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Runs `work` to its end, deferring termination signals until then. */
export async function withoutInterruption<Result>(work: () => Promise<Result>): Promise<Result> {
  const held: NodeJS.Signals[] = [];
  const hold = (signal: NodeJS.Signals) => void held.push(signal);
  for (const signal of signals) process.on(signal, hold);
  try {
    return await work();
  } finally {
    for (const signal of signals) process.off(signal, hold);
    const [first] = held;
    if (first !== undefined) process.kill(process.pid, first);
  }
}
