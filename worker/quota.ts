import { type Amounts, readQuota } from '../db/quotas.ts';
import type { Deps } from './deps.ts';
import { ProblemError } from './problem.ts';

/** A team's limits: its own, or the registry's. */
export function limitsOf(own: { [K in keyof Amounts]: number | null }, limits: Amounts): Amounts {
  return {
    profiles: own.profiles ?? limits.profiles,
    versions: own.versions ?? limits.versions,
    bytes: own.bytes ?? limits.bytes,
  };
}

/** Which of its limits a team would exceed by storing so much more, in words; `undefined` when none. */
export async function exceededBy(
  { db, limits }: Deps,
  team: string,
  more: Amounts,
): Promise<string | undefined> {
  const { used, own } = await readQuota(db, team);
  const most = limitsOf(own, limits.team);
  for (const what of ['profiles', 'versions', 'bytes'] as const) {
    if (more[what] > 0 && used[what] + more[what] > most[what]) {
      return `${used[what]} of ${most[what]} ${what}, and this needs ${more[what]} more`;
    }
  }
  return undefined;
}

/** The problem that a team has no room for so much more; `undefined` when it has. */
export async function noRoom(
  deps: Deps,
  team: string,
  more: Amounts,
): Promise<ProblemError | undefined> {
  const reason = await exceededBy(deps, team, more);
  return reason === undefined
    ? undefined
    : new ProblemError(
        'quota-exceeded',
        `Team ${team} has ${reason}. An administrator can raise the limit.`,
      );
}
