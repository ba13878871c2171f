import { Worker, type WorkerOptions } from 'node:worker_threads';

/** open-thread.ts of what scripts/build.ts makes: the thread's program lies in dist/, above this one's in dist/chunks/. */
export function openThread(options: WorkerOptions): Worker {
  return new Worker(new URL('../analysis.js', import.meta.url), options);
}
