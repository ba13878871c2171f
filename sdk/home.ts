import { homedir } from 'node:os';

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
