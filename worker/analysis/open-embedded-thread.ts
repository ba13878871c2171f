import { getAsset } from 'node:sea';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** Replaces open-thread.ts in the executable of scripts/build-binary.ts, which embeds the thread's program. */
export function openThread(options: WorkerOptions): Worker {
  return new Worker(getAsset('analysis.cjs', 'utf8'), { ...options, eval: true });
}
