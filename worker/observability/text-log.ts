import { hideValues } from '../../db/failure.ts';
import { visible, visibleLine } from '../../policy/index.ts';

/**
 * Logs to standard error, for the operator. The text may come from others, such as a witness: control characters are
 * escaped, and no text can forge a line of its own.
 */
export function logError(what: unknown): void {
  if (!(what instanceof Error)) console.error(visibleLine(String(what)));
  else console.error(visible(traceOf(what)).replaceAll('\n', '\n  '));
}

/** The stack traces of an error and its causes, without the values of failed queries. */
export function traceOf(error: unknown): string {
  hideValues(error);
  const traces: string[] = [];
  for (let one = error; one !== undefined; one = one instanceof Error ? one.cause : undefined) {
    traces.push(one instanceof Error ? (one.stack ?? one.message) : String(one));
  }
  return traces.join('\ncaused by: ');
}
