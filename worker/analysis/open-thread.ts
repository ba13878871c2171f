import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Starts a thread that runs thread.ts. Bundles replace this module (scripts/bundle-options.ts). */
export function openThread(options: WorkerOptions): Worker {
  return new Worker(new URL('./thread.ts', import.meta.url), options);
}
