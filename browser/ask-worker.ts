/** How long an answer of a worker may take, in milliseconds; then it is ended. */
export const workerTimeout = 10_000;

/** The worker's answer took too long, or it failed; the message says which, as a sentence. */
export class WorkerFault extends Error {}

/**
 * Starts a worker for one request and returns its result. The worker is terminated afterwards, so a hostile policy can't
 * keep it busy.
 *
 * @throws WorkerFault
 * @throws the signal's reason, if that aborts it
 */
export async function askWorker<Request, Result>(
  path: string,
  request: Request,
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted();
  const worker = new Worker(path, { type: 'module' });
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const timer = setTimeout(
    () => reject(new WorkerFault('It takes too long; use the command aa-registry.')),
    workerTimeout,
  );
  worker.addEventListener('message', ({ data }: MessageEvent<Result>) => resolve(data));
  worker.addEventListener('error', () => reject(new WorkerFault('It can’t be evaluated.')));
  signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  worker.postMessage(request);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}
