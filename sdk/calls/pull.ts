import { definedProfiles, formatReference, type Reference } from '../../trust/index.ts';
import { type Attachment, attachmentsIn } from '../attachments.ts';
import { detectDrift, isAsInstalled } from '../host/drift.ts';
import { type InstallRefusal, install, type TargetRefusal } from '../host/install.ts';
import type { Installation } from '../host/installation.ts';
import { findPolicyChange } from '../host/installed-change.ts';
import { textInstalled } from '../host/installed-text.ts';
import { readPolicy, stateOf } from '../host/kernel.ts';
import { listInstallations } from '../host/state.ts';
import { readTrustView, type TrustView, verifyStored } from '../host/store.ts';
import type { PolicyChange } from '../policy-change.ts';
import type { Refusal } from '../refusal.ts';
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
  openSource,
  type ProveEvent,
  type ProveRefusal,
  prove,
  type SourceRefusal,
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
  /** With `dryRun`: why it would not be installed. */
  held?: UpdateWaits | undefined;
}

export type PullRefusal =
  | TargetRefusal
  | NoRootRefusal
  | NoTrustRefusal
  | SourceRefusal
  | ProveRefusal
  | NotInstalled
  | UpdateWaits;

/** Why a verified profile was not installed. */
export interface NotInstalled extends Refusal<InstallRefusal> {
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
    return prove(host, source, options, emit);
  };
  const { trust: named, complain } = options;
  const holding = (installed: readonly Installation[], view: TrustView) => ({
    ...{ root, trust: named, complain, installed, view },
  });
  if (dryRun) {
    const installed = await listInstallations(root);
    const proved = await proveFor(installed);
    if (!proved.ok) return { ...proved, items: [] };
    const items: Pulled[] = [];
    const view = await readTrustView(root, trust);
    const held = await findHeld(holding(installed, view), source.references, proved.profiles);
    for (const [at, profile] of proved.profiles.entries()) {
      const before = findIn(installed, profile);
      items.push({ ...(await preview(root, profile, before, options)), held: held[at] });
    }
    return { ok: true, items };
  }
  return change(root, { ...options, trust }, async (): Promise<PullReport> => {
    const installed = await listInstallations(root);
    const proved = await proveFor(installed);
    if (!proved.ok) return { ...proved, items: [] };
    const view = await readTrustView(root, trust);
    const held = await findHeld(holding(installed, view), source.references, proved.profiles);
    const first = held.find((one) => one !== undefined);
    if (first) return { ...first, items: [] };
    const items: Pulled[] = [];
    for (const [at, profile] of proved.profiles.entries()) {
      const pulled = await installOne({
        root,
        profile,
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
    return { ok: true, items };
  });
}

interface OneInstallation {
  root: string;
  profile: VerifiedProfile;
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
  profile,
  before,
  reference,
  complain,
  replace,
  view,
  onStart,
  onStep,
}: OneInstallation): Promise<Pulled | NotInstalled> {
  const isWanted =
    before?.digest === profile.digest &&
    before.version === profile.version &&
    before.reference === reference &&
    before.origin === 'pull' &&
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
  const done = await install(profile, options);
  if (!done.ok) return { ...done, profile };
  const { file, mode, setAside } = done;
  return { ok: true, profile, file, from: before?.version, changed: true, mode, setAside };
}

/** The expected result of an installation. Only what would change is known without doing it. */
async function preview(
  root: string,
  profile: VerifiedProfile,
  before: Installation | undefined,
  { complain = before?.complain }: PullOptions,
): Promise<Pulled> {
  const { path: file, text } = textInstalled(root, profile);
  const changed = text !== new TextDecoder().decode(profile.bytes);
  const isOther = before?.digest !== profile.digest;
  return {
    ...{ ok: true, profile, file, from: before?.version, changed },
    ...{ mode: undefined, setAside: undefined },
    policy: isOther ? await findPolicyChange(root, before, profile, { complain }) : undefined,
  };
}
