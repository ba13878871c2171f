/// <reference lib="webworker" />
import { type Request, reply } from './reply.ts';

// Its Content-Security-Policy lets it load and send nothing.
addEventListener('message', ({ data }: MessageEvent<Request>) => {
  postMessage(reply(data));
});
