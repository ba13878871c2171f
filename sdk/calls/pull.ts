import { definedProfiles, formatReference, type Reference } from '../../trust/index.ts';
import { type Attachment, attachmentsIn } from '../attachments.ts';
import type { Holder } from '../host/abstractions.ts';
import { detectDrift, isAsInstalled } from '../host/drift.ts';
import type { InstallRefusal, TargetRefusal } from '../host/install.ts';
import type { Installation } from '../host/installation.ts';
import { findPolicyChange } from '../host/installed-change.ts';
import { textInstalled } from '../host/installed-text.ts';
import { readPolicy, stateOf } from '../host/kernel.ts';
import { listInstallations, type Named } from '../host/state.ts';
import { readTrustView, type TrustView, verifyStored } from '../host/store.ts';
import { removeUnneeded } from '../host/unneeded.ts';
import {
  type InstallPlan,
  installPlanned,
  type PlanRefusal,
  planInstall,
} from '../install-plan.ts';
import type { PackageSource } from '../package-source.ts';
import type { PolicyChange } from '../policy-change.ts';
import type { Refusal } from '../refusal.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import type { VariantChoice } from '../resolve/variant.ts';
import { explainingErrors } from '../system-error.ts';
import {
  change,
  currentView,
  type HostEvent,
  type HostOptions,
  type NoRootRefusal,
  type NoTrustRefusal,
  openHost,
  type StepEvent,
  withoutNetwork,
} from './context.ts';
import { findHeld, findIn, type UpdateWaits } from './held.ts';
import {
  openSource,
  type ProveEvent,
  type ProveRefusal,
  prove,
  type SourceRefusal,
  sourceView,
  teamsOf,
} from './prove.ts';

export interface PullOptions extends HostOptions<PullEvent> {
  /** The path of a bundle to read the profiles from instead of the registry. */
  bundle?: string | undefined;
  /** With a bundle: do not ask the registry for revocations after it was made. */
  offline?: boolean | undefined;
  /** Whether to load in complain mode; default: as installed already, else the profile's own mode. */
  complain?: boolean | undefined;
  /** Replace profiles that something else has loaded. */
  replace?: boolean | undefined;
  /** Fetch and verify, but change nothing. */
  dryRun?: boolean | undefined;
}

export type PullEvent =
  | HostEvent
  | ProveEvent
  | StepEvent
  /** What a package that is about to be installed attaches to. */
  | { kind: 'attaches'; profile: VerifiedProfile; attachments: readonly Attachment[] }
  /** Which variant of a version was chosen, and why. */
  | { kind: 'variant'; profile: VerifiedProfile; choice: VariantChoice }
  /** A profile was installed, or was installed already. */
  | { kind: 'installed'; at: number; pulled: Pulled };

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

export type PullRefusal =
  | PlanRefusal
  | TargetRefusal
  | NoRootRefusal
  | NoTrustRefusal
  | SourceRefusal
  | ProveRefusal
  | NotInstalled
  | UpdateWaits;

/** Why a verified profile was not installed. */
export interface NotInstalled extends Refusal<InstallRefusal | 'dependent-unverified'> {
  profile: VerifiedProfile;
}

/**
 * Installs the profile that a reference names: fetches, verifies and checks it, loads it into the kernel and writes it
 * to `etc/apparmor.d`. Changes nothing if it is installed already. Unless the reference names an exact version, the
 * host's profiles.toml may require approval first (`updates`). Finishes what an interrupted run began first, and
 * locks the host meanwhile. Throws if the registry can't be reached or refuses (see {@link Client}).
 *
 * @example
 * const pulled = await pull('docker-nginx@^1.2', { root: '/mnt/image' });
 * console.log(pulled.ok ? pulled.file : `refused: ${pulled.reason} [${pulled.id}]`);
 */
export async function pull(
  reference: string | Reference,
  options: PullOptions = {},
): Promise<Pulled | PullRefusal> {
  const report = await pullAll([reference], options);
  return report.ok ? (report.items[0] as Pulled) : report;
}

/** The results of several profiles; `items` has the installed ones, in order. */
export type PullReport = ({ ok: true } | PullRefusal) & { items: Pulled[] };

/**
 * Like {@link pull} for several profiles, or for all of a bundle if none is named. All are verified before the first is
 * installed; if one can't be installed, those before it stay installed.
 */
export async function pullAll(
  references: readonly (string | Reference)[],
  options: PullOptions = {},
): Promise<PullReport> {
  return explainingErrors(() => pullEach(references, options));
}

async function pullEach(
  references: readonly (string | Reference)[],
  options: PullOptions,
): Promise<PullReport> {
  const { bundle, dryRun = false, offline } = options;
  const opened = await openHost(options, { change: !dryRun, teams: teamsOf(references) });
  if (!opened.ok) return { ...opened, items: [] };
  const { host } = opened;
  const { root, trust, folder } = host;
  const { onEvent: emit = () => {} } = options;
  const wanted = await openSource(host, references, bundle);
  if (!wanted.ok) return { ...wanted, items: [] };
  const { source } = wanted;
  // A bundle may be older than a revocation.
  if (bundle !== undefined && !dryRun) {
    const teams = source.references.map(({ team }) => team);
    await currentView(withoutNetwork(host, offline), teams);
  }
  const proveFor = async (installed: readonly Installation[]) => {
    const version = (reference: Reference) => findIn(installed, reference)?.version;
    const options = { folder, installed: version, remember: !dryRun };
    const proved = await prove(host, source, options, emit);
    for (const profile of proved.ok ? proved.profiles : []) {
      if (profile.variant !== undefined) emit({ kind: 'variant', profile, choice: host.choice });
    }
    return proved;
  };
  const { trust: named, complain } = options;
  const holding = (installed: readonly Installation[], view: TrustView) => ({
    ...{ root, trust: named, complain, installed, view },
  });
  const planFor = async (installed: readonly Installation[]) => {
    const proved = await proveFor(installed);
    if (!proved.ok) return proved;
    return planAll(proved.profiles, installed, source.needed(await sourceView(host, !dryRun)));
  };
  if (dryRun) {
    const installed = await listInstallations(root);
    const planned = await planFor(installed);
    if (!planned.ok) return { ...planned, items: [] };
    const items: Pulled[] = [];
    const view = await readTrustView(root, trust);
    const held = await findHeld(holding(installed, view), source.references, planned.plans);
    for (const [at, plan] of planned.plans.entries()) {
      items.push({ ...(await preview(root, plan, installed, options)), held: held[at] });
    }
    return { ok: true, items };
  }
  return change(root, { ...options, trust }, async (): Promise<PullReport> => {
    const installed = await listInstallations(root);
    const planned = await planFor(installed);
    if (!planned.ok) return { ...planned, items: [] };
    const view = await readTrustView(root, trust);
    const held = await findHeld(holding(installed, view), source.references, planned.plans);
    const first = held.find((one) => one !== undefined);
    if (first) return { ...first, items: [] };
    const items: Pulled[] = [];
    for (const [at, plan] of planned.plans.entries()) {
      const { profile } = plan;
      const pulled = await installOne({
        root,
        plan: await current(root, plan),
        before: findIn(installed, profile),
        reference: formatReference(source.references[at] as Reference),
        complain: options.complain,
        replace: options.replace,
        view,
        onStart: () => {
          const attachments = attachmentsIn(profile);
          if (attachments.length > 0) emit({ kind: 'attaches', profile, attachments });
        },
        onStep: (step) => emit({ kind: 'step', at, step }),
      });
      if (!pulled.ok) return { ...pulled, items };
      items.push(pulled);
      emit({ kind: 'installed', at, pulled });
    }
    await removeUnneeded(root);
    return { ok: true, items };
  });
}

/** Plans the installation of verified packages, one after the other. */
async function planAll(
  profiles: readonly VerifiedProfile[],
  installed: readonly Installation[],
  needs: PackageSource,
): Promise<{ ok: true; plans: InstallPlan[] } | PlanRefusal> {
  const plans: InstallPlan[] = [];
  let holders: readonly Holder[] = installed;
  for (const profile of profiles) {
    const plan = await planInstall(profile, { installed, holders, source: needs });
    if (!plan.ok) return plan;
    plans.push(plan);
    holders = plan.after;
  }
  return { ok: true, plans };
}

/** A plan whose packages to load again are those that are installed now, after plans before it. */
async function current(root: string, plan: InstallPlan): Promise<InstallPlan> {
  const installed = await listInstallations(root);
  return { ...plan, reloaded: plan.reloaded.flatMap((one) => findIn(installed, one) ?? []) };
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

async function installOne({
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
async function preview(
  root: string,
  plan: InstallPlan,
  installed: readonly Installation[],
  options: PullOptions,
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
