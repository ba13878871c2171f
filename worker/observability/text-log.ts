import { visible, visibleLine } from '../../policy/index.ts';

/**
 * Logs to standard error, for the operator. The text may come from others, such as a witness: control characters are
 * escaped, and no text can forge a line of its own.
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
