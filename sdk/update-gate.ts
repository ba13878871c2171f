import { formatReference } from '../trust/index.ts';
import { packagePath } from './host/abstractions.ts';
import type { Installation, Waiting } from './host/installation.ts';
import {
  findDependentChange,
  findPolicyChange,
  type PolicyChangeOptions,
} from './host/installed-change.ts';
import type { Named } from './host/state.ts';
import { hostCommand } from './host-command.ts';
import type { InstallPlan } from './install-plan.ts';
import type { VerifiedProfile } from './resolve/index.ts';
import { holdReasons, type UpdateRule } from './update-rule.ts';

/** A verified version that may replace the installed one. */
export interface Candidate extends PolicyChangeOptions {
  root: string;
  /** The installed version, if there is one. */
  installation: Installation | undefined;
  profile: VerifiedProfile;
  rule: UpdateRule;
  /** What changes with it, and which updates profiles.toml lets in of other packages. */
  plan?: Pick<InstallPlan, 'changed' | 'reloaded'> | undefined;
  ruleOf?: ((named: Named) => UpdateRule) | undefined;
  now?: Date | undefined;
}

/**
 * Why a version is not installed without approval; `undefined` if it is: nothing is installed, it is what is installed,
 * the operator approved it, or the rule lets it in. Decided on this host from the bytes of both versions, so that no
 * signature, publisher or registry can let in what permits more.
 */
export async function holdUpdate({
  root,
  installation,
  profile,
  rule,
  plan = { changed: [], reloaded: [] },
  ruleOf = () => 'any',
  now = new Date(),
  ...options
}: Candidate): Promise<Waiting | undefined> {
  const { version, digest } = profile;
  if (isApproved(installation, profile, plan)) return undefined;
  const changed = plan.changed.map((one) => one.profile);
  const isSame = installation?.digest === digest && changed.length === 0;
  const reasons: string[] = [];
  let more = 0;
  if (rule !== 'any' && !isSame) {
    const change = await findPolicyChange(root, installation, profile, { ...options, changed });
    const held = change && holdReasons(change, rule);
    reasons.push(...(held?.reasons ?? []));
    more += held?.more ?? 0;
  }
  for (const one of plan.reloaded) {
    const its = ruleOf(one);
    if (its === 'any') continue;
    const next = [...changed, profile];
    const change = await findDependentChange(root, one, { ...options, changed: next });
    const held = holdReasons(change, its);
    reasons.push(...(held?.reasons ?? []).map((line) => `${packagePath(one)}: ${line}`));
    more += held?.more ?? 0;
  }
  if (reasons.length === 0) return undefined;
  const before = installation?.waiting;
  const since = before?.digest === digest ? before.since : now.toISOString();
  const shown = reasons.slice(0, maxReasons);
  return { version, digest, since, reasons: shown, more: more + reasons.length - shown.length };
}

/** The number of reasons that are recorded. */
const maxReasons = 20;

/** Whether the operator approved a version with exactly the other packages that change with it. */
function isApproved(
  installation: Installation | undefined,
  { digest }: VerifiedProfile,
  { changed }: Pick<InstallPlan, 'changed'>,
): boolean {
  const { approved } = installation ?? {};
  if (approved?.digest !== digest) return false;
  return changed.every(({ profile: one }) => approved.needed?.[packagePath(one)] === one.digest);
}

/** The digests of the packages that change with one, as they are approved with it. */
export function approvedWith({ changed }: Pick<InstallPlan, 'changed'>) {
  if (changed.length === 0) return undefined;
  return Object.fromEntries(changed.map(({ profile: one }) => [packagePath(one), one.digest]));
}

/** Why an update waits, as the second half of a sentence. */
export function describeHold(
  { version, reasons, more }: Waiting,
  installed: string | undefined,
  rule: UpdateRule,
): string {
  const than = installed === undefined ? 'the installed version' : `the installed ${installed}`;
  const what =
    rule === 'same' ? `does not permit the same as ${than}` : `may permit more than ${than}`;
  const rest = reasons.length - 1 + more;
  const others =
    rest === 0 ? '' : `, and ${rest} more ${rest === 1 ? 'difference' : 'differences'}`;
  return `${version} ${what}: ${reasons[0]}${others}`;
}

/** What to do about an update that waits: approve it, or without a trusted record of what is installed, name it. */
export function holdAdvice(
  { team, name, version }: Named & { version: string },
  {
    installation,
    host,
  }: {
    installation: Installation | undefined;
    host: { root?: string | undefined; trust?: unknown };
  },
): string {
  const named = formatReference({ team, name, selector: { kind: 'version', version } });
  const { root, trust } = host;
  if (installation && trust === undefined)
    return `To see all of it, and to approve it: ${hostCommand(`approve ${named}`, { root })}`;
  const where = { root, ...(typeof trust === 'string' && { trust }) };
  return `To install it: ${hostCommand(`pull ${named}`, where)}`;
}
