import { createTwoFilesPatch } from 'diff';

/** What a change would do to a file that holds `before`, as a unified diff; '' when nothing. `undefined` is no file. */
export function diffOf(
  path: string,
  before: string | undefined,
  next: Uint8Array | undefined,
  label: string,
): string {
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
