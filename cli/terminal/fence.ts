/** A fence for code in Markdown that is longer than any row of backticks in the code (CommonMark 0.31, sections 4.5 and 6.1). */
export function fenceFor(code: string, shortest: number): string {
  const lengths = [...code.matchAll(/`+/g)].map(([one]) => one.length + 1);
  return '`'.repeat(Math.max(shortest, ...lengths));
}
