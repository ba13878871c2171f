import type { FetchRefusalId } from '../fetch.ts';
import { type KeptView, verifyKept } from './kept.ts';
import type { Installation } from './state.ts';

/** What is installed and would not be installed now, for want of a key that counts. */
export interface Untrusted {
  installation: Installation;
  id: FetchRefusalId;
  reason: string;
}

const ids: readonly string[] = [
  'key-revoked',
  'envelope-untrusted-key',
  'envelope-threshold',
  'team-untrusted',
] satisfies FetchRefusalId[];

/**
 * Which of these installations too few keys have signed that still count: the others were revoked since, or the host
 * trusts them no more.
 */
export async function listUntrusted(
  root: string,
  installed: readonly Installation[],
  view: KeptView,
): Promise<Untrusted[]> {
  const untrusted: Untrusted[] = [];
  for (const installation of installed) {
    const verified = await verifyKept(root, installation, installation, view);
    if (verified.ok || verified.id === 'not-kept' || !ids.includes(verified.id)) continue;
    untrusted.push({ installation, id: verified.id, reason: verified.reason });
  }
  return untrusted;
}
