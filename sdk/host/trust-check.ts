import type { RevokedKeys } from '../../trust/index.ts';
import type { VerifyRefusalId } from '../resolve/index.ts';
import type { HostTrust } from '../trust-file.ts';
import { type Installation, isRecordOf } from './installation.ts';
import { type TrustView, verifyStored } from './store.ts';

/** An installation that can't be verified now. */
export interface Untrusted {
  installation: Installation;
  /**
   * `not-kept`: its evidence is no longer on this host. `record-mismatch`: its record is not what was recorded of the signed
   * manifest, which says where its file is and what it defines.
   */
  id: VerifyRefusalId | 'not-kept' | 'record-mismatch';
  reason: string;
  /** What to do about it, if known. */
  next?: string | undefined;
  /** Whether its team has fewer trusted, unrevoked keys than its threshold. */
  lacksKeys: boolean;
}

/** The installations that can't be verified. */
export interface TrustCheck {
  /** Those refused for their keys, signature, bytes, log proof, or lack of evidence. */
  untrusted: Untrusted[];
  /**
   * Those that only have a checkpoint that was older, when verified, than the trust file now allows. They are as
   * trustworthy as before.
   */
  outdated: Untrusted[];
}

/** Refusals for a checkpoint's age and cosignatures. {@link verifyStored} checks these first. */
const ofCheckpoint: readonly string[] = [
  'checkpoint-stale',
  'checkpoint-future',
  'checkpoint-witnesses',
] satisfies VerifyRefusalId[];

/** The installations that can't be verified with the host's current trust and revocations. */
export async function checkTrust(
  root: string,
  installed: readonly Installation[],
  view: TrustView | undefined,
): Promise<TrustCheck> {
  const untrusted: Untrusted[] = [];
  const outdated: Untrusted[] = [];
  for (const installation of installed) {
    const refusal = await refusalOf(root, installation, view);
    if (!refusal) continue;
    const isOld = refusal.id === 'checkpoint-stale' || refusal.id === 'checkpoint-future';
    const { team } = installation;
    const lacking = lacksKeys(view?.trust, team, view?.revoked.get(team));
    (isOld ? outdated : untrusted).push({ installation, ...refusal, lacksKeys: lacking });
  }
  return { untrusted, outdated };
}

/** Whether a team has fewer trusted keys outside of these revoked ones than its threshold. */
export function lacksKeys(
  trust: HostTrust | undefined,
  team: string,
  ...revoked: readonly (RevokedKeys | undefined)[]
): boolean {
  const { keys, threshold } = trust?.teams.get(team) ?? { keys: [], threshold: 1 };
  const good = keys.filter(({ keyId }) => !revoked.some((one) => one?.has(keyId)));
  return good.length < threshold;
}

/** Why an installation would be refused: the most important reason. */
async function refusalOf(
  root: string,
  installation: Installation,
  view: TrustView | undefined,
): Promise<Pick<Untrusted, 'id' | 'reason' | 'next'> | undefined> {
  if (!view) return { id: 'team-untrusted', reason: 'this host has no trust file' };
  let found: Pick<Untrusted, 'id' | 'reason' | 'next'> | undefined;
  for (const log of [view.trust.log, ...relaxations(view)]) {
    const trust = { ...view.trust, log };
    const verified = await verifyStored(root, installation, installation, { ...view, trust });
    if (verified.ok) {
      if (isRecordOf(installation, verified.profile)) return found;
      return { id: 'record-mismatch', reason: 'its record differs from the signed manifest' };
    }
    const { id, reason } = verified;
    found = { id, reason, next: 'next' in verified ? verified.next : undefined };
    if (!ofCheckpoint.includes(verified.id)) return found;
  }
  return found;
}

/** The log's policy with decreasing requirements for a checkpoint, to reveal other reasons. */
function relaxations({ trust: { log } }: TrustView) {
  const ageless = { ...log, maxAge: Number.POSITIVE_INFINITY };
  return [ageless, { ...ageless, witnessThreshold: 0 }];
}
