import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Replaces open-thread.ts in the build of scripts/build.ts: the thread's program is in dist/, the caller in dist/chunks/. */
export function openThread(options: WorkerOptions): Worker {
  return new Worker(new URL('../analysis.js', import.meta.url), options);
}
