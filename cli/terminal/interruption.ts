/** Aborts on SIGINT (Ctrl-C) or SIGTERM; a second signal ends the process immediately. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => controller.abort());
  }
  return controller.signal;
}
