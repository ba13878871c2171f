import { isRelease, type Release } from '../../policy/index.ts';
import { compareReleaseNumbers } from '../../trust/index.ts';
import type { VariantChoice } from '../resolve/variant.ts';
import { findParser, parserVersion } from './parser.ts';
import { lookAt, Place } from './tree.ts';

/** The AppArmor release of this machine's apparmor_parser; `undefined` without a parser or for an unknown release. */
export async function hostRelease(): Promise<Release | undefined> {
  const release = await parserRelease();
  return release !== undefined && isRelease(release) ? release : undefined;
}

async function parserRelease(): Promise<string | undefined> {
  const parser = await findParser();
  if (parser === undefined) return undefined;
  const run = await parserVersion(parser);
  return run.ok ? /^\d{1,3}\.\d{1,3}(?!\d)/.exec(run.version ?? '')?.[0] : undefined;
}

/** What kernels have since the policy ABI of AppArmor 4.0, below securityfs; and the last release before. */
const abi4 = 'sys/kernel/security/apparmor/features/policy/permstable32';
const beforeAbi4 = '3.1';

/**
 * The release that a host takes variants for: `target`, or for this machine's own root the newest that both its
 * apparmor_parser and its kernel support. That of another system is not known.
 */
export async function variantChoice(root: string, target?: Release): Promise<VariantChoice> {
  if (target !== undefined) return { release: target, why: 'as --target says' };
  const parser = root === '/' ? await parserRelease() : undefined;
  if (parser === undefined)
    return { release: undefined, why: 'as the AppArmor release is not known' };
  if (compareReleaseNumbers(parser, beforeAbi4) > 0 && isOlderKernel()) {
    return { release: beforeAbi4, why: 'as the kernel has the policy ABI of an older release' };
  }
  return { release: parser, why: `as this host has apparmor_parser ${parser}` };
}

/** Whether this machine's kernel has AppArmor, with an older policy ABI than 4.0. */
function isOlderKernel(): boolean {
  const has = (path: string) => lookAt(new Place('/', path).ofAnybody) !== undefined;
  return has('sys/kernel/security/apparmor/features') && !has(abi4);
}
