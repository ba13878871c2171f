// The tasks of analyses, which run in a thread where the runtime has them.
import type { Compared, Summarized } from '../../contract/index.ts';
import type { Package } from '../../db/analyses.ts';
import type { PolicyWidening } from '../../policy/index.ts';
import type { Analysed, DiffTask, LinesTask, SummaryTask, WideningTask } from '../ports.ts';
import { analysePackage, limitExceeded } from './analyse.ts';
import { compareLines, type LineDiff } from './line-diff.ts';
import { compareTexts, failed, incomparable, summarizeText } from './permissions.ts';
import { stoppedWidening, wideningOf } from './widening.ts';

export type Task =
  | { kind: 'package'; input: Package }
  | { kind: 'summary'; input: SummaryTask }
  | { kind: 'diff'; input: DiffTask }
  | { kind: 'lines'; input: LinesTask }
  | { kind: 'widening'; input: WideningTask };

export type TaskResult = Analysed | Summarized | Compared | LineDiff | PolicyWidening;

/** Performs a task in the calling thread. */
export function perform(task: Task): TaskResult {
  switch (task.kind) {
    case 'package':
      return analysePackage(task.input);
    case 'summary':
      return summarizeText(task.input);
    case 'diff':
      return compareTexts(task.input);
    case 'lines':
      return compareLines(task.input);
    case 'widening':
      return wideningOf(task.input);
  }
}

/** The result of a task that exceeded a limit: `reason` is the end of a sentence about it. */
export function stopped(task: Task, reason: string): TaskResult {
  switch (task.kind) {
    case 'package':
      return limitExceeded(task.input, reason);
    case 'summary':
      return failed('unknown', `The analysis was stopped: it ${reason}.`);
    case 'diff':
      return incomparable('unknown', `The analysis was stopped: it ${reason}.`);
    case 'lines':
      return { known: false, reason: `could not be compared: the comparison ${reason}` };
    case 'widening':
      return stoppedWidening(reason);
  }
}
