import { getAsset } from 'node:sea';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/** open-thread.ts of the one executable that scripts/build-binary.ts makes: the thread's program is in it. */
export function openThread(options: WorkerOptions): Worker {
  return new Worker(getAsset('analysis.cjs', 'utf8'), { ...options, eval: true });
}
