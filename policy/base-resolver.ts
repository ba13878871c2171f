// Includes from a base policy in memory.
import {
  type IncludedDirectory,
  type IncludedFile,
  type IncludeResolver,
  isIgnoredInclude,
} from './includes.ts';

/**
 * Finds the includes of a profile in a base policy, and what that does not have with `others`, for the profile only: a
 * base policy of a registry, which anybody may have written, reads nothing of this machine.
 *
 * @param label what the names of its files begin with, such as `base-4.1`
 */
export function baseResolver(
  files: Readonly<Record<string, string>>,
  { label, others }: { label: string; others: IncludeResolver },
): IncludeResolver {
  const byPath = new Map<string, IncludedFile>();
  const byFolder = new Map<string, IncludedFile[]>();
  for (const path of Object.keys(files).sort()) {
    const file = { file: `${label}:${path}`, source: files[path] ?? '' };
    byPath.set(path, file);
    const names = path.split('/');
    for (let depth = 1; depth < names.length; depth++) {
      const folder = names.slice(0, depth).join('/');
      const entries = byFolder.get(folder) ?? [];
      const isDirect = depth === names.length - 1;
      if (isDirect && !isIgnoredInclude(names[depth] ?? '')) entries.push(file);
      byFolder.set(folder, entries);
    }
  }
  const find = (path: string): IncludedFile | IncludedDirectory | undefined => {
    const inside = path.startsWith(`${policyFolder}/`) ? path.slice(policyFolder.length + 1) : path;
    const normal = normalize(inside);
    const entries = byFolder.get(normal);
    return byPath.get(normal) ?? (entries && { directory: `${label}:${normal}`, entries });
  };
  return (request) => {
    const { path, kind, from } = request;
    const own = kind === 'relative' ? undefined : find(path);
    return own ?? (from?.startsWith(`${label}:`) ? undefined : others(request));
  };
}

const policyFolder = '/etc/apparmor.d';

/** A path without empty parts, `.` and `..`; those that lead out stay. */
function normalize(path: string): string {
  const found: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && found.length > 0 && found.at(-1) !== '..') found.pop();
    else found.push(part);
  }
  return (path.startsWith('/') ? '/' : '') + found.join('/');
}
