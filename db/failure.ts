import { DrizzleQueryError } from 'drizzle-orm/errors';

/** Whether a query failed because storage is full, also as a cause of another error. */
export function isStorageFull(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code } = one as { code?: unknown };
    if (code === 'SQLITE_FULL' || code === 'ENOSPC') return true;
  }
  return false;
}

/**
 * Removes the values of a failed query from its error, in place: drizzle puts them into the message, and they may be
 * profiles, names and secrets that belong in no log and no trace. The SQL and the cause remain.
 */
export function hideValues(error: unknown): void {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (!(one instanceof DrizzleQueryError)) continue;
    const { message, stack } = one;
    one.params = [];
    one.message = `Failed query: ${one.query}`;
    if (stack !== undefined) one.stack = stack.replace(message, () => one.message);
  }
}
