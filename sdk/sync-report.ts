import type { Bundle, Reference } from '../trust/index.ts';
import type { Client } from './client.ts';
import type { Installation, Waiting } from './host/installation.ts';
import type { TrustCheck } from './host/trust-check.ts';
import type { PolicyChange } from './policy-change.ts';
import type { Lock, LockedProfile, WantedProfile } from './profiles-file.ts';
import type { VerifiedProfile } from './resolve/index.ts';
import type { VariantChoice } from './resolve/variant.ts';
import type { Step } from './sync-plan.ts';
import type { HostTrust } from './trust-file.ts';

/** What a sync of a host works on. */
export interface SyncOptions {
  root: string;
  trust: HostTrust;
  /** The release that the host takes variants for; any variant is accepted if omitted. */
  choice?: VariantChoice | undefined;
  client: Client;
  /** A source of profiles and their versions instead of the registry, which is not contacted then. */
  bundle?: Bundle | undefined;
  wanted: readonly WantedProfile[];
  /** The locked version of each reference, in order, if there is a lock file. */
  locked?: readonly LockedProfile[] | undefined;
  /** What is resolved besides: the packages that installed ones need (see sync-needed.ts). */
  needed?: readonly Reference[] | undefined;
  /** The lock file, which also has the versions of what they need. */
  lock?: Lock | undefined;
  /** Fetch and verify, but change nothing. */
  dryRun?: boolean;
  /**
   * Whether the records below `root` are untrusted, as in an image for which only this run's trust is the operator's.
   * Everything is then requested from the registry again, and no record preserves a mode or an older version.
   */
  isForeign?: boolean;
  now?: Date;
}

/** What came of a sync. */
export interface SyncReport extends TrustCheck {
  outcomes: SyncOutcome[];
  /** The number of wanted profiles installed. */
  present: number;
  /** Why the registry could not be reached, and when it last was. */
  offline: { reason: string; checkedAt: Date | undefined } | undefined;
  /** Whether a wanted profile was not found and no token was sent, so that it may be private. */
  mayBePrivate: boolean;
  /** Why the registry's log was refused. */
  log: { id: string; reason: string } | undefined;
  /** The teams of wanted profiles with fewer trusted, unrevoked keys than their threshold. */
  teamsLackingKeys: string[];
  /** Profiles that "pull" installed and that are not wanted: sync neither changes nor removes them. */
  unmanaged: Installation[];
  /** The wanted profiles that are deprecated, and why. */
  deprecated: { team: string; name: string; reason: string }[];
}

/** The result of a step. */
export interface SyncOutcome {
  step: Step;
  result:
    | { ok: true; setAside?: string | undefined }
    /** With `isRefusal`, verification failed, or this host refused it. */
    | {
        ok: false;
        id: string;
        reason: string;
        isRefusal: boolean;
        /** What to do about it, if known. */
        next?: string | undefined;
        /** The update, if it waits for approval; id `update-waits`. */
        waiting?: Waiting | undefined;
      };
  /** The evidence fetched for it, if any. */
  profile?: VerifiedProfile | undefined;
  /** With `dryRun`: what it permits in place of the installed version, if there is another one. */
  policy?: PolicyChange | undefined;
}
