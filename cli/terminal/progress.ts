import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { columnsOf, cutColumns, padColumns } from './columns.ts';
import { type Io, visibleLine, widthOf } from './io.ts';

/** The progress of several items. */
export interface Progress {
  /** Sets the names of the items, if they are known only after the work began. */
  start: (names: readonly string[]) => void;
  /** Updates the stage of an item, by its index. */
  update: (at: number, stage: string) => void;
  /** Prints a permanent line above the progress. */
  note: (line: string) => void;
  /** Prints a line if there is no terminal for `update`. */
  detail: (line: string) => void;
}

/**
 * Runs `work` and shows the progress of each of `names`: on a terminal with enough lines, as lines that are updated in
 * place; otherwise as plain lines for important steps. After `work` fails, items still running print nothing, so that
 * they don't overwrite the error.
 */
export async function showingProgress<Result>(
  io: Io,
  names: readonly string[],
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  let ended = false;
  const { note: write } = io;
  let { update, note, detail } = startProgress(io, names);
  // Other messages are also printed above the progress.
  io.note = (line) => note(line);
  try {
    return await work({
      start: (known) => {
        ({ update, note, detail } = startProgress({ ...io, note: write }, known));
      },
      update: (at, stage) => {
        if (!ended) update(at, stage);
      },
      note: (line) => note(line),
      detail: (line) => detail(line),
    });
  } catch (error) {
    ended = true;
    throw error;
  } finally {
    io.note = write;
  }
}

function startProgress(io: Io, names: readonly string[]): Omit<Progress, 'start'> {
  const { stderr, note: write } = io;
  const { rows = Number.POSITIVE_INFINITY } = stderr;
  if (names.length === 0 || !stderr.isTTY || io.env.TERM === 'dumb' || names.length >= rows) {
    return { update: () => {}, note: write, detail: write };
  }
  const stages = names.map(() => '');
  const width = Math.max(...names.map(columnsOf));
  let drawn = 0;
  const draw = () => {
    if (drawn > 0) moveCursor(stderr, 0, -drawn);
    for (const [at, name] of names.entries()) {
      const line = visibleLine(`${padColumns(name, width)}  ${stages[at]}`);
      cursorTo(stderr, 0);
      clearLine(stderr, 0);
      // A wrapped line takes two rows, so moving the cursor up would end one row too low.
      stderr.write(`${cutColumns(line, Math.max(20, widthOf(stderr) - 1))}\n`);
    }
    drawn = names.length;
  };
  return {
    update: (at, stage) => {
      stages[at] = stage;
      draw();
    },
    note: (line) => {
      if (drawn > 0) moveCursor(stderr, 0, -drawn);
      cursorTo(stderr, 0);
      clearLine(stderr, 0);
      write(line);
      drawn = 0;
      draw();
    },
    detail: () => {},
  };
}

/** A progress line that is updated in place, on terminals only. */
export interface StatusLine {
  isShown: boolean;
  show: (text: string) => void;
  /** Ends the progress line. */
  end: () => void;
}

export function statusLine({ stderr, env }: Io): StatusLine {
  const isShown = stderr.isTTY === true && env.TERM !== 'dumb';
  let drawn = false;
  return {
    isShown,
    show: (text) => {
      if (!isShown) return;
      cursorTo(stderr, 0);
      clearLine(stderr, 0);
      stderr.write(cutColumns(visibleLine(text), Math.max(20, widthOf(stderr) - 1)));
      drawn = true;
    },
    end: () => {
      if (drawn) stderr.write('\n');
      drawn = false;
    },
  };
}
