// The installation of one package by pull, or what would come of it.
import { definedProfiles } from '../../trust/index.ts';
import { detectDrift, isAsInstalled } from '../host/drift.ts';
import type { InstallRefusal } from '../host/install.ts';
import { type Installation, isRecordOf } from '../host/installation.ts';
import { findPolicyChange } from '../host/installed-change.ts';
import { textInstalled } from '../host/installed-text.ts';
import { readPolicy, stateOf } from '../host/kernel.ts';
import type { Named } from '../host/state.ts';
import { type TrustView, verifyStored } from '../host/store.ts';
import { type InstallPlan, installPlanned } from '../install-plan.ts';
import type { PolicyChange } from '../policy-change.ts';
import type { Refusal } from '../refusal.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { findIn, type UpdateWaits } from './held.ts';

/** An installed profile; with `dryRun`, one that would be installed. */
export interface Pulled {
  ok: true;
  profile: VerifiedProfile;
  /** The path it is installed at. */
  file: string;
  /** The previously installed version, if any. */
  from: string | undefined;
  /** Whether anything changed. */
  changed: boolean;
  /** The mode in the kernel; `undefined` for another root. */
  mode: string | undefined;
  /** The path that a file in the way was moved to, unless it was the installed one. */
  setAside: string | undefined;
  /** With `dryRun`: what it permits in place of the installed version, if there is another one. */
  policy?: PolicyChange | undefined;
  /** The packages that it needs and that were installed or replaced with it. */
  needed: readonly PulledWith[];
  /** The installed packages that were loaded again because of that. */
  reloaded: readonly Named[];
  /** With `dryRun`: why it would not be installed. */
  held?: UpdateWaits | undefined;
}

/** A package that was installed with one that needs it. */
export interface PulledWith extends Named {
  version: string;
  digest: string;
  /** The version that it replaced. */
  from: string | undefined;
}

/** Why a verified profile was not installed. */
export interface NotInstalled extends Refusal<InstallRefusal | 'dependent-unverified'> {
  profile: VerifiedProfile;
}

interface OneInstallation {
  root: string;
  plan: InstallPlan;
  before: Installation | undefined;
  reference: string;
  complain: boolean | undefined;
  replace: boolean | undefined;
  view: TrustView;
  /** Called before the host is changed, unless nothing needs to be. */
  onStart: () => void;
  onStep: (step: string) => void;
}

/** Installs a package with what it needs, unless it is installed already. */
export async function installOne({
  root,
  plan,
  before,
  reference,
  complain,
  replace,
  view,
  onStart,
  onStep,
}: OneInstallation): Promise<Pulled | NotInstalled> {
  const { profile } = plan;
  const isWanted =
    before?.digest === profile.digest &&
    before.version === profile.version &&
    isRecordOf(before, profile) &&
    before.reference === reference &&
    before.origin === 'pull' &&
    plan.changed.length === 0 &&
    before.rolledBackFrom === undefined &&
    (complain === undefined || before.complainChosen === complain);
  const policy = root === '/' ? await readPolicy() : undefined;
  const isSame = isWanted && isAsInstalled(await detectDrift(root, before, policy));
  // A stored version that can no longer be verified is stored again.
  if (isSame && (await verifyStored(root, before, before, view)).ok) {
    const mode = policy && stateOf(policy, definedProfiles(profile))?.mode;
    const { path: file } = textInstalled(root, profile);
    return {
      ok: true,
      profile,
      file,
      from: before.version,
      changed: false,
      mode,
      setAside: undefined,
      ...{ needed: [], reloaded: [] },
    };
  }
  const options = {
    root,
    complain,
    complainChosen: complain,
    reference,
    origin: 'pull',
    replace,
    onStep,
  } as const;
  onStart();
  const done = await installPlanned(plan, options, view);
  if (!done.ok) return { ...done, profile };
  const { file, mode, setAside } = done;
  const from = before?.version;
  const result = { ok: true, profile, file, from, changed: true, mode, setAside } as const;
  return { ...result, ...describePlan(plan) };
}

function describePlan({ changed, reloaded }: InstallPlan): Pick<Pulled, 'needed' | 'reloaded'> {
  const needed = changed.map(({ profile: { team, name, version, digest }, before }) => ({
    ...{ team, name, version, digest, from: before?.version },
  }));
  return { needed, reloaded };
}

/** The expected result of an installation. Only what would change is known without doing it. */
export async function preview(
  root: string,
  plan: InstallPlan,
  installed: readonly Installation[],
  options: { complain?: boolean | undefined },
): Promise<Pulled> {
  const { profile } = plan;
  const before = findIn(installed, profile);
  const { complain = before?.complain } = options;
  const { path: file, text } = textInstalled(root, profile);
  const changed = text !== new TextDecoder().decode(profile.bytes);
  const changes = plan.changed.map((one) => one.profile);
  const isOther = before?.digest !== profile.digest || changes.length > 0;
  const packages = { complain, installed, changed: changes };
  return {
    ...{ ok: true, profile, file, from: before?.version, changed },
    ...{ mode: undefined, setAside: undefined },
    ...describePlan(plan),
    policy: isOther ? await findPolicyChange(root, before, profile, packages) : undefined,
  };
}
