// Finds included policy files on this machine, each read once per resolver.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import {
  type IncludedDirectory,
  type IncludedFile,
  type IncludeRequest,
  type IncludeResolver,
  isIgnoredInclude,
} from '../../policy/index.ts';

/** Where includes are looked for. */
export interface IncludePlaces {
  /** What `<…>` is relative to first, as apparmor_parser --base. */
  base: string;
  /** Further directories for `<…>`, as apparmor_parser -I. */
  include?: readonly string[];
  /** What a quoted relative path is relative to; default: the working directory. */
  cwd?: string;
}

/**
 * A resolver over the filesystem (apparmor_parser(8), --base and -I). What cannot be read is not found.
 * Files are read once, so keep one resolver for a whole run.
 */
export function fileResolver(places: IncludePlaces): IncludeResolver {
  const found = new Map<string, IncludedFile | IncludedDirectory | undefined>();

  const file = (path: string): IncludedFile | undefined => {
    const known = found.get(path);
    if (known && 'source' in known) return known;
    try {
      const read = { file: path, source: readFileSync(path, 'utf8') };
      found.set(path, read);
      return read;
    } catch {
      return undefined;
    }
  };

  const look = (path: string): IncludedFile | IncludedDirectory | undefined => {
    if (found.has(path)) return found.get(path);
    const kind = statSync(path, { throwIfNoEntry: false });
    let result: IncludedFile | IncludedDirectory | undefined;
    if (kind?.isDirectory()) {
      const entries = readdirSync(path)
        .sort()
        .filter((name) => !isIgnoredInclude(name))
        .map((name) => join(path, name))
        .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
        .flatMap((path) => file(path) ?? []);
      result = { directory: path, entries };
    } else if (kind?.isFile()) result = file(path);
    found.set(path, result);
    return result;
  };

  const find = (path: string, kind: IncludeRequest['kind']) => {
    if (path.includes('\0')) return undefined;
    if (kind === 'absolute' || isAbsolute(path)) return look(path);
    if (kind === 'relative') return look(resolve(places.cwd ?? process.cwd(), path));
    for (const folder of [places.base, ...(places.include ?? [])]) {
      const result = look(resolve(folder, path));
      if (result) return result;
    }
    return undefined;
  };

  const answers = new Map<string, IncludedFile | IncludedDirectory | undefined>();
  return ({ path, kind }) => {
    const key = `${kind} ${path}`;
    const known = answers.get(key);
    if (known || answers.has(key)) return known;
    const answer = find(path, kind);
    answers.set(key, answer);
    return answer;
  };
}
