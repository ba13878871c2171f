// The thread of bench/hostile.ts that measures the cost of a text in the checker and the linter.
import { parentPort } from 'node:worker_threads';
import { check, lint } from '../policy/index.ts';

const stages = { check, lint: (text: string) => lint(text, { packageName: 'p' }) };

parentPort?.on('message', ({ stage, text }: { stage: keyof typeof stages; text: string }) => {
  const start = process.threadCpuUsage();
  stages[stage](text);
  const { user, system } = process.threadCpuUsage(start);
  parentPort?.postMessage((user + system) / 1000);
});
