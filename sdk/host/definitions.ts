import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, profileNames } from '../../policy/index.ts';

/** Folders of /etc/apparmor.d that hold no profiles of their own. */
const noProfiles = new Set([
  'abi',
  'abstractions',
  'cache',
  'cache.d',
  'disable',
  'force-complain',
  'local',
  'tunables',
]);

/** Whether a link, which boot follows, leads to a file that is not `own`. */
async function leadsToAnother(link: string, own: string): Promise<boolean> {
  const found = await stat(link).catch(() => undefined);
  if (!found?.isFile()) return false;
  return (await realpath(link)) !== (await realpath(own).catch(() => own));
}

/** Another file below `folder` that defines the profile `name`. */
export async function findDefinition(
  folder: string,
  name: string,
  own: string,
): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (path === own || entry.name.startsWith('.')) continue;
    if (entry.isDirectory() && !noProfiles.has(entry.name)) {
      const found = await findDefinition(path, name, own);
      if (found !== undefined) return found;
    } else if (entry.isFile() || (entry.isSymbolicLink() && (await leadsToAnother(path, own)))) {
      const text = await readFile(path, 'utf8').catch(() => '');
      if (text.includes(name) && profileNames(parse(text).file).includes(name)) return path;
    }
  }
  return undefined;
}
