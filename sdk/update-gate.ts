import { formatReference } from '../trust/index.ts';
import type { Installation, Waiting } from './host/installation.ts';
import { findPolicyChange, type PolicyChangeOptions } from './host/installed-change.ts';
import type { Named } from './host/state.ts';
import { hostCommand } from './host-command.ts';
import type { VerifiedProfile } from './resolve/index.ts';
import { holdReasons, type UpdateRule } from './update-rule.ts';

/** A verified version that may replace the installed one. */
export interface Candidate extends PolicyChangeOptions {
  root: string;
  /** The installed version, if there is one. */
  installation: Installation | undefined;
  profile: VerifiedProfile;
  rule: UpdateRule;
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
  now = new Date(),
  ...options
}: Candidate): Promise<Waiting | undefined> {
  const { version, digest } = profile;
  if (rule === 'any' || installation?.digest === digest) return undefined;
  if (installation?.approved?.digest === digest) return undefined;
  const change = await findPolicyChange(root, installation, profile, options);
  const held = change && holdReasons(change, rule);
  if (!held) return undefined;
  const before = installation?.waiting;
  const since = before?.digest === digest ? before.since : now.toISOString();
  return { version, digest, since, ...held };
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
