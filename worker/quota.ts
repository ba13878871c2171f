import type { Amounts, Quota } from '../db/quotas.ts';
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

/** The problem that a team has no room for so much more than it has stored; `undefined` when it has. */
export function noRoom(
  { limits }: Pick<Deps, 'limits'>,
  team: string,
  { used, own }: Quota,
  more: Amounts,
): ProblemError | undefined {
  const most = limitsOf(own, limits.team);
  for (const what of ['profiles', 'versions', 'bytes'] as const) {
    if (more[what] === 0 || used[what] + more[what] <= most[what]) continue;
    const reason = `${used[what]} of ${most[what]} ${what}, and this needs ${more[what]} more`;
    return new ProblemError(
      'quota-exceeded',
      `Team ${team} has ${reason}. An administrator can raise the limit.`,
    );
  }
  return undefined;
}
