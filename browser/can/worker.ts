/// <reference lib="webworker" />
import { answer, type CanRequest } from './answer.ts';

// Runs in a worker, which the page can terminate: a hostile profile may be expensive to evaluate.
addEventListener('message', ({ data }: MessageEvent<CanRequest>) => {
  postMessage(answer(data));
});
