import { parseReference, type Reference } from '../../trust/index.ts';
import { UnreachableError } from '../client.ts';
import { isSdkError } from '../error.ts';
import { type Installation, otherVariant, profilesOf } from '../host/installation.ts';
import { variantChoice } from '../host/release.ts';
import type { PackageName } from '../host/state.ts';
import { type HostStatus, type InstalledStatus, readStatus, verdictOf } from '../host/status.ts';
import { checkTrust, type TrustCheck } from '../host/trust-check.ts';
import { profilesPlace, readProfiles, unlisted } from '../profiles-file.ts';
import type { Refusal } from '../refusal.ts';
import { fetchUpdates, type Update } from '../resolve/index.ts';
import { explainingErrors } from '../system-error.ts';
import {
  checkRoot,
  connector,
  currentView,
  folderOf,
  type Host,
  type HostEvent,
  type HostOptions,
  type NoRootRefusal,
  rootOf,
  trustOf,
} from './context.ts';
import { namesInstalled, pathOf } from './installed.ts';

export interface StatusOptions extends HostOptions<StatusEvent> {
  /** The installed profiles to show, by name or `team/name`; default all. */
  names?: readonly string[] | undefined;
  /** Do not ask the registry for newer or yanked versions and revoked keys. */
  offline?: boolean | undefined;
}

export type StatusEvent =
  | HostEvent
  /** The registry could not be reached for newer or yanked versions. */
  | { kind: 'updates-unknown'; reason: string }
  /** The host's profiles.toml is malformed and was ignored. */
  | { kind: 'profiles-invalid'; reason: string };

/** The state of AppArmor on a host, its installed profiles, and whether they can still be verified. */
export interface Status extends Omit<HostStatus, 'installed'>, TrustCheck {
  ok: true;
  /** The worst state of all installed profiles. */
  verdict: ReturnType<typeof verdictOf>;
  installed: (InstalledStatus & {
    /** The registry's view of it; `undefined` if not requested. */
    update: Update | undefined;
    /** The variant that fits the host now, by its oldest release, if another one is installed. */
    variant: string | undefined;
    /** Whether it was pulled and is not in this host's profiles.toml: sync neither changes nor removes it. */
    unmanaged: boolean;
  })[];
}

export type StatusRefusal = NoRootRefusal | Refusal<'not-root' | 'not-installed'>;

/**
 * Compares installed profiles with their signed versions and with the kernel. Changes nothing but the stored
 * revocations. For this machine's own root, requires root.
 */
export async function status(options: StatusOptions = {}): Promise<Status | StatusRefusal> {
  return explainingErrors(() => readHost(options));
}

async function readHost(options: StatusOptions): Promise<Status | StatusRefusal> {
  const { names = [], offline = false, onEvent: emit = () => {} } = options;
  const root = rootOf(options);
  const refusal = await checkRoot(root);
  if (refusal) return refusal;
  if (root === '/' && process.getuid?.() !== 0) {
    return { ok: false, id: 'not-root', reason: 'reading the loaded profiles requires root' };
  }
  const narrowed = narrow(await readStatus(root), names);
  if (!narrowed.ok) return narrowed;
  const { found } = narrowed;
  const installations = found.installed.map(({ installation }) => installation);
  const trust = await trustOf(root, options);
  const registry = options.registry ?? trust?.registry;
  const connect =
    offline || installations.length === 0 || registry === undefined
      ? undefined
      : connector(options, registry);
  const updates = connect ? await fetchHostUpdates(connect, installations, emit) : [];
  const teams = installations.map(({ team }) => team);
  const view =
    trust &&
    (await currentView(
      { trust, folder: folderOf(root, trust, options), emit, ...(connect && { connect }) },
      teams,
    ));
  const choice = await variantChoice(root, options.target);
  const check = await checkTrust(root, installations, view);
  const unmanaged = await unmanagedOf(root, installations, emit);
  return {
    ...found,
    ok: true,
    verdict: verdictOf(found, check.untrusted),
    installed: found.installed.map((one, at) => ({
      ...one,
      update: updates[at],
      variant: otherVariant(one.installation, choice),
      unmanaged: unmanaged.includes(one.installation),
    })),
    ...check,
  };
}

/** The part of a status about these installed profiles; all of it if none is named. */
function narrow(
  found: HostStatus,
  names: readonly string[],
): { ok: true; found: HostStatus } | Refusal<'not-installed'> {
  if (names.length === 0) return { ok: true, found };
  const isMeant = (name: string, one: PackageName) => one.name === name || pathOf(one) === name;
  const isNamed = (one: PackageName) => names.some((name) => isMeant(name, one));
  const installed = found.installed.filter(({ installation }) => isNamed(installation));
  const damaged = found.damaged.filter(isNamed);
  const known = [...installed.map(({ installation }) => installation), ...damaged];
  const unknown = names.find((name) => !known.some((one) => isMeant(name, one)));
  if (unknown !== undefined) {
    const reason = `${unknown} is not installed by aa-registry`;
    const next = namesInstalled(found.installed.map(({ installation }) => installation));
    return { ok: false, id: 'not-installed', reason, next };
  }
  const own = new Set(known.flatMap((one) => ('version' in one ? profilesOf(one) : [one.name])));
  return {
    ok: true,
    found: {
      ...found,
      installed,
      damaged,
      loaded: found.loaded.filter(({ name }) => own.has(name.split('//')[0] ?? '')),
      confined: installed.flatMap(({ processes }) => processes),
      unconfined: [],
      pending: found.pending.filter(({ installation }) => isNamed(installation)),
    },
  };
}

/** Installed profiles that are not in this host's profiles.toml; empty if it has none. */
async function unmanagedOf(
  root: string,
  installed: readonly Installation[],
  emit: (event: StatusEvent) => void,
): Promise<Installation[]> {
  try {
    const wanted = await readProfiles(profilesPlace(root));
    return wanted ? unlisted(installed, wanted) : [];
  } catch (error) {
    if (!isSdkError(error, 'profiles-file')) throw error;
    emit({ kind: 'profiles-invalid', reason: error.message });
    return [];
  }
}

async function fetchHostUpdates(
  connect: Host['connect'],
  installations: readonly Installation[],
  emit: (event: StatusEvent) => void,
): Promise<Update[]> {
  try {
    return await fetchUpdates(
      await connect({ brief: true }),
      installations.map((one) => ({ reference: referenceOf(one), version: one.version })),
    );
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    emit({ kind: 'updates-unknown', reason: error.message });
    return [];
  }
}

/** The reference that a profile was installed for; an exact version has no newer ones. */
function referenceOf({ team, name, reference }: Installation): Reference {
  const parsed = parseReference(reference);
  return parsed.ok ? parsed.reference : { team, name, selector: { kind: 'default' } };
}
