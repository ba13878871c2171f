import { formatReference, type Reference } from '../../trust/index.ts';
import { type Attachment, attachmentsIn } from '../attachments.ts';
import type { Holder } from '../host/abstractions.ts';
import type { TargetRefusal } from '../host/install.ts';
import type { Installation } from '../host/installation.ts';
import { listInstallations } from '../host/state.ts';
import { readTrustView, type TrustView } from '../host/store.ts';
import { removeUnneeded } from '../host/unneeded.ts';
import { type InstallPlan, type PlanRefusal, planInstall } from '../install-plan.ts';
import type { PackageSource } from '../package-source.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
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
  isCopy,
  openSource,
  type ProveEvent,
  type ProveRefusal,
  prove,
  type SourceOptions,
  type SourceRefusal,
  sourceView,
  teamsOf,
} from './prove.ts';
import { installOne, type NotInstalled, type Pulled, preview } from './pull-one.ts';

export type { NotInstalled, Pulled, PulledWith } from './pull-one.ts';

export interface PullOptions extends HostOptions<PullEvent>, SourceOptions {
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
  /** A profile was installed, or was installed already. */
  | { kind: 'installed'; at: number; pulled: Pulled };

export type PullRefusal =
  | PlanRefusal
  | TargetRefusal
  | NoRootRefusal
  | NoTrustRefusal
  | SourceRefusal
  | ProveRefusal
  | NotInstalled
  | UpdateWaits;

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
  const { dryRun = false, offline } = options;
  const opened = await openHost(options, { change: !dryRun, teams: teamsOf(references) });
  if (!opened.ok) return { ...opened, items: [] };
  const { host } = opened;
  const { root, trust, folder } = host;
  const { onEvent: emit = () => {} } = options;
  const wanted = await openSource(host, references, options);
  if (!wanted.ok) return { ...wanted, items: [] };
  const { source } = wanted;
  // A copy may be older than a revocation.
  if (isCopy(options) && !dryRun) {
    const teams = source.references.map(({ team }) => team);
    await currentView(withoutNetwork(host, offline), teams);
  }
  const proveFor = async (installed: readonly Installation[]) => {
    const version = (reference: Reference) => findIn(installed, reference)?.version;
    const options = { folder, installed: version, remember: !dryRun };
    return prove(host, source, options, emit);
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
