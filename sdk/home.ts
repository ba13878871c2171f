import { homedir } from 'node:os';

/** The user's home; `/` for a user whom this machine does not know, as in containers. */
export function homeOf(env: NodeJS.ProcessEnv): string {
  if (env.HOME) return env.HOME;
  try {
    return homedir();
  } catch {
    return '/';
  }
}
