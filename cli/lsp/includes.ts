// The files that the includes of an open file name.
import {
  type Abi,
  type Include,
  type IncludedFile,
  includesOf,
  type PolicyFile,
  parse,
} from '../../policy/index.ts';
import type { OpenFile } from './open-file.ts';

/** How many included files are looked at, and their characters: real profiles include 50, with all that these include. */
const maxFiles = 500;
const maxCharacters = 1_000_000;

/** The files that an include or abi statement names, in order; none if they can't be read. */
export function filesOf(
  { options }: Pick<OpenFile, 'options'>,
  { path, place, kind }: Include | Abi,
  from?: string,
): readonly IncludedFile[] {
  const found = options.resolver({
    ...{ path, kind: place, statement: kind },
    ...(from !== undefined && { from }),
  });
  if (!found) return [];
  return 'entries' in found ? found.entries : [found];
}

const trees = new WeakMap<IncludedFile, PolicyFile>();

/** The tree of an included file, parsed once. */
export function treeOfIncluded(file: IncludedFile): PolicyFile {
  const tree = trees.get(file) ?? parse(file.source).file;
  trees.set(file, tree);
  return tree;
}

/** Every file that statements include, directly or through others, each once, nearest first; bounded. */
export function reachableFiles(open: OpenFile, includes: readonly Include[]): IncludedFile[] {
  const found = new Set(includes.flatMap((one) => filesOf(open, one)).slice(0, maxFiles));
  let characters = 0;
  for (const file of found) {
    characters += file.source.length;
    if (characters > maxCharacters) break;
    for (const one of includesOf(treeOfIncluded(file))) {
      for (const next of filesOf(open, one, file.file)) {
        if (found.size < maxFiles) found.add(next);
      }
    }
  }
  return [...found];
}

/** The include of an open file that leads to each file, by path: the first one. */
export function leadingIncludes(open: OpenFile): ReadonlyMap<string, Include> {
  const leading = new Map<string, Include>();
  for (const include of includesOf(open.tree)) {
    if (leading.size >= maxFiles) break;
    for (const { file } of reachableFiles(open, [include])) {
      if (!leading.has(file)) leading.set(file, include);
    }
  }
  return leading;
}
