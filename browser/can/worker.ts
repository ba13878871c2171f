/// <reference lib="webworker" />
import { answer, type CanRequest } from './answer.ts';

// A worker, which the page can end: whoever wrote the profile may have made it hard to evaluate.
addEventListener('message', ({ data }: MessageEvent<CanRequest>) => {
  postMessage(answer(data));
});
