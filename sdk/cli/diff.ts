import { readFile } from 'node:fs/promises';
import { createTwoFilesPatch } from 'diff';

/** What a change would do to a file, as a unified diff; '' when nothing. `undefined` stands for no file. */
export async function diffOf(
  path: string,
  next: Uint8Array | undefined,
  label: string,
): Promise<string> {
  const before = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const after = next && new TextDecoder().decode(next);
  if (before === after) return '';
  const name = (text: string | undefined, shown: string) =>
    text === undefined ? '/dev/null' : shown;
  const patch = createTwoFilesPatch(
    name(before, path),
    name(after, path),
    before ?? '',
    after ?? '',
    undefined,
    after === undefined ? undefined : label,
  );
  // The library begins with lines that unified diffs do not have.
  return patch.replace(/^(?:Index: .*\n)?=+\n/, '');
}
