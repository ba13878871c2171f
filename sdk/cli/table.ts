/** Rows as lines, their cells in columns; a column that is empty throughout is left out. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.map((_, at) => at) ?? [];
  const used = columns.filter((at) => rows.some((row) => (row[at] ?? '') !== ''));
  const widths = used.map((at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  return rows.map((row) =>
    used
      .map((at, index) => (row[at] ?? '').padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
