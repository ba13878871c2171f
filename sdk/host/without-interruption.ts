const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` to its end, deferring termination signals until then. `interrupted` aborts with the first of them, for work
 * that has changed nothing yet.
 */
export async function withoutInterruption<Result>(
  work: (interrupted: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const held: NodeJS.Signals[] = [];
  const controller = new AbortController();
  const hold = (signal: NodeJS.Signals) => {
    held.push(signal);
    controller.abort();
  };
  for (const signal of signals) process.on(signal, hold);
  try {
    return await work(controller.signal);
  } finally {
    for (const signal of signals) process.off(signal, hold);
    const [first] = held;
    if (first !== undefined) process.kill(process.pid, first);
  }
}
