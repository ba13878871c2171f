// The texts of dependencies as policy/ reads them.
import type { NeededText } from '../../db/analyses.ts';
import type { PolicyText } from '../../policy/index.ts';
import { includePathOf, type Manifest, variantFor } from '../../trust/index.ts';

/** The files of dependencies for a release, by the paths of their includes; without a release, the first variants. */
export function filesFor(
  needed: readonly NeededText[],
  release: string | undefined,
): Record<string, string> {
  return Object.fromEntries(
    needed.map(({ path, text, variants }) => {
      const releases = variants.map(({ from }) => from);
      const at = release === undefined ? 0 : Math.max(0, variantFor(releases, release));
      return [includePathOf(path), variants[at]?.text ?? text];
    }),
  );
}

/** What a text is read with: the packages that its package needs, and the name of the package if it is an abstraction. */
export interface ReadWith {
  needed: readonly NeededText[];
  body: string | undefined;
}

/** What the texts of a package are read with. */
export function readWith(
  name: string,
  { kind }: Pick<Manifest, 'kind'>,
  needed: readonly NeededText[],
): ReadWith {
  return { needed, body: kind === 'abstraction' ? name : undefined };
}

/** A text of a package for a release. */
export function policyText(
  text: string,
  { needed, body }: ReadWith,
  release: string | undefined,
): PolicyText {
  return { text, body, files: filesFor(needed, release) };
}
