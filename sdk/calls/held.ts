import type { Reference } from '../../trust/index.ts';
import type { Installation, Waiting } from '../host/installation.ts';
import type { Named } from '../host/state.ts';
import type { TrustView } from '../host/store.ts';
import type { InstallPlan } from '../install-plan.ts';
import { profilesPlace, readProfiles } from '../profiles-file.ts';
import type { Refusal } from '../refusal.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { describeHold, holdAdvice, holdUpdate } from '../update-gate.ts';
import type { UpdateRule } from '../update-rule.ts';
import type { HostOptions } from './context.ts';
import { pathOf } from './installed.ts';

/** A version that profiles.toml does not let in without approval. */
export interface UpdateWaits extends Refusal<'update-waits'> {
  profile: VerifiedProfile;
  waiting: Waiting;
}

interface HoldOptions extends Pick<HostOptions<never>, 'trust'> {
  root: string;
  /** The requested mode, if there is one. */
  complain: boolean | undefined;
  installed: readonly Installation[];
  view: TrustView;
}

/** Why profiles.toml does not let in each of the profiles, if so. An exact version is the operator's decision. */
export async function findHeld(
  { root, ...options }: HoldOptions,
  references: readonly Reference[],
  plans: readonly InstallPlan[],
): Promise<(UpdateWaits | undefined)[]> {
  if (references.every(isExact)) return [];
  const wanted = (await readProfiles(profilesPlace(root))) ?? [];
  const ruleOf = (named: Named) =>
    wanted.find((one) => isSame(one.reference, named))?.updates ?? 'any';
  const held: (UpdateWaits | undefined)[] = [];
  for (const [at, plan] of plans.entries()) {
    const reference = references[at];
    const isGated = reference && !isExact(reference);
    held.push(isGated ? await hold({ root, ...options }, plan, ruleOf) : undefined);
  }
  return held;
}

async function hold(
  { root, trust, complain, installed, view }: HoldOptions,
  plan: InstallPlan,
  ruleOf: (named: Named) => UpdateRule,
): Promise<UpdateWaits | undefined> {
  const { profile } = plan;
  const rule = ruleOf(profile);
  const before = findIn(installed, profile);
  // With another trust file than the host's, its records are not trusted either.
  const isForeign = trust !== undefined;
  const installation = before && isForeign ? { ...before, approved: undefined } : before;
  const waiting = await holdUpdate({
    ...{ root, installation, profile, rule, plan, ruleOf, installed },
    complain: complain ?? before?.complain,
    ...(isForeign && { view }),
  });
  if (!waiting) return undefined;
  const named = pathOf(profile);
  const reason = `${named} ${describeHold(waiting, before?.version, rule)}`;
  const next = holdAdvice(profile, { installation: before, host: { root, trust } });
  return { ok: false, id: 'update-waits', reason, next, profile, waiting };
}

/** The installation of a profile. */
export function findIn(installed: readonly Installation[], named: Named): Installation | undefined {
  return installed.find((one) => isSame(one, named));
}

function isSame(one: Named, other: Named): boolean {
  return one.team === other.team && one.name === other.name;
}

function isExact({ selector }: Reference): boolean {
  return selector.kind === 'version' || selector.kind === 'digest';
}
