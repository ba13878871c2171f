import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { shellWord } from './shell-word.ts';

/** The host that a suggested command changes: its root and trust file, unless they are this machine's defaults. */
export interface AdvisedHost {
  root?: string | undefined;
  trust?: string | undefined;
}

/**
 * A command that changes a host, as suggested to users: with `sudo` only if this user needs it, and with the options
 * that name the same host. `words` are the command and its arguments.
 */
export function hostCommand(words: string, { root = '/', trust }: AdvisedHost = {}): string {
  const isHere = resolve(root) === '/';
  const where = [
    isHere ? '' : ` --root ${shellWord(root)}`,
    trust === undefined ? '' : ` --trust ${shellWord(trust)}`,
  ];
  const written = trust !== undefined && words.startsWith('trust ') ? trust : root;
  return `${needsRoot(written) ? 'sudo ' : ''}aa-registry ${words}${where.join('')}`;
}

/** Whether this user must be root to change `path`, a root or a trust file. */
function needsRoot(path: string): boolean {
  if (process.getuid?.() === 0) return false;
  if (resolve(path) === '/') return true;
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch (error) {
    // A new file: its folder counts.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' || needsRoot(dirname(resolve(path)));
  }
}
