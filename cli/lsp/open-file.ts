// The files that are open in the editor, as they are there.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import { type IncludeResolver, type PolicyFile, parse } from '../../policy/index.ts';
import { isPresent } from '../../sdk/files.ts';
import { manifestName } from '../../sdk/package-folder.ts';
import { type ProfileFile, readProfileFiles } from '../../sdk/profile-file.ts';
import type { PolicyOptions } from '../target-base.ts';

/** A file in the editor, with what its meaning depends on. */
export interface OpenFile {
  document: TextDocument;
  /** Undefined for a file that is not on this machine, such as one that was never saved. */
  path: string | undefined;
  text: string;
  tree: PolicyFile;
  options: PolicyOptions;
  /** The options of all files: others once what was read of included files may have changed. */
  shared: PolicyOptions;
}

/** An open file; `shared` are the options of all files. */
export function openFile(document: TextDocument, shared: PolicyOptions): OpenFile {
  const path = pathOf(document.uri);
  const resolver = path === undefined ? shared.resolver : within(dirname(path), shared.resolver);
  return {
    document,
    path,
    text: document.getText(),
    tree: treeOf(document),
    options: { ...shared, resolver },
    shared,
  };
}

/** The path of a file; undefined for other URIs. */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  } catch {
    // Of another host, or with an escaped slash.
    return undefined;
  }
}

/** Quoted includes are relative to the folder of the file: the working directory is the editor's. */
function within(folder: string, resolver: IncludeResolver): IncludeResolver {
  return (request) =>
    request.kind === 'relative'
      ? resolver({ ...request, kind: 'absolute', path: resolve(folder, request.path) })
      : resolver(request);
}

const trees = new WeakMap<TextDocument, { version: number; tree: PolicyFile }>();

/** Every request is about the same tree until the text changes. */
function treeOf(document: TextDocument): PolicyFile {
  const known = trees.get(document);
  if (known?.version === document.version) return known.tree;
  const tree = parse(document.getText()).file;
  trees.set(document, { version: document.version, tree });
  return tree;
}

/** The package that a file is the profile of; undefined if its folder is no package, or not a valid one. */
export async function packageOf({ path }: OpenFile): Promise<ProfileFile | undefined> {
  if (path === undefined) return undefined;
  const folder = dirname(path);
  if (!(await isPresent(join(folder, manifestName)))) return undefined;
  const files = await readProfileFiles(folder).catch(() => []);
  return files.find(({ file }) => resolve(file) === path);
}

/**
 * The name of a file that is the body of a profile and has none itself: an abstraction, or a local addition to a profile of
 * the system; undefined for other files.
 */
export function bodyName({ path }: Pick<OpenFile, 'path'>): string | undefined {
  return /(?:\/abstractions|\/apparmor\.d\/local)\/(.+)$/.exec(path ?? '')?.[1];
}
