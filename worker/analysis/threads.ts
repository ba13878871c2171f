import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Analyser, PermissionAnalyser } from '../ports.ts';
import { Busy } from './analyser.ts';
import { createFairQueue } from './fair-queue.ts';
import { openThread } from './open-thread.ts';
import { stopped, type Task, type TaskResult } from './tasks.ts';

/** Limits of analyses on Node, besides the analysis's own budgets. */
export interface ThreadLimits {
  /** The number of tasks that run concurrently. */
  threads: number;
  /** The time of an analysis, in milliseconds. */
  time: number;
  /** The heap of a thread, in MiB, and the part for short-lived objects in addition. */
  memory: number;
  young: number;
  /** Waiting tasks, in total and per team. */
  waiting: number;
  waitingEach: number;
  /** The time after which an idle thread is ended, in milliseconds. */
  idle: number;
}

export const defaultThreadLimits: ThreadLimits = {
  threads: availableParallelism() > 2 ? 2 : 1,
  time: 10_000,
  memory: 128,
  young: 48,
  waiting: 128,
  waitingEach: 64,
  idle: 60_000,
};

/** Analyses in threads of their own. */
export interface AnalyserThreads {
  analyse: Analyser;
  permissions: PermissionAnalyser;
  /** Ends the threads and rejects waiting tasks. */
  close: () => Promise<void>;
}

interface Job {
  task: Task;
  resolve: (result: TaskResult) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  job: Job | undefined;
  /** The timeout of its job, or of being idle. */
  timer: NodeJS.Timeout | undefined;
}

/**
 * Creates an {@link Analyser} that works off the event loop. Threads are started on demand. A thread that exceeds a limit
 * is ended, with a result that says so, such as the diagnostic `analysis-limit` for a package; the next task gets a new
 * thread. Other failures reject and end the thread too.
 */
export function createAnalyserThreads(options: Partial<ThreadLimits> = {}): AnalyserThreads {
  const limits = { ...defaultThreadLimits, ...options };
  const queue = createFairQueue<Job>(limits.waiting, limits.waitingEach);
  const threads = new Set<Thread>();
  let closed = false;

  function start(): Thread {
    const worker = openThread({
      name: 'analysis',
      // The thread gets neither the registry's environment nor its arguments.
      argv: [],
      env: {},
      execArgv: [],
      resourceLimits: {
        maxOldGenerationSizeMb: limits.memory,
        maxYoungGenerationSizeMb: limits.young,
      },
    });
    const thread: Thread = { worker, job: undefined, timer: undefined };
    threads.add(thread);
    worker.unref();
    worker.on('message', (result: TaskResult) => {
      const { job } = thread;
      rest(thread);
      job?.resolve(result);
      work();
    });
    worker.on('error', (error: NodeJS.ErrnoException) => {
      const tooLarge = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      fail(thread, tooLarge ? `took more than ${limits.memory} MiB of memory` : error);
    });
    worker.on('exit', () => fail(thread, new Error('the analysis thread exited early')));
    return thread;
  }

  /** Marks a thread as idle and ends it after a while. */
  function rest(thread: Thread): void {
    clearTimeout(thread.timer);
    thread.job = undefined;
    thread.timer = setTimeout(() => end(thread), limits.idle).unref();
  }

  function end(thread: Thread): void {
    clearTimeout(thread.timer);
    threads.delete(thread);
    void thread.worker.terminate();
  }

  /** Ends a thread; its job was stopped at a limit (a reason) or rejects (an error). */
  function fail(thread: Thread, why: string | Error): void {
    const { job } = thread;
    thread.job = undefined;
    end(thread);
    if (job && typeof why === 'string') job.resolve(stopped(job.task, why));
    else if (job) job.reject(why as Error);
    work();
  }

  function work(): void {
    for (;;) {
      let free = [...threads].find(({ job }) => job === undefined);
      if (closed || (!free && threads.size >= limits.threads)) return;
      const job = queue.next();
      if (!job) return;
      free ??= start();
      const thread = free;
      clearTimeout(thread.timer);
      thread.job = job;
      thread.timer = setTimeout(
        () => fail(thread, `took more than ${limits.time / 1000} s`),
        limits.time,
      ).unref();
      thread.worker.postMessage(job.task);
    }
  }

  /** Performs a task in a thread; its result is of the task's kind. */
  const perform = <Result extends TaskResult>(task: Task, onBehalfOf: string): Promise<Result> =>
    new Promise((resolve, reject) => {
      const job: Job = { task, resolve: resolve as Job['resolve'], reject };
      if (closed || !queue.add(onBehalfOf, job)) {
        reject(new Busy('too many packages are waiting to be analysed'));
      } else work();
    });

  return {
    analyse: (input, onBehalfOf) => perform({ kind: 'package', input }, onBehalfOf),
    permissions: {
      summarize: (input, onBehalfOf) => perform({ kind: 'summary', input }, onBehalfOf),
      compare: (input, onBehalfOf) => perform({ kind: 'diff', input }, onBehalfOf),
      lines: (input, onBehalfOf) => perform({ kind: 'lines', input }, onBehalfOf),
      widening: (input, onBehalfOf) => perform({ kind: 'widening', input }, onBehalfOf),
    },
    async close() {
      closed = true;
      const running = [...threads];
      const jobs = [...running.map(({ job }) => job), ...queue.drain()];
      for (const thread of running) {
        thread.job = undefined;
        clearTimeout(thread.timer);
      }
      threads.clear();
      for (const job of jobs) job?.reject(new Busy('the registry is shutting down'));
      await Promise.all(running.map(({ worker }) => worker.terminate()));
    },
  };
}
