import { columnsOf, cutColumns, padColumns } from './columns.ts';
import { type Io, visibleLine, widthOf } from './io.ts';
import { wrap, wrapLines } from './wrap.ts';

/** The least room that is worth breaking text into, in columns. */
const leastRoom = 20;

/** How far in text stands that has no room beside its row. */
const below = '    ';

/** Prints rows as {@link table} lays them out for where they go. */
export function printTable(io: Io, rows: readonly (readonly string[])[]): void {
  // A cell with a line break could look like a row of its own.
  const cells = rows.map((row) => row.map(visibleLine));
  for (const line of table(cells, widthOf(io.stdout))) io.print(line);
}

/** Prints a line of prose, which is broken between words where a terminal's line ends. */
export function printText(io: Io, text: string): void {
  io.print(wrapLines(text, widthOf(io.stdout)));
}

/**
 * Prints a list: rows under headings, as {@link table} lays them out; of none, nothing. What a list is about comes first,
 * then of what kind it is, then when, and last what may be long. A column that is empty in all rows is left out.
 */
export function printList(
  io: Io,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  if (rows.length === 0) return;
  const used = headings.map((_, at) => rows.some((row) => (row[at] ?? '') !== ''));
  const pick = (row: readonly string[]) => row.filter((_, at) => used[at]);
  printTable(io, [headings, ...rows].map(pick));
}

/** A day, of a time; nothing of none. */
export function day(time: string | null): string {
  return time === null ? '' : time.slice(0, 10);
}

/**
 * Rows as lines, their cells in columns; a column that is empty throughout is left out. What is last in a row and does
 * not fit into `width` is broken into lines under each other: nothing is left out.
 */
export function table(rows: readonly (readonly string[])[], width: number): string[] {
  const columns = rows[0]?.map((_, at) => at) ?? [];
  const used = columns.filter((at) => rows.some((row) => (row[at] ?? '') !== ''));
  const last = used.pop();
  const widths = used.map((at) => Math.max(...rows.map((row) => columnsOf(row[at] ?? ''))));
  const start = widths.reduce((sum, one) => sum + one + 2, 0);
  return rows.flatMap((row) => {
    const before = used
      .map((at, index) => `${padColumns(row[at] ?? '', widths[index] ?? 0)}  `)
      .join('');
    const text = last === undefined ? '' : (row[last] ?? '');
    const line = `${before}${text}`.trimEnd();
    if (cutColumns(line, width) === line) return line;
    return start + leastRoom <= width
      ? wrap(line, width, ' '.repeat(start))
      : [before.trimEnd(), ...wrap(`${below}${text}`, width, below)];
  });
}
