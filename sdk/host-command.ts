import { accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { shellWord } from './shell-word.ts';

/** The host that an advised command is to change: its root and trust file, where they are not this machine's own. */
export interface AdvisedHost {
  root?: string | undefined;
  trust?: string | undefined;
}

/**
 * A command that changes a host, as advice shows it: with `sudo` only if this user needs that, and with the options that
 * name the same host again. `words` are the command and its arguments.
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

/** Whether this user has to become root to change `path`, a root or a trust file. */
function needsRoot(path: string): boolean {
  if (process.getuid?.() === 0) return false;
  if (resolve(path) === '/') return true;
  try {
    accessSync(path, constants.W_OK);
    return false;
  } catch {
    return true;
  }
}
