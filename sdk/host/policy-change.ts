import {
  Budget,
  type CheckOptions,
  check,
  compareModels,
  model,
  type PolicyComparison,
} from '../../policy/index.ts';
import { formatReference, sha256 } from '../../trust/index.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { fileResolver } from './includes.ts';
import { hostRelease } from './release.ts';
import {
  type Installation,
  installedPlace,
  listDamaged,
  type Named,
  policyPlace,
  recordPlace,
} from './state.ts';
import { readStoredProfile, type TrustView, verifyStored } from './store.ts';
import { lookAt } from './tree.ts';

/** What a version permits in place of the installed one, on this host. */
export type PolicyChange =
  | {
      known: true;
      /** Both versions as references, the installed one first. */
      from: string;
      to: string;
      comparison: PolicyComparison;
      /** Included files that were not read. */
      unread: readonly string[];
    }
  /** They can't be compared, for this reason. */
  | { known: false; reason: string };

/**
 * What a comparison may cost, with both models, in steps (see policy/budget.ts): more than twice what the
 * largest profiles of distributions need. It takes some seconds.
 */
const comparisonSteps = 10_000_000;

export interface PolicyChangeOptions {
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
  { complain, view }: PolicyChangeOptions = {},
): Promise<PolicyChange | undefined> {
  const installed = installation
    ? await installedBytes(root, installation, view)
    : await findUnrecorded(root, profile);
  if (!installed) return undefined;
  if ('reason' in installed) return { known: false, reason: installed.reason };
  const release = root === '/' ? await hostRelease() : undefined;
  const options = {
    resolver: fileResolver({ base: policyPlace(root) }),
    // Of another system the release is not known.
    ...(release && { target: release, targetBase: true }),
  };
  const from = nameOf(installed);
  const to = nameOf(profile);
  // A byte order mark is part of the text.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const [left, right] = [installed, profile].map(({ bytes }) => decoder.decode(bytes));
  for (const [name, text] of [
    [from, left],
    [to, right],
  ] as const) {
    const error = findError(text ?? '', options);
    if (error !== undefined)
      return { known: false, reason: `apparmor_parser would refuse ${name}: ${error}` };
  }
  const budget = new Budget(comparisonSteps);
  const [before, after] = [left, right].map((text) => model(text ?? '', { ...options, budget }));
  if (!before || !after) throw new Error('two texts have two models');
  return {
    ...{ known: true, from, to },
    comparison: compareModels(before, after, { budget, complain }),
    unread: [...new Set([...before.unread, ...after.unread])],
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
  { team, name }: Named,
): Promise<{ reason: string } | undefined> {
  const isSame = (one: Named) => one.team === team && one.name === name;
  const damaged = (await listDamaged(root)).find(isSame);
  const path = damaged?.path ?? recordPlace(root, 'installed', { team, name }).path;
  if (damaged) return { reason: `the record of the installed version is damaged: ${path}` };
  const file = installedPlace(root, { team, name });
  if (!lookAt(file.ofAnybody)) return undefined;
  return { reason: `${file.path} exists, but ${path}, the record of its version, does not` };
}

function findError(text: string, options: CheckOptions): string | undefined {
  const error = check(text, options).diagnostics.find(({ severity }) => severity === 'error');
  if (!error) return undefined;
  const { line, column } = error.span.start;
  return `${error.file === undefined ? '' : `${error.file}:`}${line}:${column}: ${error.message}`;
}

function nameOf({ team, name, version }: Named & { version: string }): string {
  return formatReference({ team, name, selector: { kind: 'version', version } });
}
