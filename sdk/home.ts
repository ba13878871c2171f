import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { Place } from './host/tree.ts';

/** Environment variables, such as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The user's home; `/` for a user without an account on this machine, as in containers. */
export function homeOf(env: Environment): string {
  if (env.HOME) return env.HOME;
  try {
    return homedir();
  } catch {
    return '/';
  }
}

/** Whether this process runs as root. */
export const isRoot = () => process.geteuid?.() === 0;

/**
 * Where to write a file below the user's home. Under sudo, HOME may still be that of another user, whose links root must
 * not follow; {@link Place} refuses them, on Linux.
 */
export function placeBelowHome(path: string): string | Place {
  return isRoot() && process.platform === 'linux' ? new Place('/', resolve(path)).ofAnybody : path;
}
