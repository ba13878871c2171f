import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { columnsOf, cutColumns, padColumns } from './columns.ts';
import { type Io, visibleLine, widthOf } from './io.ts';

/** How far each of several things is. */
export interface Progress {
  /** Names the things, where they are only known once the work has begun. */
  start: (names: readonly string[]) => void;
  /** Says how far one is, by its place. */
  update: (at: number, stage: string) => void;
  /** Says a line that stays, above what moves. */
  note: (line: string) => void;
  /** Says a line where there is no terminal on which `update` shows. */
  detail: (line: string) => void;
}

/**
 * Does `work` and shows how far each of `names` is: on a terminal that has a line for each these, written over as it
 * goes on; elsewhere a plain line for what is worth one. What is under way still when `work` fails shows nothing more,
 * for it would write over what is said of that.
 */
export async function showingProgress<Result>(
  io: Io,
  names: readonly string[],
  work: (progress: Progress) => Promise<Result>,
): Promise<Result> {
  let ended = false;
  const { tell } = io;
  let { update, note, detail } = startProgress(io, names);
  // Other messages meanwhile stay above what moves, too.
  io.tell = (line) => note(line);
  try {
    return await work({
      start: (known) => {
        ({ update, note, detail } = startProgress({ ...io, tell }, known));
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
    io.tell = tell;
  }
}

function startProgress(io: Io, names: readonly string[]): Omit<Progress, 'start'> {
  const { stderr, tell } = io;
  const { rows = Number.POSITIVE_INFINITY } = stderr;
  if (names.length === 0 || !stderr.isTTY || io.env.TERM === 'dumb' || names.length >= rows) {
    return { update: () => {}, note: tell, detail: tell };
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
      // A line that wraps would be two, and the next move up one too short.
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
      tell(line);
      drawn = 0;
      draw();
    },
    detail: () => {},
  };
}

/** One line that is written over as something goes on; on a terminal only. */
export interface StatusLine {
  isShown: boolean;
  show: (text: string) => void;
  /** What is written next has a line of its own. */
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
