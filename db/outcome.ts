/**
 * Performs a write. If it fails, checks whether it was committed anyway, since a remote database's response can be lost:
 * `look` returns what the write would have returned, or `undefined` if it was not committed.
 */
export async function writeOrConfirm<Result>(
  write: () => Promise<Result>,
  look: () => Promise<Result | undefined>,
): Promise<Result> {
  try {
    return await write();
  } catch (error) {
    const done = await look().catch(() => undefined);
    if (done === undefined) throw error;
    return done;
  }
}
