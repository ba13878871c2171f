import { type Host, type ProfileMode, silentAfter } from '../contract/host.ts';
import type { ProfileOfHost, Host as Row } from '../db/hosts.ts';

/** The time before which the last report makes a host silent, at a given time. */
export function silentBefore(now: Date): string {
  return new Date(now.getTime() - silentAfter * 60 * 60_000).toISOString();
}

/** A host as the API shows it. */
export function toHost(row: Row, profiles: readonly ProfileOfHost[], now: Date): Host {
  const { id, team, name, labels, keyId, joinedAt, retiredAt, reportedAt, kernel, apparmor } = row;
  const { omittedEvents, droppedReports } = row;
  return {
    ...{ id, team, name, labels, keyId, state: stateOf(row, now) },
    ...{ joinedAt, retiredAt, reportedAt, kernel, apparmor },
    profiles: profiles.map((one) => ({ ...one, mode: one.mode as ProfileMode })),
    ...{ omittedEvents, droppedReports },
  };
}

function stateOf({ retiredAt, reportedAt, joinedAt, drifted }: Row, now: Date): Host['state'] {
  if (retiredAt !== null) return 'retired';
  if ((reportedAt ?? joinedAt) < silentBefore(now)) return 'silent';
  return drifted ? 'drifted' : 'active';
}
