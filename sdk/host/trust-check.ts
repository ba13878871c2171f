import type { RevokedKeys } from '../../trust/index.ts';
import type { VerifyRefusalId } from '../resolve/index.ts';
import type { HostTrust } from '../trust-file.ts';
import type { Installation } from './state.ts';
import { type TrustView, verifyStored } from './store.ts';

/** What is installed and would not be installed now, for it can't be proved. */
export interface Untrusted {
  installation: Installation;
  /** `not-kept`: what proved it is gone from this host. */
  id: VerifyRefusalId | 'not-kept';
  reason: string;
  /** Whether fewer keys of the team are trusted and not revoked than must sign. */
  lacksKeys: boolean;
}

/** What can't be proved of what is installed. */
export interface TrustCheck {
  /** What would be refused: for its keys, its signature, its bytes, its log's proof, or for want of any proof. */
  untrusted: Untrusted[];
  /**
   * What all counts for but that its checkpoint was older, when it was proved, than the trust file allows by now. It
   * is as good as it was, so this is no reason to distrust it.
   */
  outdated: Untrusted[];
}

/** Refusals of how old a checkpoint is and who cosigned it. {@link verifyStored} looks at these first. */
const ofCheckpoint: readonly string[] = [
  'checkpoint-stale',
  'checkpoint-future',
  'checkpoint-witnesses',
] satisfies VerifyRefusalId[];

/** Which of these installations can't be proved by what the host trusts now and the keys that are revoked now. */
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

/** Whether fewer keys of a team are trusted and not among these revoked ones than must sign. */
export function lacksKeys(
  trust: HostTrust | undefined,
  team: string,
  ...revoked: readonly (RevokedKeys | undefined)[]
): boolean {
  const { keys, threshold } = trust?.teams.get(team) ?? { keys: [], threshold: 1 };
  const good = keys.filter(({ keyId }) => !revoked.some((one) => one?.has(keyId)));
  return good.length < threshold;
}

/** Why an installation would be refused: what matters most, where there are several reasons. */
async function refusalOf(
  root: string,
  installation: Installation,
  view: TrustView | undefined,
): Promise<Pick<Untrusted, 'id' | 'reason'> | undefined> {
  if (!view) return { id: 'team-untrusted', reason: 'this host trusts nobody' };
  let found: Pick<Untrusted, 'id' | 'reason'> | undefined;
  for (const log of [view.trust.log, ...relaxations(view)]) {
    const trust = { ...view.trust, log };
    const verified = await verifyStored(root, installation, installation, { ...view, trust });
    if (verified.ok) return found;
    found = { id: verified.id, reason: verified.reason };
    if (!ofCheckpoint.includes(verified.id)) return found;
  }
  return found;
}

/** The log's policy with less and less asked of a checkpoint, so that what else is wrong shows. */
function relaxations({ trust: { log } }: TrustView) {
  const ageless = { ...log, maxAge: Number.POSITIVE_INFINITY };
  return [ageless, { ...ageless, witnessThreshold: 0 }];
}
