// The program of an analysis thread on Node (threads.ts): receives one task at a time and sends back its result.
import { parentPort } from 'node:worker_threads';
import { perform, type Task } from './tasks.ts';

parentPort?.on('message', (task: Task) => parentPort?.postMessage(perform(task)));
