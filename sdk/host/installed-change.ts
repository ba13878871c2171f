import type { CheckOptions } from '../../policy/index.ts';
import { type Depending, formatReference, sha256 } from '../../trust/index.ts';
import { compareVersionTexts, type NamedText, type PolicyChange } from '../policy-change.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { abstractionTexts } from './abstractions.ts';
import { fileResolver } from './includes.ts';
import type { Installation } from './installation.ts';
import { hostRelease } from './release.ts';
import {
  installedPlace,
  listDamaged,
  listInstallations,
  type Named,
  type PackageName,
  policyPlace,
  recordPlace,
} from './state.ts';
import { readStoredProfile, type TrustView, verifyStored } from './store.ts';
import { lookAt } from './tree.ts';

export interface PolicyChangeOptions {
  /** The packages that are installed, and those that change with this one. */
  installed?: readonly Installation[] | undefined;
  changed?: readonly VerifiedProfile[] | undefined;
  /** The mode that the new version is loaded in, regardless of its flags. */
  complain?: boolean | undefined;
  /** The trust that the installed version must satisfy, if this host's records are not trusted. */
  view?: TrustView | undefined;
}

/**
 * Compares a verified profile with the installed version of it, by the base policy of the host below `root`: the exact
 * bytes of both, of which the installed ones come from the version store, not from `/etc/apparmor.d`. `undefined` if none
 * is installed.
 */
export async function findPolicyChange(
  root: string,
  installation: Installation | undefined,
  profile: VerifiedProfile,
  { complain, view, ...packages }: PolicyChangeOptions = {},
): Promise<PolicyChange | undefined> {
  const installed = installation
    ? await installedBytes(root, installation, view)
    : await findUnrecorded(root, profile);
  if (!installed) return undefined;
  if ('reason' in installed) return { known: false, reason: installed.reason };
  const { installed: all = await listInstallations(root), changed = [] } = packages;
  const { kind, requires: dependencies } = installation ?? {};
  const before = await read(root, installed, { kind, dependencies }, all, []);
  const after = await read(root, profile, profile.manifest, all, changed);
  return compareVersionTexts(before, after, { ...(await optionsFor(root)), complain });
}

/** Compares what an installed profile permits with other versions of the packages that it needs. */
export async function findDependentChange(
  root: string,
  installation: Installation,
  { view, installed: all = [], changed = [] }: PolicyChangeOptions,
): Promise<PolicyChange> {
  const installed = await installedBytes(root, installation, view);
  if ('reason' in installed) return { known: false, reason: installed.reason };
  const { kind, requires: dependencies, complain } = installation;
  const before = await read(root, installed, { kind, dependencies }, all, []);
  const after = await read(root, installed, { kind, dependencies }, all, changed);
  return compareVersionTexts(before, after, { ...(await optionsFor(root)), complain });
}

/** The text of a package, with the abstractions that it includes. */
async function read(
  root: string,
  one: InstalledBytes | VerifiedProfile,
  { kind, dependencies }: Depending,
  installed: readonly Installation[],
  changed: readonly VerifiedProfile[],
): Promise<NamedText> {
  return {
    name: nameOf(one),
    // A byte order mark is part of the text.
    text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(one.bytes),
    ...(dependencies && { files: await abstractionTexts(root, dependencies, installed, changed) }),
    ...(kind === 'abstraction' && { body: one.name }),
  };
}

async function optionsFor(root: string): Promise<CheckOptions> {
  const release = root === '/' ? await hostRelease() : undefined;
  return {
    resolver: fileResolver({ base: policyPlace(root) }),
    // Of another system the release is not known.
    ...(release && { target: release, targetBase: true }),
  };
}

interface InstalledBytes extends Named {
  version: string;
  bytes: Uint8Array;
}

async function installedBytes(
  root: string,
  installation: Installation,
  view: TrustView | undefined,
): Promise<InstalledBytes | { reason: string }> {
  const { team, name, version, digest } = installation;
  if (view) {
    const verified = await verifyStored(root, installation, installation, view);
    if (!verified.ok) return { reason: verified.reason };
    return { team, name, version, bytes: verified.profile.bytes };
  }
  // It was verified when it was installed. Keys that were revoked since don't change what it permits.
  const bytes = readStoredProfile(root, installation);
  if (bytes && (await sha256(bytes)) === digest) return { team, name, version, bytes };
  return { reason: `the installed ${nameOf(installation)} is not in this host's version store` };
}

/** Why it is not known what is installed, if there is a trace of it without a record. */
async function findUnrecorded(
  root: string,
  { team, name, kind }: Named,
): Promise<{ reason: string } | undefined> {
  const isSame = (one: PackageName) => one.team === team && one.name === name;
  const damaged = (await listDamaged(root)).find(isSame);
  const path = damaged?.path ?? recordPlace(root, 'installed', { team, name }).path;
  if (damaged) return { reason: `the record of the installed version is damaged: ${path}` };
  const file = installedPlace(root, { team, name, kind });
  if (!lookAt(file.ofAnybody)) return undefined;
  return { reason: `${file.path} exists, but ${path}, the record of its version, does not` };
}

function nameOf({ team, name, version }: Named & { version: string }): string {
  return formatReference({ team, name, selector: { kind: 'version', version } });
}
