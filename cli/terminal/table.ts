import { columnsOf, cutColumns, padColumns } from './columns.ts';
import { type Io, visibleLine, widthOf } from './io.ts';
import { wrap, wrapLines } from './wrap.ts';

/** The minimum width for wrapped text, in columns. */
const minWidth = 20;

/** The indent of text that does not fit beside its row. */
const below = '    ';

/** Prints rows with the layout of {@link table}. */
export function printTable(io: Io, rows: readonly (readonly string[])[]): void {
  // A cell with a line break could look like a row of its own.
  const cells = rows.map((row) => row.map(visibleLine));
  for (const line of table(cells, widthOf(io.stdout))) io.print(line);
}

/** Prints a line of prose, wrapped to the terminal's width. */
export function printText(io: Io, text: string): void {
  io.print(wrapLines(text, widthOf(io.stdout)));
}

/**
 * Prints a list: rows under headings, with the layout of {@link table}; nothing if there are no rows. Columns are in
 * this order: subject, kind, time, long text. A column that is empty in all rows is left out.
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

/** The date of a time; empty for null. */
export function day(time: string | null): string {
  return time === null ? '' : time.slice(0, 10);
}

/**
 * Formats rows as lines with aligned cells; a column that is empty in all rows is left out. A last cell that does not
 * fit into `width` is wrapped, not truncated.
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
    return start + minWidth <= width
      ? wrap(line, width, ' '.repeat(start))
      : [before.trimEnd(), ...wrap(`${below}${text}`, width, below)];
  });
}
