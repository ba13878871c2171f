import { createTwoFilesPatch } from 'diff';

/** The change of a file from `before` to `after` as a unified diff; '' if they are equal. `undefined` means no file. */
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
  // Remove the library's header lines, which are not part of a unified diff.
  return patch.replace(/^(?:Index: .*\n)?=+\n/, '');
}
