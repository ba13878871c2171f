/** A word for a POSIX shell, quoted only if it needs to be. */
export function shellWord(text: string): string {
  return /^[\w./@:+,%=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
