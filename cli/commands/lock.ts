import { readTextIfPresent } from '../../sdk/files.ts';
import { type Installation, isHeldFrom } from '../../sdk/host/installation.ts';
import {
  readRevoked,
  readSeen,
  type SeenFolder,
  seenFolder,
  writeRevoked,
  writeSeen,
} from '../../sdk/host/seen.ts';
import { listInstallations } from '../../sdk/host/state.ts';
import { lacksKeys } from '../../sdk/host/trust-check.ts';
import { type AdvisedHost, hostCommand } from '../../sdk/host-command.ts';
import { planLock } from '../../sdk/install-plan.ts';
import { fromRegistry, type SourceView } from '../../sdk/package-source.ts';
import { formatLock, type LockedProfile, lockPath, writeLock } from '../../sdk/profiles-file.ts';
import type { HostView, Verified, VerifiedProfile } from '../../sdk/resolve/index.ts';
import { fetchAllVerified } from '../../sdk/resolve/index.ts';
import { formatReference, isInRange, type Reference } from '../../trust/index.ts';
import { CliError, defineCommand, exit } from '../framework/command.ts';
import { formatOption, printResult } from '../framework/format.ts';
import { alone } from '../host-events.ts';
import { requireTrust, trustAdvice, trustOption } from '../host-trust.ts';
import { profilesOption, requireProfiles } from '../profiles-option.ts';
import { refused } from '../refused.ts';
import { openSession, registryOptions } from '../session.ts';
import { rootOf, rootOption } from '../target.ts';
import { diffOf } from '../terminal/diff.ts';
import { showingProgress } from '../terminal/progress.ts';

export const lock = defineCommand({
  name: 'lock',
  summary: 'Write the exact versions for profiles.toml to a lock file',
  args: [],
  usage: '[--profiles FILE]',
  options: {
    profiles: profilesOption,
    'dry-run': {
      type: 'boolean',
      short: 'n',
      description: 'Show changes as a diff; change nothing',
    },
    format: formatOption,
    ...registryOptions,
    root: rootOption,
    trust: trustOption,
  },
  details:
    'Fetches and verifies each profile and what it needs, and writes the versions and digests to profiles.lock.toml ' +
    'beside profiles.toml. "sync" then installs exactly these versions. Keep both files in ' +
    'version control and copy both to all hosts: all hosts then install the same versions, ' +
    'until you run "lock" again. After a rollback on this host, the lock keeps the version that ' +
    'it went back to, as "sync" does, until a newer version than the one rolled back is ' +
    'published or "pull" installs another.',
  examples: ['aa-registry lock --profiles ./profiles.toml', 'sudo aa-registry lock'],
  async run({ values, io }) {
    const root = rootOf(values.root);
    const trust = await requireTrust(values, root);
    const { path, wanted } = await requireProfiles(values, root);
    const client = await openSession(io, values, trust.registry);
    const references = wanted.map(({ reference }) => reference);
    const names = references.map(formatReference);
    const folder = seenFolder(io.env, root, trust.log.key, {
      isForeign: values.trust !== undefined,
    });
    const view = {
      trust,
      seen: await readSeen(folder),
      revoked: await readRevoked(folder),
      installed: () => undefined,
    };
    const installed = await listInstallations(root).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EACCES') throw error;
      io.note(`Rollbacks of this host are unknown: no permission to read ${error.path}.`);
      return [];
    });
    const verified = await showingProgress(io, names, async ({ update, note }) => {
      const fetched = await fetchAllVerified(client, references, view, { onProgress: update });
      const held = heldBack(references, fetched, installed, values);
      for (const { reference, installation, from } of held.values()) {
        const { version } = installation;
        note(
          `${formatReference(reference)} stays at ${version}: this host was rolled back from ${from}.`,
        );
      }
      const exact = [...held.values()].map(({ installation: { team, name, version } }) => ({
        team,
        name,
        selector: { kind: 'version' as const, version },
      }));
      const again = await fetchAllVerified(client, exact, {
        ...view,
        seen: latestSeen(fetched) ?? view.seen,
      });
      for (const [index, at] of [...held.keys()].entries()) {
        const one = again[index];
        if (one) fetched[at] = one;
      }
      return fetched;
    });
    const locked: LockedProfile[] = [];
    const profiles: VerifiedProfile[] = [];
    for (const [at, one] of verified.entries()) {
      const { team = '', name = '' } = references[at] ?? {};
      await writeRevoked(folder, team, one.revoked);
      if (!one.ok) {
        const lacking = lacksKeys(trust, team, view.revoked.get(team), one.revoked);
        const next =
          one.id === 'key-revoked' && !lacking
            ? `Once team ${team} has a version that is signed with another key, run "lock" again; or name it in ${path}, such as "${team}/${name}@VERSION".`
            : trustAdvice(one.id, { team, name, lacksKeys: lacking }, values);
        throw refused(one, { consequence: `nothing was written: ${names[at]}`, next });
      }
      const { version, versionDigest, checkpoint } = one.profile;
      await writeSeen(folder, checkpoint);
      profiles.push(one.profile);
      locked.push({ reference: names[at] ?? '', version, digest: versionDigest });
    }
    const needed = await planLock(profiles, fromRegistry(client, sourceView(root, view, folder)));
    if (!needed.ok) throw refused(needed, { consequence: 'nothing was written' });
    const { dependencies } = needed;
    const lock = { profiles: locked, dependencies };
    const file = lockPath(path);
    const text = formatLock(lock);
    const before = await readTextIfPresent(file);
    const changed = before !== text;
    const lines = changed
      ? diffOf(`${file}`, before, new TextEncoder().encode(text), 'locked').trimEnd()
      : `${file} is up to date: ${locked.length} ${locked.length === 1 ? 'profile' : 'profiles'}.`;
    if (changed && !values['dry-run']) {
      const write = () => writeLock(file, lock);
      // Only the host's own lock file is shared with sync, so only writing that takes the host's lock.
      await (values.profiles === undefined ? alone(io, root, write) : write());
    }
    const items = { items: locked, ...(dependencies.length > 0 && { dependencies }) };
    printResult(io, values, { file: `${file}`, changed, ...items }, lines);
    if (changed && !values['dry-run']) io.note(`Wrote ${file}`);
    return exit.ok;
  },
});

/** How the packages that others need are verified. */
function sourceView(
  root: string,
  { trust, revoked }: Pick<HostView, 'trust' | 'revoked'>,
  folder: SeenFolder,
): SourceView {
  return {
    ...{ root, trust, revoked },
    seen: () => readSeen(folder),
    async learn(team, learned, profile) {
      await writeRevoked(folder, team, learned);
      if (profile) await writeSeen(folder, profile.checkpoint);
    },
  };
}

/** A reference to a version that this host was rolled back from. */
interface Held {
  reference: Reference;
  installation: Installation;
  from: string;
}

/** The references, by index, to versions that this host was rolled back from: those stay at the installed version. */
function heldBack(
  references: readonly Reference[],
  fetched: readonly Verified[],
  installed: readonly Installation[],
  host: AdvisedHost,
): Map<number, Held> {
  const held = new Map<number, Held>();
  for (const [at, reference] of references.entries()) {
    const { team, name, selector } = reference;
    const installation = installed.find((one) => one.team === team && one.name === name);
    const one = fetched[at];
    if (!installation || !one?.ok || !isHeldFrom(installation, one.profile.version)) continue;
    const { version } = installation;
    const isMeant =
      selector.kind === 'default' ||
      selector.kind === 'channel' ||
      (selector.kind === 'range' && isInRange(version, selector.range));
    if (!isMeant) {
      throw new CliError(
        exit.failed,
        `Nothing was written: this host was rolled back to ${version}, which ${formatReference(reference)} does not match.`,
        `Change that in profiles.toml, or end the rollback with: ${hostCommand(`pull ${formatReference(reference)}`, host)}`,
        'rolled-back',
      );
    }
    held.set(at, { reference, installation, from: one.profile.version });
  }
  return held;
}

/** The largest checkpoint used in a proof: later fetches must not use an older one. */
function latestSeen(verified: readonly Verified[]) {
  return verified
    .flatMap((one) => (one.ok ? [one.profile.checkpoint] : []))
    .sort((a, b) => b.size - a.size)[0];
}
