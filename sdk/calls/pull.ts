import { formatReference, type Reference } from '../../trust/index.ts';
import { detectDrift, isAsInstalled } from '../host/drift.ts';
import { type InstallRefusal, install, type TargetRefusal } from '../host/install.ts';
import { textInstalled } from '../host/installed-text.ts';
import { readPolicy } from '../host/kernel.ts';
import { type Installation, listInstallations } from '../host/state.ts';
import { readTrustView, type TrustView, verifyStored } from '../host/store.ts';
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
import {
  openSource,
  type ProveEvent,
  type ProveRefusal,
  prove,
  type SourceRefusal,
} from './prove.ts';

export interface PullOptions extends HostOptions<PullEvent> {
  /** The path of a bundle to take the profiles from, instead of the registry. */
  bundle?: string | undefined;
  /** With a bundle: do not ask the registry which keys were revoked since it was made. */
  offline?: boolean | undefined;
  /** Load in complain mode, or in the profile's own; as it is installed already when left out. */
  complain?: boolean | undefined;
  /** Fetch and verify, but change nothing. */
  dryRun?: boolean | undefined;
}

export type PullEvent =
  | HostEvent
  | ProveEvent
  | StepEvent
  /** A profile was installed, or was already. */
  | { kind: 'installed'; at: number; pulled: Pulled };

/** A profile that a host has now; with `dryRun`, that it would have. */
export interface Pulled {
  ok: true;
  profile: VerifiedProfile;
  /** The path that it is installed as. */
  file: string;
  /** The version that was installed before, when one was. */
  from: string | undefined;
  /** Whether anything was changed. */
  changed: boolean;
  /** The mode in which the kernel has it; `undefined` for another root. */
  mode: string | undefined;
  /** Where the file went that was in the way, when it was not what had been installed. */
  setAside: string | undefined;
}

export type PullRefusal =
  | TargetRefusal
  | NoRootRefusal
  | NoTrustRefusal
  | SourceRefusal
  | ProveRefusal
  | NotInstalled;

/** Why a verified profile was not installed. */
export interface NotInstalled extends Refusal<InstallRefusal> {
  profile: VerifiedProfile;
}

/**
 * Installs the profile that a reference names: fetched, proved to come from its team, checked, loaded into the kernel and
 * written to `etc/apparmor.d`. Installed already, it changes nothing. What an interrupted run began is finished first, and
 * no other run changes the host meanwhile. Throws when the registry can't be reached or refuses (see {@link Client}).
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

/** What became of several profiles; `items` has those that were installed, in order. */
export type PullReport = ({ ok: true } | PullRefusal) & { items: Pulled[] };

/**
 * As {@link pull}, for several profiles, or with none named all of a bundle. All are proved before the first is installed;
 * where one can't be installed, those before it stay.
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
  const opened = await openHost(options, { change: !dryRun });
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
  const proveFor = (installed: readonly Installation[]) => {
    const version = (reference: Reference) => findIn(installed, reference)?.version;
    return prove(host, source, { folder, installed: version, remember: !dryRun }, emit);
  };
  if (dryRun) {
    const installed = await listInstallations(root);
    const proved = await proveFor(installed);
    if (!proved.ok) return { ...proved, items: [] };
    return { ok: true, items: proved.profiles.map((one) => preview(root, one, installed)) };
  }
  return change(root, { ...options, trust }, async (): Promise<PullReport> => {
    const installed = await listInstallations(root);
    const proved = await proveFor(installed);
    if (!proved.ok) return { ...proved, items: [] };
    const view = await readTrustView(root, trust);
    const items: Pulled[] = [];
    for (const [at, profile] of proved.profiles.entries()) {
      const pulled = await installOne({
        root,
        profile,
        before: findIn(installed, profile),
        reference: formatReference(source.references[at] as Reference),
        complain: options.complain,
        view,
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
  view: TrustView;
  onStep: (step: string) => void;
}

async function installOne({
  root,
  profile,
  before,
  reference,
  complain,
  view,
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
  // A stored version that this host can no longer prove is stored again.
  if (isSame && (await verifyStored(root, before, before, view)).ok) {
    const mode = policy?.get(profile.name)?.mode;
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
    onStep,
  } as const;
  const done = await install(profile, options);
  if (!done.ok) return { ...done, profile };
  const { file, mode, setAside } = done;
  return { ok: true, profile, file, from: before?.version, changed: true, mode, setAside };
}

/** What would be installed. Whether it would change the file is all that can be told without doing it. */
function preview(
  root: string,
  profile: VerifiedProfile,
  installed: readonly Installation[],
): Pulled {
  const { path: file, text } = textInstalled(root, profile);
  const changed = text !== new TextDecoder().decode(profile.bytes);
  const from = findIn(installed, profile)?.version;
  return { ok: true, profile, file, from, changed, mode: undefined, setAside: undefined };
}

function findIn(
  installed: readonly Installation[],
  { team, name }: { team: string; name: string },
): Installation | undefined {
  return installed.find((one) => one.team === team && one.name === name);
}
