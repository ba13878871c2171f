import { visible, visibleLine } from '../../policy/index.ts';

/**
 * Tells whoever runs the registry, on standard error. Others may have chosen the words, as a witness does its answer's:
 * what would steer the terminal on which the log is read is spelt out, and no words make a line of their own.
 */
export function logError(what: unknown): void {
  console.error(what instanceof Error ? traceOf(what) : visibleLine(String(what)));
}

function traceOf(error: Error): string {
  const trace = visible(error.stack ?? error.message).replaceAll('\n', '\n  ');
  const { cause } = error;
  if (cause === undefined) return trace;
  return `${trace}\n  caused by: ${cause instanceof Error ? traceOf(cause) : visibleLine(String(cause))}`;
}
