import { accepts, compareVersions, splitPath } from '../../trust/index.ts';
import { type Client, isRegistryFailure } from '../client.ts';
import { packagePath, requirementsOfHolder } from '../host/abstractions.ts';
import type { InstallRefusal, TargetRefusal } from '../host/install.ts';
import type { Earlier, Installation } from '../host/installation.ts';
import { listInstallations } from '../host/state.ts';
import { type TrustView, verifyStored } from '../host/store.ts';
import { lacksKeys } from '../host/trust-check.ts';
import { removeUnneeded } from '../host/unneeded.ts';
import {
  type InstallPlan,
  installPlanned,
  type PlanRefusal,
  planInstall,
} from '../install-plan.ts';
import { fromStore } from '../package-source.ts';
import type { Refusal } from '../refusal.ts';
import type { Verified, VerifiedProfile, VerifyRefusalId } from '../resolve/index.ts';
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
import { findInstalled, type NotInstalledRefusal, pathOf } from './installed.ts';

export interface RollbackOptions extends HostOptions<RollbackEvent> {
  /** The version to go back to; default the previously installed older one. */
  to?: string | undefined;
  /** Do not ask the registry for yanked versions and revoked keys. */
  offline?: boolean | undefined;
}

export type RollbackEvent =
  | HostEvent
  | { kind: 'version-yanked'; version: string; reason: string }
  /** The registry could not be asked whether the version was yanked. */
  | { kind: 'yank-unknown'; version: string; reason: string }
  | StepEvent;

export interface RolledBack {
  ok: true;
  profile: VerifiedProfile;
  file: string;
  /** The version installed before the rollback. */
  from: string;
  /** Whether this version is newer than `from`, so that this goes forward again. */
  isForward: boolean;
  /** The mode in the kernel; `undefined` for another root. */
  mode: string | undefined;
  /** The path that a file in the way was moved to, unless it was the installed one. */
  setAside: string | undefined;
}

/** No stored version matches; `stored` lists the values for `to`. */
export interface NotStoredRefusal
  extends Refusal<'nothing-older' | 'not-kept' | 'already-installed'> {
  installation: Installation;
  stored: string[];
}

export type RollbackRefusal =
  | TargetRefusal
  | NoRootRefusal
  | NoTrustRefusal
  | NotInstalledRefusal
  | NotStoredRefusal
  | (Refusal<VerifyRefusalId | InstallRefusal | PlanRefusal['id'] | 'not-kept'> & {
      installation: Installation;
      /** Whether its team has fewer trusted, unrevoked keys than its threshold. */
      lacksKeys: boolean;
    });

/**
 * Goes back to the previously installed older version of a profile, by its name or `team/name`. Needs no network: the host
 * stores earlier versions with their evidence and verifies them again. Another rollback goes further back.
 */
export async function rollback(
  name: string,
  options: RollbackOptions = {},
): Promise<RolledBack | RollbackRefusal> {
  return explainingErrors(() => goBack(name, options));
}

async function goBack(
  name: string,
  options: RollbackOptions,
): Promise<RolledBack | RollbackRefusal> {
  const { to, offline = false, onEvent: emit = () => {} } = options;
  const opened = await openHost(options, { change: true });
  if (!opened.ok) return opened;
  const { host } = opened;
  const { root, trust } = host;
  return change(root, { ...options, trust }, async () => {
    const found = await findInstalled(root, name);
    if (!found.ok) return found;
    const { installation } = found;
    const release = chooseEarlier(installation, to);
    if (!('digest' in release)) return release;
    const isForward = compareVersions(release.version, installation.version) > 0;
    if (!offline)
      await tellYanked(await host.connect({ brief: true }), installation, release, emit);
    const needed = Object.keys(release.needed ?? {}).map((path) => splitPath(path).team);
    const teams = [installation.team, ...needed];
    const view = await currentView(withoutNetwork(host, offline), teams);
    const planned = await planRollback(root, installation, release, view);
    const done = planned.ok
      ? await installPlanned(
          planned,
          {
            root,
            reference: installation.reference,
            verifiedAt: release.verifiedAt,
            // Going forward again with `to` is not a rollback: sync follows the registry as before.
            rolledBackFrom: isForward ? undefined : installation.version,
            onStep: (step) => emit({ kind: 'step', at: 0, step }),
          },
          view,
        )
      : planned;
    if (!done.ok) {
      const { id, reason, next } = done as Refusal<typeof done.id>;
      const { team } = installation;
      const lacking = lacksKeys(trust, team, view.revoked.get(team));
      return { ok: false, id, reason, next, installation, lacksKeys: lacking };
    }
    await removeUnneeded(root);
    const { profile } = planned as InstallPlan;
    const { file, mode, setAside } = done;
    return { ok: true, profile, file, from: installation.version, isForward, mode, setAside };
  });
}

/** Plans to go back to a release, and to the versions of other packages that it was installed with. */
async function planRollback(
  root: string,
  installation: Installation,
  release: Earlier,
  view: TrustView,
): Promise<InstallPlan | PlanRefusal | Extract<Verified, { ok: false }> | Refusal<'not-kept'>> {
  const verified = await verifyStored(root, installation, release, view);
  if (!verified.ok) return verified;
  const installed = await listInstallations(root);
  const others = installed.filter((one) => packagePath(one) !== packagePath(installation));
  for (const [path, version] of Object.entries(release.needed ?? {})) {
    const strict = others
      .flatMap(requirementsOfHolder)
      .find((one) => one.path === path && !accepts(one.range, version));
    if (!strict) continue;
    const reason = `${release.version} was installed with ${path} ${version}, and ${strict.by} needs ${path}@${strict.range}`;
    return { ok: false, id: 'dependency-conflict', reason };
  }
  const source = fromStore(root, release, installed, view);
  return planInstall(verified.profile, { installed, source, keep: false });
}

function chooseEarlier(
  installation: Installation,
  to: string | undefined,
): Earlier | NotStoredRefusal {
  const { version, earlier } = installation;
  const release = earlier.find((one) =>
    to === undefined ? compareVersions(one.version, version) < 0 : one.version === to,
  );
  if (release) return release;
  const path = pathOf(installation);
  const [id, reason] =
    to === version
      ? (['already-installed', `${path} is already at ${version}`] as const)
      : to === undefined
        ? ([
            'nothing-older',
            `no version of ${path} older than ${version} is stored on this host`,
          ] as const)
        : (['not-kept', `${path}@${to} was not installed here`] as const);
  return { ok: false, id, reason, installation, stored: earlier.map((one) => one.version) };
}

/** Reports if the registry has yanked the target version; a warning only. */
async function tellYanked(
  client: Client,
  { team, name }: Installation,
  { version }: Earlier,
  emit: (event: RollbackEvent) => void,
): Promise<void> {
  try {
    const { yankReason } = await client.getVersion({ team, name, version });
    if (yankReason !== null) emit({ kind: 'version-yanked', version, reason: yankReason });
  } catch (error) {
    if (!isRegistryFailure(error)) throw error;
    emit({ kind: 'yank-unknown', version, reason: error.message });
  }
}
