/**
 * Does a write; where it fails, looks whether it was done all the same, since the answer of a remote database can be
 * lost after it has committed. `look` returns what the write would have, or `undefined` when it was not done.
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
