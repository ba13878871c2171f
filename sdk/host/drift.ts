import { isCompiledFrom } from './compiled.ts';
import { isDisabled, isForcedToComplain } from './complain.ts';
import { digestOf } from './digest-of.ts';
import { type Installation, profilesOf } from './installation.ts';
import { type LoadedProfile, stateOf } from './kernel.ts';
import { findParser } from './parser.ts';
import { installedPath } from './state.ts';

/** How the current state differs from the installed state. */
export interface Drift {
  /** The file, compared with the signed digest. */
  file: 'ok' | 'changed' | 'missing';
  /** What boot does with it: whether its links are as this program set them. */
  boot: 'ok' | 'disabled' | 'other-mode';
  /** The policy in this kernel; `unknown` for another root, or if the kernel has no hashes. */
  kernel: 'ok' | 'changed' | 'other-mode' | 'not-loaded' | 'unknown';
}

/** Compares an installation with the machine and its loaded policy; no policy for another root. */
export async function detectDrift(
  root: string,
  installation: Installation,
  policy: ReadonlyMap<string, LoadedProfile> | undefined,
): Promise<Drift> {
  const digest = await digestOf(root, installation);
  const file = digest === undefined ? 'missing' : digest === installation.digest ? 'ok' : 'changed';
  const complains = isForcedToComplain(root, installation);
  const boot = isDisabled(root, installation)
    ? 'disabled'
    : complains === installation.complain
      ? 'ok'
      : 'other-mode';
  // The kernel has an abstraction as part of the profiles that include it.
  const isLoaded = profilesOf(installation).length > 0;
  const kernel =
    policy && isLoaded ? await kernelDrift(installation, policy, file === 'ok') : 'unknown';
  return { file, boot, kernel };
}

async function kernelDrift(
  installation: Installation,
  policy: ReadonlyMap<string, LoadedProfile>,
  isFileOwn: boolean,
): Promise<Drift['kernel']> {
  const { complain, kernel: recorded } = installation;
  const file = installedPath('/', installation);
  const state = stateOf(policy, profilesOf(installation));
  if (!state) return 'not-loaded';
  const mode = complain ? 'complain' : recorded?.mode;
  if (mode !== undefined && state.mode !== mode) return 'other-mode';
  if (state.hashes.length === 0) return 'unknown';
  if (recorded && recorded.hashes.join() === state.hashes.join()) return 'ok';
  const parser = isFileOwn ? await findParser() : undefined;
  if (parser && (await isCompiledFrom(parser, file, state.hashes, { complain }))) return 'ok';
  return 'changed';
}

/** Whether a repair is needed. A profile that the operator disabled is left alone. */
export function isAsInstalled({ file, boot, kernel }: Drift): boolean {
  return file === 'ok' && boot === 'ok' && (kernel === 'ok' || kernel === 'unknown');
}

/** The differences, as clauses of a sentence; empty if there are none. */
export function describeDrift({ file, boot, kernel }: Drift): string[] {
  const descriptions: string[] = [];
  if (file === 'changed') descriptions.push('its file was changed');
  if (file === 'missing') descriptions.push('its file is missing');
  if (boot === 'disabled') descriptions.push('boot skips it (a link in /etc/apparmor.d/disable)');
  if (boot === 'other-mode') {
    descriptions.push('boot loads it in another mode (its link in /etc/apparmor.d/force-complain)');
  }
  if (kernel === 'not-loaded') descriptions.push('it is not loaded');
  if (kernel === 'other-mode') descriptions.push('the kernel has it in another mode');
  if (kernel === 'changed') descriptions.push('the kernel has other rules under its name');
  return descriptions;
}
