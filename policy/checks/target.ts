import type { Explanation, RawDiagnostic } from '../raw-diagnostic.ts';
import { compareReleases, type Release, releases } from '../release.ts';
import type { AnalysisOptions } from './context.ts';
import { type Requirement, requirements } from './requirements.ts';
import type { Unit } from './unit.ts';

export const targetDiagnostics = {
  target: {
    title: 'Newer than the target release',
    severity: 'error',
    text: 'The target release does not support this construct, or does not include this file: its apparmor_parser refuses the whole profile.',
    example: 'profile demo {\n  userns,\n}\n',
  },
  'target-backport': {
    title: 'Known to the last point releases of the target only',
    severity: 'warning',
    text: 'A later release introduced this construct, and the last point releases of the target series accept or ignore it, as 2.13 does with abi. Hosts with an earlier point release, which distributions often ship, refuse the whole file.',
    example: 'profile demo {\n  mount options=(nosymfollow) /a -> /b/,\n}\n',
  },
} as const satisfies Record<string, Explanation>;

/** Reports what is newer than the target; returns the lowest release that knows everything the file uses. */
export function checkTarget(
  { units, sameSince }: { units: readonly Unit[]; sameSince: Release | undefined },
  { target, targetBase }: AnalysisOptions,
): Release {
  let needs = sameSince ?? releases[0];
  for (const unit of units) {
    // The base policy is correct for the release that it came with.
    if (unit.base) continue;
    for (const one of requirements(unit.file)) {
      if (compareReleases(one.release, needs) > 0) needs = one.release;
      if (target === undefined || compareReleases(one.release, target) <= 0) continue;
      if (one.base === 'variable' || (one.base === 'file' && targetBase)) continue;
      unit.diagnostics.push(tooNew(one, target));
    }
  }
  return needs;
}

/** The diagnostic of a construct that is newer than the target. */
function tooNew(
  { what, release, backported, start, end }: Requirement,
  target: Release,
): RawDiagnostic {
  const range = { start, end: Math.min(end, start + 200) };
  if (backported?.includes(target)) {
    return {
      ...range,
      id: 'target-backport',
      message: `${what} came with AppArmor ${release}, and only the last point releases of ${target} accept it.`,
      expected: `AppArmor ${release}, or the newest ${target}`,
    };
  }
  return {
    ...range,
    id: 'target',
    message: `AppArmor ${target} does not know ${what}; it came with ${release}.`,
    expected: `what AppArmor ${target} knows, or a later target`,
  };
}
