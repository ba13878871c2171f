import type { Database } from '../db/database.ts';
import type { Caller } from './caller.ts';
import type { Log } from './log.ts';
import type { Oidc } from './oidc.ts';

/** What the service needs from whatever runs it. */
export interface Deps {
  db: Database;
  log: Log;
  now: () => Date;
  limits: Limits;
  /** How CI jobs are known by their OpenID Connect tokens; left out where the registry has no public address. */
  oidc?: Oidc | undefined;
}

export interface Limits {
  /** The largest profile that may be published, in bytes. */
  profileBytes: number;
}

export const defaultLimits: Limits = { profileBytes: 256 * 1024 };

/** What the routes find in Hono's context. */
export interface Env {
  Variables: {
    deps: Deps;
    /** Whose request it is (auth.ts). */
    caller: Caller;
  };
}
