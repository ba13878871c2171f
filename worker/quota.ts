import type { Statement } from '../db/log.ts';
import { writeOrConfirm } from '../db/outcome.ts';
import {
  type Amounts,
  countChange,
  dayOf,
  type Quota,
  readQuota,
  type Stored,
} from '../db/quotas.ts';
import type { Deps } from './ports.ts';
import { ProblemError } from './problem.ts';

/** A team's limits: its own, or the registry's. */
export function limitsOf(own: { [K in keyof Amounts]: number | null }, limits: Amounts): Amounts {
  return {
    profiles: own.profiles ?? limits.profiles,
    versions: own.versions ?? limits.versions,
    bytes: own.bytes ?? limits.bytes,
    changes: own.changes ?? limits.changes,
    tokens: own.tokens ?? limits.tokens,
    webhooks: own.webhooks ?? limits.webhooks,
    hosts: own.hosts ?? limits.hosts,
  };
}

/** The problem if storing more would exceed a team's quota; `undefined` if it fits. */
export function quotaProblem(
  { limits }: Pick<Deps, 'limits'>,
  team: string,
  { used, own }: Quota,
  more: Stored,
): ProblemError | undefined {
  const limit = limitsOf(own, limits.team);
  for (const what of ['profiles', 'versions', 'bytes'] as const) {
    if (more[what] === 0 || used[what] + more[what] <= limit[what]) continue;
    const reason = `${used[what]} of ${limit[what]} ${what}; this would add ${more[what]}`;
    return quotaExceeded(team, `has ${reason}`);
  }
  return undefined;
}

/** Creates the problem of a team that has reached its quota. */
export function quotaExceeded(team: string, has: string): ProblemError {
  const detail = `Team ${team} ${has}. An administrator can raise the limit.`;
  return new ProblemError('quota-exceeded', detail);
}

/**
 * A change by a team, other than a version, that counts against its daily quota. `logged` if the log records it.
 */
export interface Change {
  team: string;
  logged: boolean;
}

/** The statements that count a change, for its transaction. */
export function countStatements({ db, now, limits }: Deps, { team, logged }: Change): Statement[] {
  return countChange(db, team, { now: now(), logged }, limits.team);
}

/** The problem if a team's daily quota does not allow the change; `undefined` if it does. */
export async function changeQuotaProblem(
  { db, now, limits }: Deps,
  { team, logged }: Change,
): Promise<ProblemError | undefined> {
  const time = now();
  const { used, own } = await readQuota(db, team, time);
  const limit = limitsOf(own, limits.team);
  if (logged && (limit.versions === 0 || limit.bytes === 0)) {
    return quotaExceeded(
      team,
      'has a quota of zero versions or bytes, so it can’t make changes that are logged',
    );
  }
  if (used.changes < limit.changes) return undefined;
  const day = dayOf(new Date(time.getTime() + 24 * 60 * 60_000));
  return quotaExceeded(
    team,
    `has made ${used.changes} of ${limit.changes} changes today; the quota resets on ${day} (UTC)`,
  );
}

/**
 * Makes a change that the log does not record, and counts it if the statement changed a row: it changes none when another
 * request was faster. Returns the statement's result mapped by `read`, or the result of `find` if the database's response
 * was lost. Throws a problem over the quota.
 */
export async function makeChange<S extends Statement, Result>(
  deps: Deps,
  team: string,
  statement: S,
  { read, find }: { read: (result: Awaited<S>) => Result; find: () => Promise<Result | undefined> },
): Promise<Result> {
  const change = { team, logged: false };
  try {
    const { db, now, limits } = deps;
    const counting = { now: now(), logged: false, onlyIfEffective: true };
    const [prepare, count] = countChange(db, team, counting, limits.team);
    return await writeOrConfirm(async () => {
      const [, result] = await db.batch([prepare, statement, count]);
      return read(result as Awaited<S>);
    }, find);
  } catch (error) {
    throw (await changeQuotaProblem(deps, change)) ?? error;
  }
}
