/** Whether a query failed because storage is full, also as a cause of another error. */
export function isStorageFull(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { code } = one as { code?: unknown };
    if (code === 'SQLITE_FULL' || code === 'ENOSPC') return true;
  }
  return false;
}
