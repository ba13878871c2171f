import { parseReference, type Reference } from '../../trust/index.ts';
import type { TargetRefusal } from '../host/install.ts';
import type { Installation } from '../host/installation.ts';
import { findPolicyChange } from '../host/installed-change.ts';
import { listInstallations, readInstallation, writeUpdate } from '../host/state.ts';
import { type PlanRefusal, planInstall } from '../install-plan.ts';
import type { PolicyChange } from '../policy-change.ts';
import type { Refusal } from '../refusal.ts';
import type { VerifiedProfile } from '../resolve/index.ts';
import { explainingErrors } from '../system-error.ts';
import { approvedWith } from '../update-gate.ts';
import {
  change,
  type HostEvent,
  type HostOptions,
  type NoRootRefusal,
  type NoTrustRefusal,
  openHost,
} from './context.ts';
import { findInstalled, type NotInstalledRefusal, pathOf } from './installed.ts';
import {
  openSource,
  type ProveEvent,
  type ProveRefusal,
  prove,
  type SourceRefusal,
  sourceView,
  teamsOf,
} from './prove.ts';

export interface ApproveOptions extends HostOptions<ApproveEvent> {
  /** The path of a bundle to read the version from instead of the registry. */
  bundle?: string | undefined;
  /** Decides whether to approve a version, knowing what it permits. Other changes of the host don't wait for it. */
  decide: (proposal: Proposal) => boolean | Promise<boolean>;
}

export type ApproveEvent = HostEvent | ProveEvent;

/** A verified version to approve. */
export interface Proposal {
  installation: Installation;
  profile: VerifiedProfile;
  /** What it permits in place of the installed version. */
  policy: PolicyChange;
}

export type Approval = { ok: true; approved: boolean; proposal: Proposal } | ApproveRefusal;

export type ApproveRefusal =
  | PlanRefusal
  | TargetRefusal
  | NoRootRefusal
  | NoTrustRefusal
  | NotInstalledRefusal
  | SourceRefusal
  | ProveRefusal
  | Refusal<'nothing-to-approve' | 'installed-changed'>;

/**
 * Approves an update that profiles.toml does not let in (`updates`): the next sync installs that exact version, by its
 * digest. `reference` is a name, for the version that waits or else the newest, or names a version. The approval is
 * recorded with the installed version and ends with it.
 */
export async function approve(reference: string, options: ApproveOptions): Promise<Approval> {
  return explainingErrors(() => approveOn(reference, options));
}

async function approveOn(text: string, options: ApproveOptions): Promise<Approval> {
  const { onEvent: emit = () => {} } = options;
  const opened = await openHost(options, { change: true, teams: teamsOf([text]) });
  if (!opened.ok) return opened;
  const { host } = opened;
  const { root, trust, folder } = host;
  const found = await findNamed(root, text);
  if (!found.ok) return found;
  const { installation } = found;
  const wanted = await openSource(host, [found.reference], { bundle: options.bundle });
  if (!wanted.ok) return wanted;
  const before = () => installation.version;
  const proved = await prove(host, wanted.source, { folder, installed: before }, emit);
  if (!proved.ok) return proved;
  const profile = proved.profiles[0] as VerifiedProfile;
  const { version, digest } = profile;
  const installed = await listInstallations(root);
  const needs = wanted.source.needed(await sourceView(host, true));
  const plan = await planInstall(profile, { installed, source: needs });
  if (!plan.ok) return plan;
  const changed = plan.changed.map((one) => one.profile);
  if (digest === installation.digest && changed.length === 0) {
    const reason = `the text of ${pathOf(installation)} ${version} is installed already`;
    return { ok: false, id: 'nothing-to-approve', reason };
  }
  const { complain } = installation;
  const packages = { complain, installed, changed };
  const policy = await findPolicyChange(root, installation, profile, packages);
  if (!policy) throw new Error('an installed version can be compared');
  const proposal = { installation, profile, policy };
  if (!(await options.decide(proposal))) return { ok: true, approved: false, proposal };
  return change(root, { ...options, trust }, async (): Promise<Approval> => {
    const current = await readInstallation(root, installation);
    if (current?.digest !== installation.digest) {
      const reason = `another version of ${pathOf(installation)} was installed in the meantime`;
      return { ok: false, id: 'installed-changed', reason };
    }
    const approvedAt = new Date().toISOString();
    const needed = approvedWith(plan);
    const approved = { version, digest, ...(needed && { needed }), approvedAt };
    await writeUpdate(root, { ...current, approved });
    return { ok: true, approved: true, proposal };
  });
}

/** The installation that `text` names, and the reference of the version to approve. */
async function findNamed(
  root: string,
  text: string,
): Promise<{ ok: true; installation: Installation; reference: Reference } | NotInstalledRefusal> {
  const parsed = parseReference(text);
  if (!parsed.ok) return { ok: false, id: 'reference-invalid', reason: parsed.reason };
  const { selector } = parsed.reference;
  const name = /^[^@:]*/.exec(text)?.[0] ?? text;
  const found = await findInstalled(root, name);
  if (!found.ok) return found;
  const { installation } = found;
  const { team, waiting } = installation;
  const named = { team, name: installation.name };
  if (selector.kind !== 'default') return { ...found, reference: { ...named, selector } };
  if (waiting) {
    const { version } = waiting;
    return { ...found, reference: { ...named, selector: { kind: 'version', version } } };
  }
  const followed = parseReference(installation.reference);
  return { ...found, reference: followed.ok ? followed.reference : { ...named, selector } };
}
