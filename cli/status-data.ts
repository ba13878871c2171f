// The state of a host as JSON.
import type { Status } from '../sdk/calls/status.ts';
import { dependentsOf, packagePath } from '../sdk/host/abstractions.ts';
import { isAsInstalled } from '../sdk/host/drift.ts';
import { profilesOf } from '../sdk/host/installation.ts';
import type { LoadedProfile } from '../sdk/host/kernel.ts';
import type { Named } from '../sdk/host/state.ts';
import type { Untrusted } from '../sdk/host/trust-check.ts';

/** The status as JSON; monitors rely on its keys. */
export function statusData(found: Status): unknown {
  const { kernel, installed, loaded, confined, unconfined, pending, damaged } = found;
  const { untrusted, unread } = found;
  const own = new Set(installed.flatMap(({ installation }) => profilesOf(installation)));
  const all = installed.map(({ installation }) => installation);
  return {
    verdict: found.verdict,
    apparmor:
      kernel === undefined
        ? null
        : kernel.ok
          ? { enabled: true }
          : { enabled: false, reason: kernel.reason },
    counts: {
      profiles: Object.fromEntries(countModes(loaded)),
      processes: Object.fromEntries(countModes(confined)),
      unconfinedWithProfile: unconfined.length,
    },
    installed: installed.map(
      ({ installation, drift, mode, processes, update, unmanaged, variant }) => ({
        team: installation.team,
        name: installation.name,
        kind: installation.kind ?? null,
        profiles: profilesOf(installation),
        // The packages that it needs, with the ranges; and those that need it.
        requires: installation.requires ?? {},
        neededBy: dependentsOf([packagePath(installation)], all).map(packagePath),
        version: installation.version,
        digest: installation.digest,
        // The oldest release of the installed variant, and of the one that fits the host now, if that is another.
        variant: installation.variant ?? null,
        variantWanted: variant ?? null,
        reference: installation.reference,
        origin: installation.origin,
        installedAt: installation.installedAt,
        file: installation.file,
        mode: mode ?? null,
        complain: installation.complain,
        complainChosen: installation.complainChosen ?? false,
        ok: isAsInstalled(drift),
        condition: drift,
        processes: processes.map(({ pid, command }) => ({ pid, command })),
        rolledBackFrom: installation.rolledBackFrom ?? null,
        // The update that profiles.toml does not let in, and the one that sync installs next.
        waiting: installation.waiting ?? null,
        approved: installation.approved ?? null,
        // Installed by "pull" and not in this host's profiles.toml.
        unmanaged,
        // Why it can no longer be verified.
        untrusted: refusalOf(installation, untrusted),
        // null if the registry was not asked or does not have the profile.
        newer: update?.newer ?? null,
        yanked: update?.yanked ?? null,
        deprecation: update?.deprecated ?? null,
      }),
    ),
    interrupted: pending.map(({ kind, installation: { team, name, version } }) => ({
      kind,
      team,
      name,
      version,
    })),
    damaged: damaged.map(({ kind, team, name, path }) => ({ kind, team, name, path })),
    unread,
    loaded: loaded.map(({ name, mode, attachment }: LoadedProfile) => ({
      name,
      mode,
      attachment: attachment ?? null,
      installed: own.has(name.split('//')[0] ?? ''),
    })),
    confined,
    unconfined,
  };
}

function refusalOf(installation: Named, untrusted: Untrusted[]) {
  const found = untrusted.find((one) => one.installation === installation);
  return found ? { id: found.id, reason: found.reason } : null;
}

/** The number of items in each mode. */
export function countModes(items: readonly { mode: string | undefined }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { mode } of items) {
    if (mode !== undefined) counts.set(mode, (counts.get(mode) ?? 0) + 1);
  }
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
